-- [source]
-- title     = "dbt run results"
-- file      = "run_results.json (v6) or sources.json of one invocation, as dbt wrote it"
-- emits     = "outcomes"
-- grain     = "nested"
-- observer  = "application"
-- recognize = ["metadata.dbt_schema_version", "metadata.invocation_id", "results", "elapsed_time"]
-- required  = ["metadata", "results"]
-- ignored   = "failed nowhere"
-- reports   = ["outcomes"]
-- evidence  = "VERIFIED: package dbt-artifacts-parser 0.15.0"
-- limits    = ["tied to a run by `rb1:<trace>:<request>` in `metadata.env` (DBT_ENV_CUSTOM_ENV_…) or in the vars, else by the invocation",
--              "severity: warn low, everything else high", "a node that was skipped after another's failure is not counted",
--              "`failures` counts rows of a test, which is how many were affected"]
-- [columns]
-- metadata = "STRUCT(generated_at VARCHAR, invocation_id VARCHAR, env JSON)"
-- args     = "STRUCT(vars JSON)"
-- results  = "STRUCT(unique_id VARCHAR, status VARCHAR, failures VARCHAR, timing STRUCT(started_at VARCHAR, completed_at VARCHAR)[])[]"
--
with nodes as (
    select
        line,
        metadata.invocation_id as invocation_id,
        node,
        lower(node.status) as status,
        list_max(list_transform(node.timing, lambda t: try_cast(t.completed_at as timestamptz))) as completed_at,
        list_min(list_transform(node.timing, lambda t: try_cast(t.started_at as timestamptz))) as started_at,
        try_cast(metadata.generated_at as timestamptz) as generated_at,
        regexp_extract(
            concat_ws(' ', cast(metadata.env as varchar), cast(args.vars as varchar)), 'rb1:([\w-]+):([\w.:-]*[\w-])', ['trace_id', 'request_id']
        ) as told
    from (select *, unnest(results) as node from records)
)

select
    line,
    'downstream_error' as kind,
    'dbt' as source_system,
    coalesce(invocation_id, 'no invocation') || '/' || node.unique_id as source_record_id,
    coalesce(completed_at, generated_at) as occurred_at,
    case when isfinite(generated_at) then generated_at end as recorded_at,
    if(completed_at is null, 'batch', 'exact') as time_quality,
    nullif(told.trace_id, '-') as trace_id,
    nullif(told.request_id, '-') as request_id,
    'pipeline_run' as artifact_type,
    invocation_id as artifact_id,
    'system' as actor_kind,
    if(status = 'warn', 'low', 'high') as severity,
    node.status as severity_raw,
    if(regexp_matches(node.unique_id, '^(test|unit_test|source)\.'), 'data_quality', 'pipeline_failure') as error_type,
    case when isfinite(started_at) then started_at end as impact_start,
    case when try_cast(node.failures as bigint) >= 0 then try_cast(node.failures as bigint) end as affected_count,
    left(node.unique_id, 100) as label,
    case
        when invocation_id is null then 'metadata.invocation_id is missing'
        when node.unique_id is null then 'a result has no unique_id'
        when coalesce(completed_at, generated_at) is null then 'neither timing nor metadata.generated_at gives a time'
    end as problem
from nodes
where status in ('error', 'fail', 'warn', 'runtime error', 'partial success')
order by line, source_record_id
