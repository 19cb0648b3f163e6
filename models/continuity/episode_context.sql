-- One row per episode that began since $from_at: the provider's declared incident around it, how long the preferred
-- model itself was failing, and whether an admin had switched it off.
-- The outage ended between outage_low_s, its last failed attempt in the episode, and outage_s, its first answer afterwards
-- in any workflow. Where every request was routed around the model (preemptive), it is only known to have failed by the
-- opening. is_probed: somebody tried it inside. Declared windows whose stages are out of order, or that have no length,
-- are never used.
with concerned as (
    select episode_id, workflow, team, preferred_model, provider, cause_family, opened_at, recovered_at, last_seen_at, state
    from episodes
    where opened_at >= $from_at
),

around as (
    select
        e.episode_id, i.incident_id, i.resolved_at,
        row_number() over (partition by e.episode_id order by i.started_at, i.incident_id) as place
    from concerned as e
    inner join provider_incidents as i
        on e.provider = i.provider and i.is_ordered and e.cause_family in ('provider', 'unknown')
        and i.started_at <= coalesce(e.recovered_at, e.last_seen_at)
        and coalesce(i.resolved_at, i.monitoring_at, $as_of) >= e.opened_at
        and coalesce(i.resolved_at, i.monitoring_at, $as_of) > i.started_at
),

incident as (
    select * from around where place = 1
),

seen_failure as (
    select e.episode_id, max(r.started_at) as failed_at
    from concerned as e
    inner join requests as r
        on e.preferred_model = r.preferred_model and e.workflow is not distinct from r.workflow
        and r.started_at >= e.opened_at and r.started_at <= e.last_seen_at
    where r.detection = 'attempt_chain' or r.served_by = 'nobody'
    group by e.episode_id
),

last_failure as (
    select e.episode_id, coalesce(f.failed_at, e.opened_at) as failed_at
    from concerned as e
    left join seen_failure as f on e.episode_id = f.episode_id
    where f.failed_at is not null or e.cause_family in ('provider', 'unknown')
),

answers as (
    select preferred_model, date_trunc('minute', started_at) as minute, min(started_at) as first_at, max(started_at) as last_at
    from requests
    where served_by = 'preferred' and started_at >= $from_at
    group by preferred_model, date_trunc('minute', started_at)
),

-- The next minute in which the model answered, for each failure; joining both by time would be quadratic.
moments as (
    select preferred_model, last_at as seen_at, first_at, last_at, cast(null as varchar) as episode_id from answers
    union all
    select e.preferred_model, f.failed_at as seen_at, null as first_at, null as last_at, e.episode_id
    from concerned as e
    inner join last_failure as f on e.episode_id = f.episode_id
),

next_answer as (
    select
        episode_id, seen_at as failed_at,
        min(first_at) over (
            partition by preferred_model order by seen_at, episode_id nulls first rows between 1 following and unbounded following
        ) as first_at,
        min(last_at) over (
            partition by preferred_model order by seen_at, episode_id nulls first rows between 1 following and unbounded following
        ) as last_at
    from moments
),

first_answer as (
    select n.episode_id, case when n.first_at > n.failed_at then n.first_at else n.last_at end as worked_at
    from next_answer as n
    inner join concerned as e on n.episode_id = e.episode_id
    where date_trunc('minute', n.last_at) <= coalesce(e.recovered_at, $as_of)
),

tries as (
    select preferred_model, date_trunc('minute', started_at) as minute, min(started_at) as first_at, max(started_at) as last_at
    from requests
    where started_at >= $from_at and (served_by in ('preferred', 'nobody') or detection = 'attempt_chain')
    group by preferred_model, date_trunc('minute', started_at)
),

probed as (
    select distinct e.episode_id
    from concerned as e
    inner join tries as t
        on e.preferred_model = t.preferred_model
        and t.minute >= date_trunc('minute', e.opened_at) and t.minute <= coalesce(e.recovered_at, e.last_seen_at)
    where (t.first_at > e.opened_at and t.first_at < coalesce(e.recovered_at, e.last_seen_at))
        or (t.last_at > e.opened_at and t.last_at < coalesce(e.recovered_at, e.last_seen_at))
),

disabled as (
    select e.episode_id
    from concerned as e
    inner join admin_switches as c
        on e.cause_family = 'admin' and c.switched_at <= e.last_seen_at
        and (c.model is null or c.model = e.preferred_model)
        and (c.provider is null or c.provider = e.provider or c.model = e.preferred_model)
        and (c.part is null or c.part = lower(e.team))
    group by e.episode_id
    having not arg_max(c.is_enabled, c.switched_at)
)

select
    e.episode_id,
    i.incident_id,
    case
        when d.episode_id is not null and e.recovered_at is null then 'disabled'
        when e.state = 'disabled' then 'quiet'
        else e.state
    end as state,
    (epoch_us(f.failed_at) - epoch_us(e.opened_at)) / 1000000.0 as outage_low_s,
    (epoch_us(a.worked_at) - epoch_us(e.opened_at)) / 1000000.0 as outage_s,
    b.episode_id is not null as is_probed,
    (epoch_us(e.recovered_at) - epoch_us(a.worked_at)) / 1000000.0 as return_lag_s,
    (epoch_us(e.recovered_at) - epoch_us(i.resolved_at)) / 1000000.0 as recovery_lag_s
from concerned as e
left join incident as i on e.episode_id = i.episode_id
left join last_failure as f on e.episode_id = f.episode_id
left join first_answer as a on e.episode_id = a.episode_id
left join probed as b on e.episode_id = b.episode_id
left join disabled as d on e.episode_id = d.episode_id
