-- [source]
-- title     = "Langfuse annotation queue items"
-- file      = "JSON lines or a JSON list of items: `data` of GET /api/public/annotation-queues/<id>/items"
-- emits     = "outcomes"
-- observer  = "application"
-- recognize = ["queueId", "objectId", "objectType", "status"]
-- required  = ["id", "objectId", "createdAt"]
-- reports   = ["outcomes"]
-- evidence  = "VERIFIED: package langfuse 5.0.4"
-- limits    = ["an item says that a review was asked for, which is the denominator of reviews; what was decided stands in the scores (langfuse_scores)",
--              "a completed item without a score decided nothing that is told", "an item that was taken out of its queue is not told of"]
-- [columns]
-- id         = "VARCHAR"
-- queueId    = "VARCHAR"
-- objectId   = "VARCHAR"
-- objectType = "VARCHAR"
-- status     = "VARCHAR"
-- createdAt  = "VARCHAR"
-- updatedAt  = "VARCHAR"
--
-- Pending or completed, the item was asked for once, when it was put into its queue.
select
    'review_requested' as kind,
    'langfuse' as source_system,
    id as source_record_id,
    greatest(epoch_ms(try_cast(updatedAt as timestamptz)), 0) as revision,
    case when id is not null and objectId is not null then try_cast(createdAt as timestamptz) end as occurred_at,
    'exact' as time_quality,
    case when upper(objectType) = 'TRACE' then objectId end as trace_id,
    case when upper(objectType) = 'OBSERVATION' then objectId end as request_id,
    case when upper(objectType) = 'SESSION' then objectId end as session_id,
    'system' as actor_kind,
    case when regexp_full_match(status, '[A-Za-z_]{1,40}') then lower(status) end as label,
    case when id is not null and objectId is not null and createdAt is not null and try_cast(createdAt as timestamptz) is null
            then 'createdAt is no time'
    end as problem
from records
