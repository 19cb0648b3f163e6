-- [source]
-- title     = "PagerDuty incidents, webhooks v3"
-- file      = "JSON lines of webhook v3 bodies, as PagerDuty delivered them"
-- emits     = "outcomes"
-- observer  = "application"
-- recognize = ["event.event_type", "event.resource_type", "event.occurred_at"]
-- required  = ["event"]
-- ignored   = "tells nothing of an incident's state"
-- reports   = ["outcomes"]
-- evidence  = "VERIFIED: webhook overview of PagerDuty/developer-docs; the words of priorities are the account's own"
-- limits    = ["tied to a run by `rb1:<trace>:<request>` in the dedup key (`incident_key`); custom fields are not read",
--              "severity: P1 critical, P2 high, P3 moderate, P4 low, P5 info; where the priority has another name, from the urgency",
--              "a reopened incident is rework of its fix, not of a run", "an incident merged into another is taken back: the other one counts"]
-- [columns]
-- event = '''STRUCT(id VARCHAR, event_type VARCHAR, resource_type VARCHAR, occurred_at VARCHAR, "data" STRUCT(
--     id VARCHAR, "type" VARCHAR, incident_key VARCHAR, created_at VARCHAR, urgency VARCHAR, priority STRUCT(summary VARCHAR),
--     resolve_reason STRUCT("type" VARCHAR)
-- ))'''
--
-- Each event is a later revision of its incident, so that the last one says whether the harm lasts.
with told as (
    select
        event.event_type as event_type,
        event.data as incident,
        try_cast(event.occurred_at as timestamptz) as changed_at,
        try_cast(event.data.created_at as timestamptz) as created_at,
        upper(trim(event.data.priority.summary)) as priority,
        event is not null and (event.resource_type <> 'incident' or not list_contains([
            'incident.triggered', 'incident.acknowledged', 'incident.unacknowledged', 'incident.reassigned', 'incident.delegated',
            'incident.escalated', 'incident.priority_updated', 'incident.reopened', 'incident.resolved'
        ], event.event_type)) as is_ignored,
        regexp_extract(event.data.incident_key, 'rb1:([\w-]+):([\w.:-]*[\w-])', ['trace_id', 'request_id']) as reference
    from records
)

select
    'downstream_error' as kind,
    'pagerduty' as source_system,
    incident.id as source_record_id,
    greatest(epoch_ms(changed_at), 0) as revision,
    coalesce(event_type = 'incident.resolved' and incident.resolve_reason.type = 'merge_resolve_reason', false) as retracted,
    case when not is_ignored and incident.id is not null and changed_at is not null then coalesce(created_at, changed_at) end as occurred_at,
    case when isfinite(changed_at) then changed_at end as recorded_at,
    if(created_at is null, 'snapshot', 'exact') as time_quality,
    nullif(reference.trace_id, '-') as trace_id,
    nullif(reference.request_id, '-') as request_id,
    'system' as actor_kind,
    coalesce(
        case priority when 'P1' then 'critical' when 'P2' then 'high' when 'P3' then 'moderate' when 'P4' then 'low' when 'P5' then 'info' end,
        case lower(incident.urgency) when 'high' then 'high' when 'low' then 'low' end
    ) as severity,
    coalesce(incident.priority.summary, incident.urgency) as severity_raw,
    'incident' as error_type,
    created_at as impact_start,
    case when event_type = 'incident.resolved' and changed_at >= created_at and isfinite(changed_at) then changed_at end as impact_end,
    case
        when is_ignored or event_type is null then null
        when incident.id is null then 'event.data.id is missing'
        when changed_at is null then 'event.occurred_at is no time'
    end as problem,
    is_ignored
from told
