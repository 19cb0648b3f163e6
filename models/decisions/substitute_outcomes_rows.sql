-- One row: one workflow and substitute of a class, with the outcome of its mature runs.
-- Shown: $workflow_class, $outcome, $first, $second.
select r.workflow, r.served_model, count(*) as run_count, count(*) filter (where s.status = 'event') as event_count
from run_status as s
inner join runs as r on r.run_id = s.run_id
where
    s.metric = $outcome and s.is_mature and r.is_final_fallback and r.workflow_class = $workflow_class
    and r.served_model in ($first, $second)
group by r.workflow, r.served_model
order by r.workflow, r.served_model
