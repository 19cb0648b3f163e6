-- One row per outcome as its source tells it: identified, and the person behind it hashed.
-- A later revision of the same record is another row; which one holds is settled later.
-- A row without an outcome_id could not be read; `problem` says why.
with defaulted as (
    select
        * replace (
            coalesce(revision, 0) as revision,
            coalesce(retracted, false) as retracted,
            coalesce(time_quality, 'unknown') as time_quality,
            coalesce(actor_kind, 'unknown') as actor_kind,
            coalesce(problem, case
                when occurred_at > $loaded_at + interval 1 day then 'its time lies in the future: ' || cast(occurred_at as varchar)
                when occurred_at < timestamptz '2015-01-01 00:00:00+00' then 'its time lies before 2015: ' || cast(occurred_at as varchar)
            end) as problem
        )
    from canonical
)

select
    case
        when problem is null and occurred_at is not null
            then md5(concat_ws(chr(31), source_system, source_record_id, kind, cast(revision as varchar)))
    end as outcome_id,
    kind,
    source_system,
    source_record_id,
    revision,
    retracted,
    occurred_at,
    recorded_at,
    time_quality,
    $file_id as file_id,
    line,
    absent(request_id) as request_id,
    lower(replace(absent(trace_id), '-', '')) as trace_id,
    absent(provider_response_id) as provider_response_id,
    absent(session_id) as session_id,
    absent(run_id) as run_id,
    artifact_type,
    absent(artifact_id) as artifact_id,
    absent(workflow) as workflow,
    actor_kind,
    case when absent(actor_ref) is not null then left(sha256($hash_key || actor_ref), 32) end as actor_ref,
    decision,
    override_target,
    scrub(reason_code) as reason_code,
    appropriate,
    review_mode,
    edit_ratio,
    rework_type,
    effort_seconds,
    severity,
    scrub(severity_raw) as severity_raw,
    error_type,
    impact_start,
    impact_end,
    affected_count,
    cost_amount,
    cost_currency,
    cost_basis,
    score,
    scrub(label) as label,
    problem,
    is_ignored
from defaulted
