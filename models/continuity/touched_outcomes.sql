-- One row per linked outcome that must be linked anew: it names an id of a request that started in the dirty stretch
-- `$from_at`/`$to_at`, and did not happen more than a day before it (clocks differ).
-- Reads current_outcomes, outcome_links, requests. Outcomes stream past the ids of the stretch: when all history is dirty,
-- they are too many to be held once for each kind of id.
with dirty_requests as (
    select
        request_id, run_id, provider_response_id, replace(lower(trace_id), '-', '') as trace_id, session_id,
        case when starts_with(request_id, source || ':') then substr(request_id, length(source) + 2) end as raw_request_id
    from requests
    where started_at >= $from_at and started_at < $to_at
)

select outcome_id
from current_outcomes
where
    occurred_at >= $from_at - interval '1 day'
    and (
        run_id in (select run_id from dirty_requests)
        or artifact_id in (select run_id from dirty_requests)
        or request_id in (select request_id from dirty_requests)
        or request_id in (select raw_request_id from dirty_requests)
        or provider_response_id in (select provider_response_id from dirty_requests)
        or replace(lower(trace_id), '-', '') in (select trace_id from dirty_requests)
        or session_id in (select session_id from dirty_requests)
    )
    and outcome_id in (select outcome_id from outcome_links)
