-- One row per declared incident and component that it names, NULL where it names none. Reads provider_incidents.
--
-- duration_s: from the first stage told before the end to resolved, up to `$as_of` while it is not. is_usable is false
-- where the stages are out of order, or where none was told before the end: those tell no duration.
with named as (
    select incident_id, provider, unnest(case when len(components) > 0 then components else [null] end) as component
    from provider_incidents
),

timed as (
    select
        incident_id,
        coalesce(is_ordered and first_stage_at <= coalesce(resolved_at, $as_of), false) as is_usable,
        resolved_at is not null as is_recovered,
        epoch(coalesce(resolved_at, $as_of)) - epoch(first_stage_at) as duration_s
    from provider_incidents
)

select named.provider, named.component, timed.incident_id, timed.is_usable, timed.is_recovered, timed.duration_s
from named
inner join timed on timed.incident_id = named.incident_id
order by named.provider, named.component, timed.incident_id
