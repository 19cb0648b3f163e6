-- [question]
-- ask = "How much longer did people wait when a request fell back?"
select
    workflow, count(*) as fallbacks, round(median(added_latency_ms)) as median_ms,
    round(quantile_cont(added_latency_ms, 0.95)) as p95_ms, count(*) - count(added_latency_ms) as unknown
from requests
where is_fallback
group by workflow
order by p95_ms desc nulls last
