-- [source]
-- title     = "UiPath Action Center tasks"
-- file      = "JSON lines or a JSON list of tasks, as the UiPath SDK dumps them (names in camel case)"
-- emits     = "outcomes"
-- grain     = "nested"
-- observer  = "application"
-- recognize = ["key", "title", "status", "creationTime"]
-- required  = ["id", "creationTime"]
-- reports   = ["outcomes"]
-- evidence  = "VERIFIED: package uipath-platform 0.2.41; whether `taskSource` is returned UNVERIFIED"
-- limits    = ["the button is free text: approve, accept → approved; reject, deny, decline → rejected; escalate → escalated; readback's own words; every other one is feedback",
--              "tied by `taskSource.taskSourceMetadata.InstanceId`, else by `rb1:<trace>:<request>` in `externalTag`",
--              "whether the answer was edited is not told", "the human time is not told: assigned is not worked on",
--              "OData pages with names in Pascal case are not read"]
-- [columns]
-- id              = "VARCHAR"
-- key             = "VARCHAR"
-- status          = "VARCHAR"
-- action          = "VARCHAR"
-- creationTime    = "VARCHAR"
-- completionTime  = "VARCHAR"
-- completedByUser = "JSON"
-- externalTag     = "VARCHAR"
-- isDeleted       = "VARCHAR"
-- taskSource      = "STRUCT(taskSourceMetadata STRUCT(InstanceId VARCHAR))"
--
-- Every task was asked for, also one that nobody has answered yet; one that was deleted before an answer is taken back.
-- Ids are small numbers, which the runs of others may bear too: the key is the artefact.
with tasks as (
    select
        *,
        lower(trim(action)) as button,
        lower(status) in ('2', 'completed') as is_completed,
        try_cast(creationTime as timestamptz) as created_at,
        try_cast(completionTime as timestamptz) as completed_at,
        coalesce(try_cast(isDeleted as boolean), false) and completionTime is null as retracted,
        coalesce(json_extract_string(completedByUser, '$.id'), json_extract_string(completedByUser, '$.emailAddress')) as person,
        regexp_extract(externalTag, 'rb1:([\w-]+):([\w.:-]*[\w-])', ['trace_id', 'request_id']) as told
    from records
),

decided as (
    select
        *,
        case
            when button in ('approve', 'accept', 'accepted') then 'approved'
            when button in ('reject', 'deny', 'denied', 'decline', 'declined') then 'rejected'
            when button = 'escalate' then 'escalated'
            when list_contains(['approved', 'approved_with_edits', 'rejected', 'replaced', 'escalated', 'abstained', 'expired'], button) then button
        end as decision
    from tasks
),

told as (
    select *, 'review_requested' as kind, created_at as told_at from decided
    union all
    select *, if(decision is null, 'feedback', 'review_decision'), completed_at from decided where is_completed
)

select
    line,
    kind,
    'uipath' as source_system,
    id as source_record_id,
    if(retracted, 1, 0) + 2 * greatest(epoch_ms(completed_at), 0) as revision,
    retracted,
    told_at as occurred_at,
    'exact' as time_quality,
    coalesce(taskSource.taskSourceMetadata.InstanceId, nullif(told.trace_id, '-')) as trace_id,
    nullif(told.request_id, '-') as request_id,
    'task' as artifact_type,
    key as artifact_id,
    case when kind = 'review_requested' then 'system' when person is not null then 'human' end as actor_kind,
    case when kind <> 'review_requested' then person end as actor_ref,
    case when kind = 'review_decision' then decision end as decision,
    case when kind = 'feedback' and regexp_full_match(action, '[\w .:/+-]{1,40}') then action end as label,
    case
        when told_at is null and kind = 'review_requested' then 'creationTime is no time'
        when told_at is null then 'the task is completed, but completionTime is missing or no time'
    end as problem
from told
order by line, told_at, kind
