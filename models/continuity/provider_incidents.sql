-- One row per incident that a provider declared, with its stages in the order in which they were told.
-- is_ordered judges the stages that are present; a feed that tells none of them has nothing out of order.
-- A row without an incident_id could not be read; `problem` says why.
with staged as (
    select
        *,
        list_filter(
            [investigating_at, identified_at, monitoring_at, resolved_at, postmortem_at], lambda stage: stage is not null
        ) as stages
    from canonical
)

select
    case when problem is null and provider is not null then provider || ':' || incident_key end as incident_id,
    provider,
    title,
    impact,
    coalesce(components, []) as components,
    started_at,
    investigating_at,
    identified_at,
    monitoring_at,
    resolved_at,
    postmortem_at,
    least(investigating_at, identified_at, monitoring_at) as first_stage_at,
    stages = list_sort(stages) and coalesce(started_at <= resolved_at, true) as is_ordered,
    status,
    $file_id as file_id,
    line,
    problem,
    is_ignored
from staged
