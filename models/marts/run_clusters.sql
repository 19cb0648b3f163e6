-- One row per outcome metric, status and cluster of like runs: runs that started in [$from_at, $to_at), counted on their
-- day in `$timezone`. Reads runs, run_status, run_events, clock; the first two may be cut to the range beforehand.
--
-- model and provider are those that gave the output. Clusters share what happened to them: the runs of an episode, a run
-- that fell back outside any episode, the other runs of a workflow within an hour. `block`: Monday to Friday, 8 to 18.
-- run_count weighs by the sampling of log and outcome source, logged_count by that of the log alone.
-- is_unseen: nobody could see the outcome, although the window is over: what it may be bounds a rate.
-- closes_at: when the windows of all its runs are over; far away while a watching source was not read so far.
with dated as (
    select *, started_at at time zone $timezone as local_at from runs
    where started_at >= $from_at and started_at < $to_at
),

described as (
    select
        run_id,
        weight,
        cast(local_at as date) as day,
        case
            when extract(isodow from local_at) <= 5 and extract(hour from local_at) between 8 and 17 then 'peak' else 'off'
        end as block,
        workflow,
        workflow_class,
        team,
        first_cause as cause,
        served_model as model,
        served_provider as provider,
        case when is_final_fallback then served_model end as substitute,
        case when is_fallback then 'fallback' when not is_fallback then 'preferred' end as lane,
        review_mode,
        episode_id,
        case when is_fallback then coalesce(episode_id, run_id) end as cluster_id,
        case when is_fallback then null else date_trunc('hour', started_at) end as hour_at,
        released_at is not null or coalesce(served_by = 'hold', false) as is_reviewable
    from dated
)

select
    status.metric, runs.day, runs.block, runs.workflow, runs.workflow_class, runs.team, runs.cause, runs.model,
    runs.provider, runs.substitute, runs.lane, runs.review_mode, runs.episode_id, runs.cluster_id, runs.hour_at,
    status.status,
    status.is_mature,
    runs.is_reviewable,
    status.status = 'uncovered'
    and coalesce(status.released_at + status.window_s * interval '1 second' <= clock.as_of, false) as is_unseen,
    cast(count(*) as double) as sample_count,
    sum(runs.weight) as logged_count,
    sum(runs.weight * runs.weight) as logged_squares,
    sum(runs.weight * status.weight) as run_count,
    sum(runs.weight * status.weight * runs.weight * status.weight) as weight_squares,
    round(sum(runs.weight * status.weight * events.cost_usd), 9) as error_cost_usd,
    sum(case when events.unknown_cost_count = 0 then runs.weight * status.weight else 0 end) as costed_count,
    max(coalesce(status.closes_at, timestamptz '9999-12-31 00:00:00+00')) as closes_at
from described as runs
inner join run_status as status on status.run_id = runs.run_id
cross join clock
left join run_events as events on events.run_id = status.run_id and events.metric = status.metric
group by
    status.metric, runs.day, runs.block, runs.workflow, runs.workflow_class, runs.team, runs.cause, runs.model,
    runs.provider, runs.substitute, runs.lane, runs.review_mode, runs.episode_id, runs.cluster_id, runs.hour_at, status.status,
    status.is_mature, runs.is_reviewable, is_unseen
