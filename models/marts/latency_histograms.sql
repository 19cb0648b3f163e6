-- One row per $step ('day' or 'hour'), workflow, model, lane, measure, cut or not, and logarithmic bucket: requests of [$from_at, $to_at).
-- Reads requests, and the attempts in answer_ms (`answer_times`). `$gamma` = (1 + alpha) / (1 - alpha); bucket -32768 holds zeros.
--
-- lane is 'all' where the log cannot tell it; no request is counted twice. Sampled logs are counted by their weight.
-- A time that was cut is a lower bound: nobody answered (a timeout), or the answer broke off; a fallback that nobody
-- answered waited for all of it. cut_after_ms is the shortest of them in the bucket.
with asked as (
    select
        *,
        case when is_fallback then 'fallback' when not is_fallback then 'preferred' else 'all' end as lane,
        coalesce(served_by = 'nobody', false) as is_unanswered
    from requests
    where started_at >= $from_at and started_at < $to_at
),

measured as (
    select
        started_at, workflow, served_model as model, lane, weight, 'duration_ms' as measure, duration_ms as milliseconds,
        (is_unanswered and coalesce(first_cause = 'latency_breach', false)) or coalesce(is_partial, false) as is_cut
    from asked
    union all
    select
        started_at, workflow, served_model, lane, weight, 'added_latency_ms',
        case when is_unanswered then duration_ms else added_latency_ms end,
        is_unanswered
    from asked
    where is_fallback
    union all
    select started_at, workflow, model, 'all', weight, 'answer_ms', duration_ms, is_cut from answer_times
    where started_at >= $from_at and started_at < $to_at
),

bucketed as (
    select
        *,
        date_trunc($step, started_at at time zone $timezone) as local_start,
        case when milliseconds > 0 then cast(ceil(ln(milliseconds) / ln($gamma)) as bigint) else -32768 end as bucket
    from measured
    where milliseconds >= 0
)

select
    local_start at time zone $timezone as period_start,
    workflow, model, lane, measure, is_cut, bucket,
    cast(round(sum(weight)) as bigint) as requests,
    min(case when is_cut then milliseconds end) as cut_after_ms
from bucketed
group by local_start, workflow, model, lane, measure, is_cut, bucket
