-- One row: one day of a class or workflow, with its mature fallback runs and those that an outcome hit.
-- Reads: runs, run_status. Bound: $outcome, $workflow_class, $workflow (each of the two NULL for any), $from_at, $as_of.
select
    cast(r.started_at as date) as day,
    cast(count(*) filter (where s.status = 'event') as double) as part,
    cast(count(*) as double) as whole
from runs as r
inner join run_status as s on s.run_id = r.run_id
where
    s.metric = $outcome and s.is_mature and s.lane = 'fallback' and r.started_at >= $from_at and r.started_at <= $as_of
    and (cast($workflow_class as varchar) is null or r.workflow_class = $workflow_class)
    and (cast($workflow as varchar) is null or r.workflow = $workflow)
group by cast(r.started_at as date)
order by day
