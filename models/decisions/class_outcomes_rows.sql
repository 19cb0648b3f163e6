-- One row: one workflow of a class and one lane, with the outcome of its mature runs: what the preferred model answered
-- beside what one substitute answered.
-- Shown: $workflow_class, $target, $outcome.
select r.workflow, s.lane, count(*) as run_count, count(*) filter (where s.status = 'event') as event_count
from run_status as s
inner join runs as r on r.run_id = s.run_id
where
    s.metric = $outcome and s.is_mature and r.workflow_class = $workflow_class
    and (s.lane = 'preferred' or (r.is_final_fallback and r.served_model = $target))
group by r.workflow, s.lane
order by r.workflow, s.lane
