-- [source]
-- title     = "ServiceNow approvals, Table API"
-- file      = "JSON lines or a JSON list: `result` of GET /api/now/table/sysapproval_approver; add `sysapproval.correlation_id` to sysparm_fields"
-- emits     = "outcomes"
-- grain     = "nested"
-- observer  = "application"
-- recognize = ["sys_id", "approver", "state", "sysapproval|document_id"]
-- required  = ["sys_id", "state"]
-- ignored   = "was not requested yet, or not required"
-- reports   = ["outcomes"]
-- evidence  = "docs only: public guides to the table and its states; every column UNVERIFIED"
-- limits    = ["an approval that the system gave on its due date is no person's: it counts as `expired`",
--              "who decided is known by `sys_updated_by`; without it the actor is unknown, and the decision enters no review",
--              "a decision's time is that of the last change of its row", "comments are not read, so an edit is not told from an approval",
--              "tied to a run by `rb1:<trace>:<request>` in the parent's correlation id, else by the approved record",
--              "with `sysparm_display_value=true` times are local and cannot be read right"]
-- [columns]
-- sys_id         = "JSON"
-- approver       = "JSON"
-- state          = "JSON"
-- sysapproval    = "JSON"
-- document_id    = "JSON"
-- due_date       = "JSON"
-- sys_created_on = "JSON"
-- sys_updated_on = "JSON"
-- sys_updated_by = "JSON"
-- "sysapproval.correlation_id" = "JSON"
--
-- Every value may be a string, or an object with the value beside its display form; empty means absent.
with plain as (
    select line, nullif(trim(coalesce(json_extract_string(columns(* exclude (line)), '$.value'), json_extract_string(columns(* exclude (line)), '$'))), '')
    from records
),

timed as (
    select
        *,
        replace(lower(state), ' ', '_') as step,
        try_cast(sys_created_on as timestamptz) as asked_at,
        try_cast(sys_updated_on as timestamptz) as changed_at,
        lower(sys_updated_by) in ('system', 'glide.maint', 'guest') as is_by_system,
        regexp_extract("sysapproval.correlation_id", 'rb1:([\w-]+):([\w.:-]*[\w-])', ['trace_id', 'request_id']) as told
    from plain
),

told_all as (
    select *, 'review_requested' as kind, asked_at as told_at
    from timed
    where step in ('requested', 'approved', 'rejected', 'cancelled', 'canceled', 'duplicate')
    union all
    select *, 'review_decision', changed_at from timed where step in ('approved', 'rejected')
)

select
    line,
    kind,
    'servicenow' as source_system,
    sys_id as source_record_id,
    greatest(epoch_ms(changed_at), 0) as revision,
    kind = 'review_requested' and step in ('cancelled', 'canceled', 'duplicate') as retracted,
    told_at as occurred_at,
    if(kind = 'review_requested', 'exact', 'snapshot') as time_quality,
    nullif(told.trace_id, '-') as trace_id,
    nullif(told.request_id, '-') as request_id,
    'ticket' as artifact_type,
    coalesce(sysapproval, document_id) as artifact_id,
    case
        when kind = 'review_requested' then 'system'
        when is_by_system then 'rule'
        when sys_updated_by is not null then 'human'
    end as actor_kind,
    case when kind = 'review_decision' and not coalesce(is_by_system, true) then coalesce(approver, sys_updated_by) end as actor_ref,
    case
        when kind = 'review_requested' then null
        when is_by_system and changed_at >= try_cast(due_date as timestamptz) then 'expired'
        else step
    end as decision,
    case
        when told_at is null and kind = 'review_requested' then 'sys_created_on is missing or no time'
        when told_at is null then 'sys_updated_on is missing or no time'
    end as problem
from told_all
order by line, kind
