-- [source]
-- title     = "Zendesk ticket audits"
-- file      = "JSON lines or a JSON list of audits: `audits` of GET /api/v2/ticket_audits or /api/v2/tickets/<id>/audits"
-- emits     = "outcomes"
-- grain     = "nested"
-- observer  = "application"
-- recognize = ["ticket_id", "author_id", "events", "created_at"]
-- required  = ["id", "ticket_id", "events"]
-- ignored   = "reopens no ticket and rates none"
-- reports   = ["outcomes"]
-- evidence  = "VERIFIED: audit and event reference of developer.zendesk.com, schemas of airbytehq/airbyte"
-- limits    = ["tied to a run by `rb1:<trace>:<request>` that this file's audits set in a tag, the external id or a field before, else by the ticket id",
--              "a customer's thanks that reopens a ticket counts as rework",
--              "`ticket_metrics` counts reopenings without their time and is not read; metric events have no reopening",
--              "a change through the API may be a person's or a program's: who acted is unknown"]
-- [columns]
-- id         = "VARCHAR"
-- ticket_id  = "VARCHAR"
-- author_id  = "VARCHAR"
-- created_at = "VARCHAR"
-- via        = "STRUCT(channel VARCHAR)"
-- events     = "STRUCT(id VARCHAR, \"type\" VARCHAR, field_name VARCHAR, score VARCHAR, \"value\" JSON, previous_value JSON, via STRUCT(channel VARCHAR))[]"
--
-- The external id and the tags may change: what they said last before the event counts.
with changes as (
    select
        line,
        id as audit_id,
        ticket_id,
        author_id,
        try_cast(created_at as timestamptz) as changed_at,
        coalesce(event.via.channel, via.channel) as channel,
        event,
        json_extract_string(event.value, '$') as new_value,
        json_extract_string(event.previous_value, '$') as old_value
    from (select *, unnest(events) as event from records)
    where lower(event.type) in ('create', 'change', 'satisfactionrating')
),

tied as (
    select
        ticket_id,
        changed_at as tied_at,
        regexp_extract(new_value, 'rb1:([\w-]+):([\w.:-]*[\w-])', ['trace_id', 'request_id']) as told
    from changes
    where contains(new_value, 'rb1:')
),

told_last as (
    select changes.line, changes.audit_id, changes.event.id as event_id, arg_max(tied.told, tied.tied_at) as told
    from changes
    inner join tied on changes.ticket_id = tied.ticket_id and changes.changed_at >= tied.tied_at
    group by all
),

found as (
    select
        *,
        lower(event.type) = 'change' and event.field_name = 'status' and old_value in ('solved', 'closed')
        and new_value in ('new', 'open', 'pending', 'hold') as is_reopened,
        lower(event.type) = 'satisfactionrating' and event.score in ('good', 'bad') as is_rated
    from changes
)

select
    found.line,
    if(is_reopened, 'rework', 'feedback') as kind,
    'zendesk' as source_system,
    coalesce(event.id, found.audit_id || '/' || event.type) as source_record_id,
    changed_at as occurred_at,
    'exact' as time_quality,
    nullif(told.trace_id, '-') as trace_id,
    nullif(told.request_id, '-') as request_id,
    'ticket' as artifact_type,
    found.ticket_id as artifact_id,
    case
        when author_id = '-1' then 'system'
        when channel in ('rule', 'trigger', 'automation') then 'rule'
        when channel = 'api' then 'unknown'
        when author_id is not null then 'human'
    end as actor_kind,
    case when author_id <> '-1' then author_id end as actor_ref,
    case when is_reopened then 'reopened' end as rework_type,
    case when is_rated then event.score end as label,
    case when changed_at is null then 'created_at is missing or no time' end as problem
from found
left join told_last on found.line = told_last.line and found.audit_id = told_last.audit_id and found.event.id = told_last.event_id
where is_reopened or is_rated
order by found.line, source_record_id
