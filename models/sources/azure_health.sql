-- [source]
-- title     = "Azure Service Health, activity log or Resource Health events"
-- file      = "the list of `az monitor activity-log list` (category ServiceHealth), or the `value` of the Microsoft.ResourceHealth/events API"
-- emits     = "provider_incidents"
-- grain     = "nested"
-- observer  = "provider"
-- recognize = ["properties.impactStartTime", "properties.title"]
-- required  = ["properties"]
-- ignored   = "an older telling of the same incident, or none of a service that serves models"
-- evidence  = "public documentation and examples; no own capture yet"
-- limits    = ["declared windows are written late and by hand: context, never the recovery metric",
--              "only incidents that concern your subscription, and for 90 days: none is no proof of health",
--              "Resource Graph writes the names in capitals: name the format in readback.toml", "communications are not read"]
-- [columns]
-- name            = "VARCHAR"
-- eventTimestamp  = "VARCHAR"
-- level           = "VARCHAR"
-- properties      = "JSON"
--
-- One incident is told several times: the last telling counts, and a mitigation time only of one that says it is over.
with named as (
    select
        line, level, name, try_cast(eventTimestamp as timestamptz) as written_at, properties as facts,
        list_transform(
            ['trackingId', 'title', 'impactStartTime', 'impactMitigationTime', 'lastUpdateTime', 'service', 'impactedServices', 'level'],
            lambda key: coalesce(properties ->> ('$.' || key), properties ->> ('$.' || upper(key[1]) || key[2:]))
        ) as told,
        lower(coalesce(properties ->> '$.incidentType', properties ->> '$.eventType', properties ->> '$.EventType')) as kind,
        lower(coalesce(properties ->> '$.stage', properties ->> '$.status', properties ->> '$.Status')) as stage
    from records
),

typed as (
    select
        * exclude (level),
        coalesce(absent(told[1]), name) as tracking_id,
        lower(coalesce(level, told[8])) as level,
        list_transform([told[3], told[4], told[5]], lambda word: coalesce(
            try_strptime(word, '%m/%d/%Y %I:%M:%S %p') at time zone 'UTC', try_cast(word as timestamptz)
        )) as times,
        list_sort(list_distinct(list_concat(
            coalesce(json_extract_string(try_cast(told[7] as json), '$[*].ServiceName'), []),
            coalesce(json_extract_string(facts, '$.impact[*].impactedService'), json_extract_string(facts, '$.Impact[*].ImpactedService'), []),
            list_filter([absent(told[6])], lambda name: name is not null)
        ))) as services
    from named
),

placed as (
    select *, row_number() over (order by coalesce(times[3], written_at), line) as place
    from typed
    where regexp_matches(kind, 'incident|serviceissue|maintenance')
        and regexp_matches(lower(array_to_string(services, ' ')), 'openai|foundry|cognitive|ai services|azure ai|machine learning')
),

incidents as (
    select
        tracking_id,
        arg_max(line, place) as line,
        arg_max(told[2], place) as title,
        arg_max(kind, place) as kind,
        arg_max(level, place) as level,
        arg_max(stage, place) as stage,
        arg_max(services, place) as services,
        min(times[1]) as started_at,
        arg_max(times[2], place) filter (where regexp_matches(stage, 'resolved|complete|rca')) as ended_at,
        min(written_at) filter (where stage = 'active') as told_at,
        min(written_at) filter (where stage = 'rca') as postmortem_at
    from placed
    group by tracking_id, case when tracking_id is null then line end
)

select
    line,
    tracking_id as incident_key,
    'azure' as provider,
    left(title, 200) as title,
    case
        when contains(kind, 'maintenance') then 'maintenance'
        when level = 'critical' then 'critical'
        when level = 'error' then 'major'
        when level = 'warning' then 'minor'
        when level in ('informational', 'information') then 'none'
    end as impact,
    services as components,
    started_at,
    case when told_at >= started_at and told_at <= coalesce(ended_at, told_at) then told_at end as investigating_at,
    ended_at as resolved_at,
    case when postmortem_at >= ended_at then postmortem_at end as postmortem_at,
    case when ended_at is not null then 'resolved' when stage = 'active' then 'investigating' else stage end as status,
    case
        when tracking_id is null then 'an incident has no trackingId'
        when started_at is null then 'impactStartTime is no time'
    end as problem
from incidents
order by line
