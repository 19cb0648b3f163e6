-- One row per tie between a pending outcome and a run. Reads pending_outcomes, current_outcomes and requests, of which
-- only those that started in `$from_at`/`$to_at`: earliest pending outcome less `$horizon_s` to the latest plus a day,
-- and of these only the ids of a kind that some pending outcome names (`$names_runs` and so on).
--
-- The first rule that finds a run decides. A trace may hold several runs, which then share the weight; any other id
-- that points to several runs was used twice and proves nothing (response ids are reused, sessions hold many tasks).
-- A request more than `$horizon_s` before the outcome, or a day after it (clocks differ), is somebody else's.
with pending as (
    select * from current_outcomes where outcome_id in (select outcome_id from pending_outcomes)
),

sources as (
    select distinct source from requests where started_at >= $from_at and started_at < $to_at
),

wanted as (
    select outcome_id, occurred_at, 1 as rule, 'run' as id_kind, run_id as id from pending where run_id is not null
    union all
    select outcome_id, occurred_at, 2, 'request', request_id from pending where request_id is not null
    union all
    select outcome_id, occurred_at, 3, 'request', sources.source || ':' || request_id
    from pending
    cross join sources
    where request_id is not null
    union all
    select outcome_id, occurred_at, 4, 'response', provider_response_id
    from pending where provider_response_id is not null
    union all
    select outcome_id, occurred_at, 5, 'trace', replace(lower(trace_id), '-', '')
    from pending where trace_id is not null
    union all
    select outcome_id, occurred_at, 6, 'session', session_id from pending where session_id is not null
    union all
    select outcome_id, occurred_at, 7, 'run', artifact_id from pending where artifact_id is not null
),

held as (
    select 'run' as id_kind, run_id as id, run_id, started_at from requests where $names_runs
    union all
    select 'request', request_id, run_id, started_at from requests where $names_requests
    union all
    select 'response', provider_response_id, run_id, started_at from requests
    where $names_responses and provider_response_id is not null
    union all
    select 'trace', replace(lower(trace_id), '-', ''), run_id, started_at from requests
    where $names_traces and trace_id is not null
    union all
    select 'session', session_id, run_id, started_at from requests where $names_sessions and session_id is not null
),

found as (
    select wanted.outcome_id, wanted.rule, held.run_id
    from held
    inner join wanted on held.id_kind = wanted.id_kind and held.id = wanted.id
    where held.started_at >= $from_at and held.started_at < $to_at
      and held.started_at >= wanted.occurred_at - $horizon_s * interval '1 second'
      and held.started_at <= wanted.occurred_at + interval '1 day'
    group by wanted.outcome_id, wanted.rule, held.run_id
),

proven as (
    select outcome_id, rule, count(*) as run_count from found group by outcome_id, rule having count(*) = 1 or rule = 5
),

decided as (
    select outcome_id, min(rule) as rule, arg_min(run_count, rule) as run_count from proven group by outcome_id
)

select
    found.outcome_id,
    found.run_id,
    case found.rule when 6 then 'session' when 7 then 'artifact' else 'exact_id' end as method,
    1.0 / decided.run_count as weight,
    case found.rule
        when 1 then 'run_id' when 2 then 'request_id' when 3 then 'raw_request_id' when 4 then 'provider_response_id'
        when 5 then 'trace_id' when 6 then 'session_id' else 'artifact_id'
    end as rule_id
from found
inner join decided using (outcome_id, rule)
