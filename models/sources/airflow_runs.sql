-- [source]
-- title     = "Airflow DAG runs"
-- file      = "JSON lines or a JSON list: `dag_runs` of GET /api/v2/dags/~/dagRuns (Airflow 3) or /api/v1/… (Airflow 2)"
-- emits     = "outcomes"
-- observer  = "application"
-- recognize = ["dag_id", "dag_run_id", "state", "run_type"]
-- required  = ["dag_id", "dag_run_id", "state"]
-- ignored   = "did not fail"
-- reports   = ["outcomes"]
-- evidence  = "VERIFIED: package apache-airflow-client 3.3.2"
-- limits    = ["tied to a run by `rb1:<trace>:<request>` in `conf`, else by `dag_id/dag_run_id`",
--              "a run that was cleared and went well afterwards overwrites its failure, which is then not seen",
--              "which task failed is not told, and Airflow states no severity"]
-- [columns]
-- dag_id     = "VARCHAR"
-- dag_run_id = "VARCHAR"
-- state      = "VARCHAR"
-- start_date = "VARCHAR"
-- end_date   = "VARCHAR"
-- conf       = "JSON"
--
with runs as (
    select
        *,
        dag_id || '/' || dag_run_id as run_key,
        try_cast(start_date as timestamptz) as began_at,
        try_cast(end_date as timestamptz) as failed_at,
        coalesce(lower(state) <> 'failed', false) as is_ignored,
        regexp_extract(cast(conf as varchar), 'rb1:([\w-]+):([\w.:-]*[\w-])', ['trace_id', 'request_id']) as told
    from records
)

select
    'downstream_error' as kind,
    'airflow' as source_system,
    run_key as source_record_id,
    greatest(epoch_ms(failed_at), 0) as revision,
    case when not is_ignored and run_key is not null and state is not null then failed_at end as occurred_at,
    'exact' as time_quality,
    nullif(told.trace_id, '-') as trace_id,
    nullif(told.request_id, '-') as request_id,
    'pipeline_run' as artifact_type,
    run_key as artifact_id,
    'system' as actor_kind,
    'pipeline_failure' as error_type,
    case when isfinite(began_at) then began_at end as impact_start,
    left(dag_id, 100) as label,
    case when not is_ignored and run_key is not null and state is not null and failed_at is null then 'end_date is missing or no time' end as problem,
    is_ignored
from runs
