-- [source]
-- title     = "Arize Phoenix annotations of spans, traces and sessions"
-- file      = "JSON lines or a JSON list of annotations: `data` of GET /v1/projects/<id>/span_annotations (or trace, session)"
-- emits     = "outcomes"
-- observer  = "application"
-- recognize = ["annotator_kind", "name", "source", "created_at"]
-- required  = ["id", "name", "annotator_kind"]
-- reports   = ["outcomes"]
-- evidence  = "VERIFIED: generated types of package arize-phoenix-client 3.5.0"
-- limits    = ["an annotation of a span names no trace: tied where a request bears the span's id, or by `rb1:<trace>:<request>` in its metadata",
--              "an annotation named `review_decision` whose label is one of readback's decisions is a review; every other one is feedback",
--              "what a person is shown before they annotate is not told, so nothing here is rework"]
-- [columns]
-- id             = "VARCHAR"
-- name           = "VARCHAR"
-- annotator_kind = "VARCHAR"
-- span_id        = "VARCHAR"
-- trace_id       = "VARCHAR"
-- session_id     = "VARCHAR"
-- result         = "STRUCT(label VARCHAR, score VARCHAR)"
-- metadata       = "JSON"
-- created_at     = "VARCHAR"
-- updated_at     = "VARCHAR"
-- user_id        = "VARCHAR"
--
with tied as (
    select
        *,
        try_cast(created_at as timestamptz) as annotated_at,
        regexp_extract(cast(metadata as varchar), 'rb1:([\w-]+):([\w.:-]*[\w-])', ['trace_id', 'request_id']) as told,
        case
            when lower(name) = 'review_decision' and list_contains(
                ['approved', 'approved_with_edits', 'rejected', 'replaced', 'escalated', 'abstained', 'expired'], lower(result.label)
            ) then lower(result.label)
        end as decision
    from records
)

select
    if(decision is null, 'feedback', 'review_decision') as kind,
    'phoenix' as source_system,
    id as source_record_id,
    greatest(epoch_ms(try_cast(updated_at as timestamptz)), 0) as revision,
    case when id is not null and name is not null then annotated_at end as occurred_at,
    'exact' as time_quality,
    coalesce(trace_id, nullif(told.trace_id, '-')) as trace_id,
    coalesce(nullif(nullif(told.request_id, '-'), ''), span_id) as request_id,
    session_id,
    case upper(annotator_kind) when 'HUMAN' then 'human' when 'LLM' then 'model' when 'CODE' then 'rule' end as actor_kind,
    user_id as actor_ref,
    decision,
    case when isfinite(try_cast(result.score as double)) then try_cast(result.score as double) end as score,
    case when regexp_full_match(result.label, '[\w .:/+-]{1,40}') then result.label end as label,
    case when id is not null and name is not null and annotated_at is null then 'created_at is missing or no time' end as problem
from tied
