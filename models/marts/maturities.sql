-- One row per outcome metric, day, workflow and class: when the next run of that day comes of age, or ends its window
-- without ever having counted. Reads runs and run_status, which may be cut to a range beforehand.
select
    status.metric,
    cast(runs.started_at at time zone $timezone as date) as day,
    runs.workflow,
    status.window_s,
    min(status.released_at) as opens_at,
    min(status.released_at) + status.window_s * interval '1 second' as matures_at
from run_status as status
inner join runs on runs.run_id = status.run_id
where status.closes_at is null
group by status.metric, cast(runs.started_at at time zone $timezone as date), runs.workflow, status.window_s
