-- [question]
-- ask = "How much longer did people wait when a request fell back?"
--
-- Whom nobody answered waited for longer than any: where they hide a percentile it is NULL, and the last column counts them.
with waits as (
    select workflow, case when served_by = 'nobody' then cast('infinity' as double) else added_latency_ms end as wait_ms
    from requests
    where is_fallback
)

select
    workflow, count(*) as fallbacks,
    round(nullif(quantile_disc(wait_ms, 0.5), 'infinity')) as median_ms,
    round(nullif(quantile_disc(wait_ms, 0.95), 'infinity')) as p95_ms,
    count(*) - count(wait_ms) as unknown,
    count(*) filter (where isinf(wait_ms)) as unanswered
from waits
group by workflow
order by p95_ms desc nulls first
