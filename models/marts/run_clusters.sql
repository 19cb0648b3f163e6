-- One row per outcome metric, status and cluster of like runs: runs that started in [$from_at, $to_at), counted on their
-- day in `$timezone`. Reads runs, run_status, run_events, of which the first two may be cut to the range beforehand.
--
-- model and provider are those that gave the output. Clusters share what happened to them: the runs of an episode, a run
-- that fell back outside any episode, the other runs of a workflow within an hour. `block`: Monday to Friday, 8 to 18.
with dated as (
    select
        runs.*,
        runs.started_at at time zone $timezone as local_at,
        status.metric,
        status.status,
        status.is_mature,
        status.lane,
        runs.released_at is not null or coalesce(runs.served_by = 'hold', false) as is_reviewable,
        runs.weight * status.weight as unit_weight,
        events.cost_usd as error_cost_usd,
        events.unknown_cost_count
    from runs
    inner join run_status as status on status.run_id = runs.run_id
    left join run_events as events on events.run_id = runs.run_id and events.metric = status.metric
    where runs.started_at >= $from_at and runs.started_at < $to_at
),

clustered as (
    select
        *,
        cast(local_at as date) as day,
        case
            when extract(isodow from local_at) <= 5 and extract(hour from local_at) between 8 and 17 then 'peak' else 'off'
        end as block,
        case when lane = 'fallback' then coalesce(episode_id, run_id) end as cluster_id,
        case when lane = 'fallback' then null else date_trunc('hour', started_at) end as hour_at
    from dated
)

select
    metric,
    day,
    block,
    workflow,
    workflow_class,
    team,
    first_cause as cause,
    served_model as model,
    served_provider as provider,
    lane,
    review_mode,
    episode_id,
    cluster_id,
    hour_at,
    status,
    is_mature,
    is_reviewable,
    cast(count(*) as double) as sample_count,
    sum(unit_weight) as run_count,
    sum(unit_weight * unit_weight) as weight_squares,
    round(sum(unit_weight * error_cost_usd), 9) as error_cost_usd,
    sum(case when unknown_cost_count = 0 then unit_weight else 0 end) as costed_count
from clustered
group by
    metric, day, block, workflow, workflow_class, team, first_cause, served_model, served_provider, lane, review_mode,
    episode_id, cluster_id, hour_at, status, is_mature, is_reviewable
