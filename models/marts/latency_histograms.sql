-- One row per day, workflow, served model, lane, measure and logarithmic bucket: requests of [$from_at, $to_at).
-- Reads requests. `$gamma` = (1 + alpha) / (1 - alpha); bucket -32768 holds zeros.
--
-- lane is 'all' where the log cannot tell it; no request is counted twice. Sampled logs are counted by their weight.
with measured as (
    select *, 'duration_ms' as measure, duration_ms as milliseconds from requests
    where started_at >= $from_at and started_at < $to_at and duration_ms >= 0
    union all
    select *, 'added_latency_ms' as measure, added_latency_ms as milliseconds from requests
    where started_at >= $from_at and started_at < $to_at and is_fallback and added_latency_ms >= 0
),

bucketed as (
    select
        cast(started_at at time zone $timezone as date) as day,
        workflow,
        served_model as model,
        case when is_fallback then 'fallback' when not is_fallback then 'preferred' else 'all' end as lane,
        measure,
        case when milliseconds > 0 then cast(ceil(ln(milliseconds) / ln($gamma)) as bigint) else -32768 end as bucket,
        weight
    from measured
)

select
    cast(day as timestamp) at time zone $timezone as period_start,
    workflow, model, lane, measure, bucket,
    cast(round(sum(weight)) as bigint) as requests
from bucketed
group by day, workflow, model, lane, measure, bucket
