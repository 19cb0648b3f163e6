-- One row: one workflow that no class of the policy in force matches, or one class whose substitutes answered unmarked.
-- Reads: requests, fallback_events (of the window only), policies, policy_classes. Bound: $from_at, $as_of inclusive.
-- routes, services: where every request names one and they are ten at most, else NULL; team, environment: where all of its
-- requests agree, else NULL.
with in_force as (
    select c.*
    from policy_classes as c
    inner join policies as p on c.policy_id = p.policy_id and c.version = p.version
    where p.status = 'active' and p.effective_from <= $as_of and (p.effective_to is null or p.effective_to > $as_of)
),

-- An answer that nobody approved is stopped, not marked.
marks as (
    select
        *,
        list_contains(verdict_reasons, 'unmarked')
        and not list_has_any(verdict_reasons, ['unapproved_substitute', 'approval_expired', 'boundary_breached']) as is_unmarked
    from fallback_events
),

off_lane as (
    select policy_id, workflow, count(distinct episode_id) as episode_count from fallback_events
    where occurred_at >= $from_at and occurred_at <= $as_of and workflow_class is null
    group by policy_id, workflow
)

select
    'unmapped' as fault, r.policy_id, max(r.policy_version) as policy_version, null as workflow_class, r.workflow,
    count(*) as request_count, count(*) as whole_count, count(distinct cast(r.started_at as date)) as day_count,
    cast(sum(case when r.is_fallback then 1 else 0 end) as bigint) as fallback_count, null as path, null as risk,
    coalesce(max(o.episode_count), 0) as episode_count, mode(r.preferred_model) as preferred_model,
    case when count(r.route) = count(*) and count(distinct r.route) <= 10 then list_sort(list(distinct r.route)) end as routes,
    case when count(r.service) = count(*) and count(distinct r.service) <= 10
        then list_sort(list(distinct r.service)) end as services,
    case when count(r.team) = count(*) and count(distinct r.team) = 1 then min(r.team) end as team,
    case when count(r.environment) = count(*) and count(distinct r.environment) = 1 then min(r.environment) end as environment
from requests as r
left join off_lane as o on o.policy_id = r.policy_id and o.workflow = r.workflow
where
    r.started_at >= $from_at and r.started_at <= $as_of and r.policy_id is not null and r.workflow_class is null
    and r.workflow is not null
group by r.policy_id, r.workflow
union all
select
    'unmarked' as fault, e.policy_id, max(c.version) as policy_version, e.workflow_class, null as workflow,
    cast(sum(case when e.is_unmarked then 1 else 0 end) as bigint) as request_count,
    count(*) as whole_count,
    count(distinct case when e.is_unmarked then cast(e.occurred_at as date) end) as day_count,
    count(*) as fallback_count, max(c.path) as path, max(c.risk) as risk,
    count(distinct case when e.is_unmarked then e.episode_id end) as episode_count, null as preferred_model, null as routes,
    null as services, null as team, null as environment
from marks as e
inner join in_force as c on c.policy_id = e.policy_id and c.class_id = e.workflow_class
where e.occurred_at >= $from_at and e.occurred_at <= $as_of and e.served_by = 'substitute'
group by e.policy_id, e.workflow_class
order by fault, policy_id, workflow_class, workflow
