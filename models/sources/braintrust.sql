-- [source]
-- title     = "Braintrust logs with scores and human feedback"
-- file      = "rows of project logs as JSON lines or a JSON list: the export of the Logs page, `events` of GET /v1/project_logs/<id>/fetch, or BTQL"
-- emits     = "outcomes"
-- grain     = "nested"
-- observer  = "application"
-- recognize = ["span_id", "root_span_id", "scores", "project_id"]
-- required  = ["id", "created"]
-- ignored   = "bears no score, no decision and no audited correction"
-- reports   = ["outcomes"]
-- evidence  = "VERIFIED: row of the vendor's API description (braintrust 0.48.1 log_feedback, public OpenAPI); the entries of audit_data UNVERIFIED"
-- limits    = ["feedback is merged into its span: a row shows the last state and the time of the span, so its times are unknown",
--              "`expected` is a person's correction only where audit_data says that it was written later; else it is not counted",
--              "the tag `review_decision:<decision>` with one of readback's decisions is a review; every score is feedback",
--              "who scored (a person or a program) is not told", "rows of experiments are not read: they are no runs",
--              "tied by the span, and by the trace where spans come from OpenTelemetry; `rb1:<trace>:<request>` in the metadata goes before"]
-- [columns]
-- id            = "VARCHAR"
-- created       = "VARCHAR"
-- _xact_id      = "VARCHAR"
-- experiment_id = "VARCHAR"
-- span_id       = "VARCHAR"
-- root_span_id  = "VARCHAR"
-- scores        = "JSON"
-- tags          = "VARCHAR[]"
-- metadata      = "JSON"
-- audit_data    = '''STRUCT(created VARCHAR, source VARCHAR, metadata STRUCT(user_id VARCHAR), audit_data STRUCT("action" VARCHAR, "path" VARCHAR[]))[]'''
--
-- _xact_id grows with every change of a row: it is the revision. A score of NULL is a scorer that gave none.
with plain as (
    select
        *,
        try_cast(created as timestamptz) as logged_at,
        coalesce(try_cast(_xact_id as bigint), 0) as version,
        regexp_extract(cast(metadata as varchar), 'rb1:([\w-]+):([\w.:-]*[\w-])', ['trace_id', 'request_id']) as told,
        list_transform(list_filter(tags, lambda tag: starts_with(tag, 'review_decision:')), lambda tag: lower(trim(substr(tag, 17))))[1] as word,
        list_filter(audit_data, lambda entry: entry.audit_data.path[1] = 'expected')[-1] as correction
    from records
    where experiment_id is null
),

scored as (
    select *, unnest(map_entries(case when json_type(scores) = 'OBJECT' then cast(scores as map(varchar, json)) end)) as given from plain
),

told_all as (
    select
        * exclude (given), 'feedback' as kind, 'score/' || given.key as part, logged_at as told_at, 'unknown' as quality,
        try_cast(json_extract_string(given.value, '$') as double) as score,
        case when regexp_full_match(given.key, '[\w .:/+-]{1,40}') then given.key end as label
    from scored
    where json_type(given.value) <> 'NULL'
    union all
    select *, 'review_decision', 'decision', logged_at, 'unknown', null, null
    from plain
    where list_contains(['approved', 'approved_with_edits', 'rejected', 'replaced', 'escalated', 'abstained', 'expired'], word)
    union all
    select *, 'rework', 'expected', try_cast(correction.created as timestamptz), 'exact', null, null
    from plain
    where correction is not null and try_cast(correction.created as timestamptz) is not null
)

select
    line,
    kind,
    'braintrust' as source_system,
    id || '/' || part as source_record_id,
    version as revision,
    told_at as occurred_at,
    quality as time_quality,
    coalesce(nullif(nullif(told.trace_id, '-'), ''), root_span_id) as trace_id,
    coalesce(nullif(nullif(told.request_id, '-'), ''), span_id) as request_id,
    if(part = 'expected' and correction.metadata.user_id is not null, 'human', 'unknown') as actor_kind,
    case when part = 'expected' then correction.metadata.user_id end as actor_ref,
    case when kind = 'review_decision' then word end as decision,
    case when kind = 'rework' then 'corrected' end as rework_type,
    case when isfinite(score) then score end as score,
    label,
    case when id is not null and logged_at is null then 'created is no time' end as problem
from told_all
where version >= 0
order by line, source_record_id
