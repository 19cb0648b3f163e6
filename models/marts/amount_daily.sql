-- One row per amount (cost, latency), day and cluster of answered requests: what the comparison of the lanes is made from.
-- Requests that started in [$from_at, $to_at), counted on their day in `$timezone`. Reads requests, fallback_events.
--
-- n requests, x the sum of their amounts. Answers from a cache are left out: no model gave them. Clusters as in run_clusters.
-- cut: those whose time was cut off, by a timeout that nobody's answer followed or in the middle of an answer.
with told as (
    select
        requests.*,
        requests.started_at at time zone $timezone as local_at,
        events.episode_id,
        events.cause,
        requests.served_by = 'nobody' or coalesce(requests.is_partial, false) as is_cut
    from requests
    left join fallback_events as events
        on events.request_id = requests.request_id and events.occurred_at >= $from_at and events.occurred_at < $to_at
    where requests.started_at >= $from_at and requests.started_at < $to_at
        and requests.is_fallback is not null
        and (
            requests.served_by in ('preferred', 'substitute')
            or (requests.served_by = 'nobody' and requests.first_cause = 'latency_breach')
        )
        and not coalesce(requests.is_cache_hit, false)
),

amounts as (
    select *, 'cost_usd' as metric, cost_usd as amount, false as has_been_cut from told
    where cost_usd is not null and served_by <> 'nobody'
    union all
    select *, 'latency_ms' as metric, duration_ms as amount, is_cut as has_been_cut from told where duration_ms is not null
)

select
    metric,
    cast(local_at as date) as day,
    case
        when extract(isodow from local_at) <= 5 and extract(hour from local_at) between 8 and 17 then 'peak' else 'off'
    end as block,
    workflow,
    workflow_class,
    is_fallback,
    date_trunc('hour', started_at) as hour_at,
    case when is_fallback then episode_id end as episode_id,
    coalesce(cause in ('latency_breach', 'low_confidence', 'context_window'), false) as has_hard_prompts,
    case when is_fallback then served_model end as served_model,
    cast(count(*) as double) as n,
    round(cast(sum(amount) as double), 9) as x,
    cast(count(*) filter (where has_been_cut) as double) as cut
from amounts
group by
    metric, cast(local_at as date), block, workflow, workflow_class, is_fallback, date_trunc('hour', started_at),
    case when is_fallback then episode_id end, has_hard_prompts, case when is_fallback then served_model end
