-- One row per linked outcome that must be linked anew: it names an id of a request that started in the dirty stretch
-- `$from_at`/`$to_at`, and did not happen more than a day before it (clocks differ).
-- Reads current_outcomes, outcome_links, requests.
with dirty_requests as (
    select request_id, source, run_id, provider_response_id, replace(lower(trace_id), '-', '') as trace_id, session_id
    from requests
    where started_at >= $from_at and started_at < $to_at
),

dirty_sources as (
    select distinct source from dirty_requests
),

linked as (
    select * from current_outcomes
    where occurred_at >= $from_at - interval '1 day' and outcome_id in (select outcome_id from outcome_links)
)

select outcome_id from linked where run_id in (select run_id from dirty_requests)
union
select outcome_id from linked where artifact_id in (select run_id from dirty_requests)
union
select outcome_id from linked where request_id in (select request_id from dirty_requests)
union
select outcome_id
from linked
cross join dirty_sources
where dirty_sources.source || ':' || request_id in (select request_id from dirty_requests)
union
select outcome_id from linked
where provider_response_id in (select provider_response_id from dirty_requests)
union
select outcome_id from linked
where replace(lower(trace_id), '-', '') in (select trace_id from dirty_requests)
union
select outcome_id from linked where session_id in (select session_id from dirty_requests)
