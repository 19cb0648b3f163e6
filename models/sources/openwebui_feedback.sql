-- [source]
-- title     = "Open WebUI feedback"
-- file      = "the JSON list that the evaluations page exports (GET /api/v1/evaluations/feedbacks/all/export), or JSON lines of it"
-- emits     = "outcomes"
-- observer  = "application"
-- recognize = ["data.rating", "meta.chat_id", "meta.message_id", "created_at"]
-- required  = ["id", "data", "created_at"]
-- reports   = ["outcomes"]
-- evidence  = "VERIFIED: open-webui/open-webui backend/open_webui/models/feedbacks.py; the route of the export UNVERIFIED"
-- limits    = ["tied only by chat and message id", "a rating is overwritten in place: earlier ones are lost",
--              "regenerations and edits are no feedback records and are not seen", "the rated model is the one selected, not the one that served",
--              "the conversation in `snapshot` is never read"]
-- [columns]
-- id         = "VARCHAR"
-- user_id    = "VARCHAR"
-- data       = "STRUCT(rating VARCHAR, reason VARCHAR)"
-- meta       = "STRUCT(chat_id VARCHAR, message_id VARCHAR)"
-- created_at = "VARCHAR"
-- updated_at = "VARCHAR"
--
-- A rating that is null was taken back.
with told as (
    select
        *,
        try(to_timestamp(try_cast(created_at as bigint))) as given_at,
        try_cast(updated_at as bigint) as updated_s
    from records
)

select
    'feedback' as kind,
    'openwebui' as source_system,
    id as source_record_id,
    greatest(updated_s, 0) as revision,
    data.rating is null as retracted,
    case when id is not null and data is not null then given_at end as occurred_at,
    'exact' as time_quality,
    meta.message_id as request_id,
    meta.chat_id as session_id,
    'human' as actor_kind,
    user_id as actor_ref,
    case when regexp_full_match(data.reason, '\w{1,40}') then data.reason end as reason_code,
    case when isfinite(try_cast(data.rating as double)) then try_cast(data.rating as double) end as score,
    case when id is not null and data is not null and created_at is not null and given_at is null then 'created_at is no time in epoch seconds' end as problem
from told
