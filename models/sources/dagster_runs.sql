-- [source]
-- title     = "Dagster runs"
-- file      = "JSON lines or a JSON list of runs: `results` of the GraphQL query runsOrError (with tags, parentRunId, rootRunId), or of DagsterInstance.get_run_records"
-- emits     = "outcomes"
-- grain     = "nested"
-- observer  = "application"
-- recognize = ["runId|run_id", "jobName|job_name", "rootRunId|root_run_id", "status"]
-- required  = ["status"]
-- ignored   = "did not fail, and is no second run of another"
-- reports   = ["outcomes"]
-- evidence  = "VERIFIED: package dagster 1.13.29 (DagsterRun, RunRecord, GraphQL Run)"
-- limits    = ["a failed run is a downstream error; a run that starts another one again is rework of the first of its chain",
--              "a retry that Dagster itself started (tag dagster/retry_number) is no rework: nobody redid it",
--              "tied to a run by `rb1:<trace>:<request>` in a tag, else by the run id",
--              "which step failed is not told, and Dagster states no severity"]
-- [columns]
-- runId            = "VARCHAR"
-- run_id           = "VARCHAR"
-- jobName          = "VARCHAR"
-- job_name         = "VARCHAR"
-- parentRunId      = "VARCHAR"
-- parent_run_id    = "VARCHAR"
-- rootRunId        = "VARCHAR"
-- root_run_id      = "VARCHAR"
-- status           = "VARCHAR"
-- tags             = "JSON"
-- startTime        = "VARCHAR"
-- start_time       = "VARCHAR"
-- endTime          = "VARCHAR"
-- end_time         = "VARCHAR"
-- creationTime     = "VARCHAR"
-- create_timestamp = "VARCHAR"
--
-- Times are epoch seconds with fractions, or text. Tags are an object, or a list of keys and values.
with plain as (
    select
        line,
        coalesce(runId, run_id) as run_key,
        coalesce(jobName, job_name) as job,
        coalesce(parentRunId, parent_run_id) as parent,
        coalesce(rootRunId, root_run_id, parentRunId, parent_run_id) as root,
        upper(status) as state,
        cast(tags as varchar) as tag_words,
        list_transform(
            [coalesce(startTime, start_time, creationTime, create_timestamp), coalesce(endTime, end_time), coalesce(creationTime, create_timestamp)],
            lambda word: case
                when try_cast(word as double) is null then try_cast(word as timestamptz)
                when try_cast(word as double) between 0 and 1e11 then to_timestamp(cast(word as double))
            end
        ) as times
    from records
),

tied as (
    select
        *,
        contains(tag_words, 'dagster/retry_number') as is_own_retry,
        regexp_extract(tag_words, 'rb1:([\w-]+):([\w.:-]*[\w-])', ['trace_id', 'request_id']) as told
    from plain
),

told_all as (
    select *, 'downstream_error' as kind, coalesce(times[2], times[1]) as told_at, run_key as about from tied where state = 'FAILURE'
    union all
    select *, 'rework', coalesce(times[3], times[1]), root from tied where parent is not null and not coalesce(is_own_retry, false)
)

select
    line,
    kind,
    'dagster' as source_system,
    run_key as source_record_id,
    told_at as occurred_at,
    if(times[2] is null and kind = 'downstream_error', 'unknown', 'exact') as time_quality,
    nullif(told.trace_id, '-') as trace_id,
    nullif(told.request_id, '-') as request_id,
    'pipeline_run' as artifact_type,
    'dagster/' || about as artifact_id,
    if(kind = 'downstream_error', 'system', 'unknown') as actor_kind,
    case when kind = 'rework' then 'reexecuted' end as rework_type,
    case when kind = 'downstream_error' then 'pipeline_failure' end as error_type,
    case when kind = 'downstream_error' and isfinite(times[1]) then times[1] end as impact_start,
    case when regexp_full_match(job, '[\w .:/+-]{1,40}') then job end as label,
    case
        when run_key is null then 'the run has no id'
        when told_at is null then 'the run has no time'
    end as problem
from told_all
order by line, kind
