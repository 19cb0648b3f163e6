-- [source]
-- title     = "LangSmith feedback"
-- file      = "JSON lines or a JSON list of GET /api/v1/feedback, or `client.list_feedback()` dumped to JSON"
-- emits     = "outcomes"
-- observer  = "application"
-- recognize = ["key", "run_id", "score", "feedback_source"]
-- required  = ["id", "key"]
-- ignored   = "compares experiments, not runs"
-- reports   = ["outcomes"]
-- evidence  = "VERIFIED: package langsmith 0.15.0"
-- limits    = ["`session_id` is the project, not a conversation, and ties nothing",
--              "feedback with the key `review_decision` whose value is one of readback's decisions is a review; every other one is feedback",
--              "a `correction` not written by a model is rework: whether the output had been released is not told",
--              "without a user id, who acted is unknown unless it was a model"]
-- [columns]
-- id                        = "VARCHAR"
-- created_at                = "VARCHAR"
-- modified_at               = "VARCHAR"
-- run_id                    = "VARCHAR"
-- trace_id                  = "VARCHAR"
-- key                       = "VARCHAR"
-- score                     = "VARCHAR"
-- value                     = "JSON"
-- correction                = "JSON"
-- feedback_source           = "STRUCT(\"type\" VARCHAR, user_id VARCHAR)"
-- comparative_experiment_id = "VARCHAR"
--
with plain as (
    select
        *,
        case when json_type(value) = 'VARCHAR' then json_extract_string(value, '$') end as word,
        coalesce(json_type(correction) <> 'NULL' and coalesce(lower(feedback_source.type), '') <> 'model', false) as is_corrected,
        comparative_experiment_id is not null as is_ignored
    from records
),

judged as (
    select
        *,
        case
            when lower(key) = 'review_decision' and list_contains(
                ['approved', 'approved_with_edits', 'rejected', 'replaced', 'escalated', 'abstained', 'expired'], lower(word)
            ) then lower(word)
        end as decision
    from plain
)

select
    case when decision is not null then 'review_decision' when is_corrected then 'rework' else 'feedback' end as kind,
    'langsmith' as source_system,
    id as source_record_id,
    greatest(epoch_ms(try_cast(modified_at as timestamptz)), 0) as revision,
    case when not is_ignored and id is not null and key is not null then try_cast(coalesce(created_at, modified_at) as timestamptz) end as occurred_at,
    if(created_at is null, 'unknown', 'exact') as time_quality,
    trace_id,
    run_id as request_id,
    case
        when lower(feedback_source.type) = 'model' then 'model'
        when feedback_source.user_id is not null then 'human'
    end as actor_kind,
    feedback_source.user_id as actor_ref,
    decision,
    case when decision is null and is_corrected then 'corrected' end as rework_type,
    case lower(score) when 'true' then 1 when 'false' then 0 else case when isfinite(try_cast(score as double)) then try_cast(score as double) end end as score,
    case when regexp_full_match(word, '[\w .:/+-]{1,40}') then word end as label,
    case
        when not is_ignored and id is not null and key is not null and try_cast(coalesce(created_at, modified_at) as timestamptz) is null
            then 'created_at is missing or no time'
    end as problem,
    is_ignored
from judged
