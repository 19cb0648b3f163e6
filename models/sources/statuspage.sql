-- [source]
-- title     = "Provider status page, Statuspage v2 and OpenAI's look-alike"
-- file      = "incidents.json of a provider's status page (/api/v2/incidents.json, scheduled-maintenances.json or summary.json), saved as it is"
-- emits     = "provider_incidents"
-- grain     = "nested"
-- observer  = "provider"
-- recognize = ["page.name", "incidents|scheduled_maintenances"]
-- required  = ["page"]
-- ignored   = "lists no incident and no maintenance"
-- evidence  = "542 public incidents of OpenAI, Anthropic and Character.AI (Chu et al., ICPE 2025), laid out as Statuspage v2"
-- limits    = ["declared windows are written late and by hand: context, never the recovery metric",
--              "a feed holds about the newest 50 incidents: no incident is no proof of health",
--              "the look-alike names no components and no start: the first thing told is the start",
--              "texts of updates are not read, and may contradict the times"]
-- [columns]
-- page      = "STRUCT(id VARCHAR, \"name\" VARCHAR)"
-- incidents = '''STRUCT(
--     id VARCHAR, "name" VARCHAR, status VARCHAR, impact VARCHAR, created_at VARCHAR, started_at VARCHAR,
--     monitoring_at VARCHAR, resolved_at VARCHAR, components STRUCT("name" VARCHAR)[],
--     incident_updates STRUCT(status VARCHAR, created_at VARCHAR, display_at VARCHAR, affected_components STRUCT("name" VARCHAR)[])[]
-- )[]'''
-- scheduled_maintenances = '''STRUCT(
--     id VARCHAR, "name" VARCHAR, status VARCHAR, impact VARCHAR, scheduled_for VARCHAR, started_at VARCHAR,
--     resolved_at VARCHAR, components STRUCT("name" VARCHAR)[],
--     incident_updates STRUCT(status VARCHAR, created_at VARCHAR, display_at VARCHAR, affected_components STRUCT("name" VARCHAR)[])[]
-- )[]'''
--
-- The page's name says which provider it is; its id may be random. Start: the earliest of what is declared and what was
-- first told of a stage before the end; a stage: its first update. A maintenance is told of long before: it starts when
-- it is planned to, or did, and ends when it is said to be completed.
with listed as (
    select line, page, unnest(incidents) as incident from records
    union all
    select line, page, {
        id: one.id, name: one.name, status: one.status, impact: 'maintenance', created_at: null,
        started_at: coalesce(
            one.started_at,
            list_min(list_transform(list_filter(one.incident_updates, lambda u: lower(u.status) = 'in_progress'), lambda u: u.display_at)),
            one.scheduled_for
        ),
        monitoring_at: null,
        resolved_at: coalesce(
            one.resolved_at,
            list_min(list_transform(list_filter(one.incident_updates, lambda u: lower(u.status) = 'completed'), lambda u: u.display_at))
        ),
        components: one.components, incident_updates: one.incident_updates
    }
    from (select line, page, unnest(scheduled_maintenances) as one from records)
),

told as (
    select
        line,
        page,
        incident,
        list_transform(incident.incident_updates, lambda u: {
            stage: lower(u.status), told_at: coalesce(try_cast(u.display_at as timestamptz), try_cast(u.created_at as timestamptz))
        }) as updates,
        list_sort(list_distinct(list_transform(
            flatten(list_transform(incident.incident_updates, lambda u: coalesce(u.affected_components, []))), lambda c: c.name
        ))) as affected
    from listed
),

staged as (
    select
        *,
        list_min(list_transform(list_filter(updates, lambda u: u.stage = 'investigating'), lambda u: u.told_at)) as investigating_at,
        list_min(list_transform(list_filter(updates, lambda u: u.stage = 'identified'), lambda u: u.told_at)) as identified_at,
        list_min(list_transform(list_filter(updates, lambda u: u.stage = 'monitoring'), lambda u: u.told_at)) as first_monitoring_at,
        list_min(list_transform(list_filter(updates, lambda u: u.stage = 'resolved'), lambda u: u.told_at)) as first_resolved_at,
        list_min(list_transform(list_filter(updates, lambda u: u.stage = 'postmortem'), lambda u: u.told_at)) as postmortem_at
    from told
)

select
    line,
    incident.id as incident_key,
    case
        when regexp_matches(lower(page.name), 'anthropic|claude') then 'anthropic'
        when contains(lower(page.name), 'openai') then 'openai'
        when regexp_matches(lower(page.name), 'bedrock|aws|amazon') then 'bedrock'
        when regexp_matches(lower(page.name), 'vertex|gemini|google') then 'vertex_ai'
        when regexp_matches(lower(page.name), 'azure|microsoft') then 'azure'
        when contains(lower(page.name), 'mistral') then 'mistral'
        when regexp_full_match(page.id, '[a-z][a-z._-]*') then replace(page.id, '-', '_')
        else regexp_replace(lower(trim(page.name)), '[^a-z0-9.]+', '_', 'g')
    end as provider,
    incident.name as title,
    lower(incident.impact) as impact,
    coalesce(nullif(list_transform(incident.components, lambda c: c.name), []), affected, []) as components,
    least(
        try_cast(incident.started_at as timestamptz), try_cast(incident.created_at as timestamptz),
        investigating_at, identified_at, first_monitoring_at
    ) as started_at,
    investigating_at,
    identified_at,
    least(try_cast(incident.monitoring_at as timestamptz), first_monitoring_at) as monitoring_at,
    coalesce(try_cast(incident.resolved_at as timestamptz), first_resolved_at) as resolved_at,
    postmortem_at,
    lower(incident.status) as status,
    case
        when incident.id is null then 'an incident has no id'
        when page.name is null then 'page.name is missing: whose status page is it?'
    end as problem
from staged
order by line, started_at, incident_key
