-- One row per attempt that tells how long a model takes to answer: answered in full, or cut off before it was.
-- Reads requests that started in [$from_at, $to_at), their attempts up to $overlap_s later, model_names.
--
-- model is the one that was asked, else that answered, by the name that models are compared by. Cut are attempts that
-- timed out and those that the caller gave up. Other failures say nothing of the time of an answer, nor does a cache.
-- The attempts of a request that another log tells better belong to no request and stay out.
with asked as (
    select request_id, workflow, started_at from requests
    where started_at >= $from_at and started_at < $to_at
)

select
    r.started_at,
    r.workflow,
    coalesce(answered.model, requested.model, a.model_served, a.model_requested) as model,
    a.duration_ms,
    a.weight,
    a.status <> 'ok' as is_cut
from attempts as a
inner join asked as r on a.request_id = r.request_id
left join model_names as requested on a.model_requested = requested.name
left join model_names as answered on a.model_served = answered.name
where a.started_at >= $from_at and a.started_at < $to_at + to_seconds($overlap_s)
    and a.duration_ms >= 0
    and not coalesce(a.is_cache_hit, false)
    and coalesce(a.model_requested, a.model_served) is not null
    and (a.status in ('ok', 'cancelled') or (a.status = 'error' and a.cause = 'latency_breach'))
