-- [source]
-- title     = "Sentry errors and issue alerts, webhooks"
-- file      = "JSON lines of webhook bodies of an integration (`event_alert`, `error`), as Sentry delivered them"
-- emits     = "outcomes"
-- observer  = "application"
-- recognize = ["action", "installation.uuid", "actor", "data"]
-- required  = ["action", "data"]
-- ignored   = "is about an issue, a metric or a monitor, which stand for many events"
-- reports   = ["outcomes"]
-- evidence  = "VERIFIED: docs.sentry.io webhooks, package sentry-sdk 2.75.0"
-- limits    = ["tied by the trace id where the application propagates traces, else by `rb1:<trace>:<request>` in a tag",
--              "an issue groups many events, so only single events are read", "the level is the severity: fatal critical, error high, warning moderate, info info",
--              "an alert tells one event of those that it stands for"]
-- [columns]
-- action = "VARCHAR"
-- data   = '''STRUCT(
--     event STRUCT(event_id VARCHAR, occurrence JSON, datetime VARCHAR, level VARCHAR, tags JSON, contexts STRUCT(trace STRUCT(trace_id VARCHAR))),
--     error STRUCT(event_id VARCHAR, occurrence JSON, datetime VARCHAR, level VARCHAR, tags JSON, contexts STRUCT(trace STRUCT(trace_id VARCHAR)))
-- )'''
--
with told as (
    select
        *,
        coalesce(data.event, data.error) as event,
        data is not null and (coalesce(data.event, data.error) is null or json_type(data.event.occurrence) = 'OBJECT') as is_ignored
    from records
),

tied as (
    select
        *,
        try_cast(event.datetime as timestamptz) as occurred_at,
        regexp_extract(cast(event.tags as varchar), 'rb1:([\w-]+):([\w.:-]*[\w-])', ['trace_id', 'request_id']) as reference
    from told
)

select
    'downstream_error' as kind,
    'sentry' as source_system,
    event.event_id as source_record_id,
    case when not coalesce(is_ignored, false) and event.event_id is not null then occurred_at end as occurred_at,
    'exact' as time_quality,
    coalesce(event.contexts.trace.trace_id, nullif(reference.trace_id, '-')) as trace_id,
    nullif(reference.request_id, '-') as request_id,
    'system' as actor_kind,
    case lower(event.level)
        when 'fatal' then 'critical' when 'error' then 'high' when 'warning' then 'moderate' when 'info' then 'info' when 'debug' then 'info'
    end as severity,
    left(event.level, 100) as severity_raw,
    'incident' as error_type,
    occurred_at as impact_start,
    case
        when is_ignored or event is null then null
        when event.event_id is null then 'event_id is missing'
        when occurred_at is null then 'datetime is missing or no time'
    end as problem,
    is_ignored
from tied
