-- [source]
-- title     = "Label Studio annotations"
-- file      = "an export as JSON, or JSON lines of tasks with their annotations"
-- emits     = "outcomes"
-- grain     = "nested"
-- observer  = "application"
-- recognize = ["annotations", "predictions", "data", "project"]
-- required  = ["id", "annotations"]
-- ignored   = "holds no annotation by a person"
-- reports   = ["outcomes"]
-- evidence  = "VERIFIED: package label-studio-sdk 2.1.2"
-- limits    = ["tied to a run by `rb1:<trace>:<request>` in `meta`, or in `data.readback_ref`",
--              "accepted, rejected, fixed_and_accepted, deleted_review and skipped are decisions; a label that nobody reviewed is feedback",
--              "the answer of a label is not read", "only the last state of an annotation is told; `lead_time` is the human time"]
-- [columns]
-- id          = "VARCHAR"
-- meta        = "JSON"
-- data        = "STRUCT(readback_ref VARCHAR)"
-- annotations = '''STRUCT(
--     id VARCHAR, completed_by JSON, created_at VARCHAR, updated_at VARCHAR, lead_time VARCHAR, was_cancelled VARCHAR, last_action VARCHAR
-- )[]'''
--
with marks as (
    select
        line,
        id as task_id,
        mark,
        lower(mark.last_action) as last_action,
        coalesce(try_cast(mark.was_cancelled as boolean), false) as is_skipped,
        try_cast(coalesce(mark.updated_at, mark.created_at) as timestamptz) as changed_at,
        coalesce(json_extract_string(mark.completed_by, '$.id'), json_extract_string(mark.completed_by, '$')) as person,
        regexp_extract(
            concat_ws(' ', cast(meta as varchar), data.readback_ref), 'rb1:([\w-]+):([\w.:-]*[\w-])', ['trace_id', 'request_id']
        ) as told
    from (select *, unnest(annotations) as mark from records)
),

decided as (
    select
        *,
        case
            when last_action = 'fixed_and_accepted' then 'approved_with_edits'
            when last_action = 'accepted' then 'approved'
            when last_action = 'rejected' then 'rejected'
            when is_skipped or last_action = 'skipped' then 'abstained'
        end as decision
    from marks
    where coalesce(last_action, '') not in ('prediction', 'propagated_annotation', 'imported')
)

select
    line,
    if(decision is not null or last_action = 'deleted_review', 'review_decision', 'feedback') as kind,
    'label_studio' as source_system,
    mark.id as source_record_id,
    greatest(epoch_ms(changed_at), 0) as revision,
    coalesce(last_action = 'deleted_review', false) as retracted,
    changed_at as occurred_at,
    case when isfinite(try_cast(mark.created_at as timestamptz)) then try_cast(mark.created_at as timestamptz) end as recorded_at,
    'exact' as time_quality,
    nullif(told.trace_id, '-') as trace_id,
    nullif(told.request_id, '-') as request_id,
    'task' as artifact_type,
    'label_studio/' || task_id as artifact_id,
    if(person is null, 'unknown', 'human') as actor_kind,
    person as actor_ref,
    decision,
    try(cast(try_cast(mark.lead_time as double) as bigint)) as effort_seconds,
    case when decision is null and regexp_full_match(last_action, '[a-z_]{1,40}') then last_action end as label,
    case
        when mark.id is null then 'an annotation has no id'
        when changed_at is null then 'an annotation has no updated_at and no created_at'
        when coalesce(try_cast(mark.lead_time as double) not between 0 and 1e9, false) then 'lead_time is no number of seconds of at least 0'
    end as problem
from decided
order by line, source_record_id
