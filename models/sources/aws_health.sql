-- [source]
-- title     = "AWS Health, events as EventBridge delivers them"
-- file      = "JSON lines of an EventBridge rule on source aws.health (to S3, CloudWatch Logs or Firehose)"
-- emits     = "provider_incidents"
-- grain     = "nested"
-- observer  = "provider"
-- recognize = ["detail-type=AWS Health Event", "detail.eventTypeCode"]
-- required  = ["detail"]
-- ignored   = "an older telling of the same event, or one of a service that serves no models"
-- evidence  = "public documentation and examples; no own capture yet"
-- limits    = ["declared windows are written late and by hand: context, never the recovery metric",
--              "only events since the rule exists: none is no proof of health", "account-specific and public events are not told apart",
--              "descriptions are not read"]
-- [columns]
-- time   = "VARCHAR"
-- region = "VARCHAR"
-- detail = '''STRUCT(
--     eventArn VARCHAR, service VARCHAR, eventTypeCode VARCHAR, eventTypeCategory VARCHAR, startTime VARCHAR, endTime VARCHAR,
--     lastUpdatedTime VARCHAR, statusCode VARCHAR, eventRegion VARCHAR
-- )'''
--
-- One event is told several times: the last telling counts, the first tells when it was known. Times are RFC 1123 texts.
with told as (
    select
        line, detail.eventArn as arn, detail.service as service, detail.eventTypeCode as code, detail.eventTypeCategory as category,
        detail.statusCode as status, coalesce(detail.eventRegion, region) as region, try_cast(time as timestamptz) as told_at,
        list_transform([detail.startTime, detail.endTime, detail.lastUpdatedTime], lambda word: coalesce(
            try_strptime(trim(word), ['%a, %d %b %Y %H:%M:%S GMT', '%a, %d %b %Y %H:%M:%S %Z', '%d %b %Y %H:%M:%S GMT']) at time zone 'UTC',
            try_cast(word as timestamptz)
        )) as times
    from records
),

events as (
    select
        arn,
        arg_max(line, place) as line,
        arg_max(service, place) as service,
        arg_max(code, place) as code,
        arg_max(category, place) as category,
        arg_max(status, place) as status,
        list_sort(list_distinct(list(region))) as regions,
        min(times[1]) as started_at,
        arg_max(times[2], place) as ended_at,
        min(told_at) as told_at
    from (select *, row_number() over (order by coalesce(times[3], told_at), line) as place from told)
    where category <> 'accountNotification' and regexp_matches(upper(service), '^(BEDROCK|SAGEMAKER)')
    group by coalesce(arn, cast(line as varchar)), arn
)

select
    line,
    arn as incident_key,
    lower(regexp_extract(upper(service), '^(BEDROCK|SAGEMAKER)', 1)) as provider,
    code as title,
    case when category = 'scheduledChange' then 'maintenance' end as impact,
    list_transform(regions, lambda region: service || ' ' || region) as components,
    started_at,
    case when told_at >= started_at and told_at <= coalesce(ended_at, told_at) then told_at end as investigating_at,
    case when status = 'closed' then ended_at end as resolved_at,
    case status when 'closed' then 'resolved' when 'upcoming' then 'scheduled' when 'open' then 'investigating' end as status,
    case
        when arn is null then 'an event has no eventArn'
        when started_at is null then 'startTime is no time'
    end as problem
from events
order by line
