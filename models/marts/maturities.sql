-- One row per outcome metric, day, workflow and class: when the next run of that day comes of age, or ends its window
-- without ever having counted. Reads runs and run_status, which may be cut to a range beforehand, and clock.
-- opens_at is NULL of runs that nobody watches: they are as old as the clock says.
select
    status.metric,
    cast(runs.started_at at time zone $timezone as date) as day,
    runs.workflow,
    status.window_s,
    case when status.closes_at is null then min(status.released_at) end as opens_at,
    min(status.released_at) + status.window_s * interval '1 second' as matures_at
from run_status as status
inner join runs on runs.run_id = status.run_id
cross join clock
where status.closes_at is null
    or status.status = 'uncovered' and status.released_at + status.window_s * interval '1 second' > clock.as_of
group by
    status.metric, cast(runs.started_at at time zone $timezone as date), runs.workflow, status.window_s,
    status.closes_at is null
