-- [source]
-- title     = "Langfuse scores, API v2 and v3 and blob export"
-- file      = "JSON lines or a JSON list of scores: `data` of GET /api/public/v2/scores or /v3/scores (with `fields=details,subject,annotation`); or the scheduled blob export scores/ (JSONL, CSV or Parquet)"
-- emits     = "outcomes"
-- observer  = "application"
-- recognize = ["dataType|data_type", "source", "name", "value", "timestamp"]
-- required  = ["id", "name", "source", "timestamp"]
-- ignored   = "scores an experiment, not a run"
-- reports   = ["outcomes"]
-- evidence  = "VERIFIED: package langfuse 5.0.4"
-- limits    = ["a v3 score pulled without `fields=subject` has no join key, and is tied to no run",
--              "a score named `review_decision` whose value is one of readback's decisions is a review; every other one is feedback",
--              "a correction of a queued object is an approval with edits, any other correction is rework",
--              "`API` may be a person or a program: who acted is unknown", "a pending item of a queue is no score, so it is not seen"]
-- [columns]
-- id            = "VARCHAR"
-- name          = "VARCHAR"
-- source        = "VARCHAR"
-- dataType      = "VARCHAR"
-- value         = "VARCHAR"
-- stringValue   = "VARCHAR"
-- timestamp     = "VARCHAR"
-- createdAt     = "VARCHAR"
-- updatedAt     = "VARCHAR"
-- traceId       = "VARCHAR"
-- observationId = "VARCHAR"
-- sessionId     = "VARCHAR"
-- datasetRunId  = "VARCHAR"
-- configId      = "VARCHAR"
-- queueId       = "VARCHAR"
-- authorUserId  = "VARCHAR"
-- data_type      = "VARCHAR"
-- string_value   = "VARCHAR"
-- created_at     = "VARCHAR"
-- updated_at     = "VARCHAR"
-- trace_id       = "VARCHAR"
-- observation_id = "VARCHAR"
-- session_id     = "VARCHAR"
-- dataset_run_id = "VARCHAR"
-- config_id      = "VARCHAR"
-- queue_id       = "VARCHAR"
-- author_user_id = "VARCHAR"
-- subject       = "STRUCT(kind VARCHAR, id VARCHAR, traceId VARCHAR)"
-- annotation    = "STRUCT(authorUserId VARCHAR, queueId VARCHAR)"
-- details       = "STRUCT(configId VARCHAR)"
--
-- v2 writes a boolean as 1.0 beside "True", a category without a config as 0, and a correction as 0 beside its text;
-- v3 writes the value itself. The blob export writes v2 in snake case, its times without a zone, which are UTC. Texts (corrections, comments, TEXT scores) never go on.
with records_of_both as (
    select * replace (
        coalesce(dataType, data_type) as dataType, coalesce(stringValue, string_value) as stringValue,
        coalesce(createdAt, created_at) as createdAt, coalesce(updatedAt, updated_at) as updatedAt,
        coalesce(traceId, trace_id) as traceId, coalesce(observationId, observation_id) as observationId,
        coalesce(sessionId, session_id) as sessionId, coalesce(datasetRunId, dataset_run_id) as datasetRunId,
        coalesce(configId, config_id) as configId, coalesce(queueId, queue_id) as queueId,
        coalesce(authorUserId, author_user_id) as authorUserId
    )
    from records
),

plain as (
    select
        * exclude (data_type, trace_id, session_id),
        upper(dataType) as data_type,
        upper(source) as origin,
        case when isfinite(try_cast(value as double)) then try_cast(value as double) end as finite_value,
        coalesce(queueId, annotation.queueId) as queue,
        coalesce(datasetRunId is not null and traceId is null and sessionId is null, false)
        or coalesce(lower(subject.kind) = 'experiment', false) as is_ignored,
        case
            when upper(dataType) = 'BOOLEAN' then lower(coalesce(stringValue, value))
            when upper(dataType) = 'CATEGORICAL' then coalesce(stringValue, value)
        end as word
    from records_of_both
),

judged as (
    select
        *,
        case
            when data_type = 'CORRECTION' and origin <> 'EVAL' and queue is not null then 'approved_with_edits'
            when lower(name) = 'review_decision' and list_contains(
                ['approved', 'approved_with_edits', 'rejected', 'replaced', 'escalated', 'abstained', 'expired'], lower(word)
            ) then lower(word)
        end as decision,
        data_type = 'CORRECTION' and origin <> 'EVAL' and queue is null as is_rework
    from plain
)

select
    case when decision is not null then 'review_decision' when is_rework then 'rework' else 'feedback' end as kind,
    'langfuse' as source_system,
    id as source_record_id,
    greatest(epoch_ms(try_cast(updatedAt as timestamptz)), 0) as revision,
    case when not is_ignored and id is not null and name is not null then try_cast(timestamp as timestamptz) end as occurred_at,
    case when isfinite(try_cast(createdAt as timestamptz)) then try_cast(createdAt as timestamptz) end as recorded_at,
    'exact' as time_quality,
    coalesce(traceId, subject.traceId, case when lower(subject.kind) = 'trace' then subject.id end) as trace_id,
    coalesce(observationId, case when lower(subject.kind) = 'observation' then subject.id end) as request_id,
    coalesce(sessionId, case when lower(subject.kind) = 'session' then subject.id end) as session_id,
    case origin when 'ANNOTATION' then 'human' when 'EVAL' then 'model' end as actor_kind,
    coalesce(authorUserId, annotation.authorUserId) as actor_ref,
    decision,
    case when is_rework then 'corrected' end as rework_type,
    case
        when data_type = 'BOOLEAN' then case lower(value) when 'true' then 1 when 'false' then 0 else finite_value end
        when data_type = 'NUMERIC' or (data_type = 'CATEGORICAL' and coalesce(configId, details.configId) is not null) then finite_value
    end as score,
    case when regexp_full_match(word, '[\w .:/+-]{1,40}') then word end as label,
    case when not is_ignored and timestamp is not null and try_cast(timestamp as timestamptz) is null then 'timestamp is no time' end as problem,
    is_ignored
from judged
