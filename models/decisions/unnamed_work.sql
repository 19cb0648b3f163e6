-- One row: one workflow that no class of the policy in force matches, or one class whose substitutes answered unmarked.
-- Reads: requests, fallback_events (of the window only), policies, policy_classes. Bound: $from_at, $as_of inclusive.
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
)

select
    'unmapped' as fault, r.policy_id, max(r.policy_version) as policy_version, null as workflow_class, r.workflow,
    count(*) as request_count, count(*) as whole_count, count(distinct cast(r.started_at as date)) as day_count,
    cast(sum(case when r.is_fallback then 1 else 0 end) as bigint) as fallback_count, null as path, null as risk
from requests as r
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
    count(*) as fallback_count, max(c.path) as path, max(c.risk) as risk
from marks as e
inner join in_force as c on c.policy_id = e.policy_id and c.class_id = e.workflow_class
where e.occurred_at >= $from_at and e.occurred_at <= $as_of and e.served_by = 'substitute'
group by e.policy_id, e.workflow_class
order by fault, policy_id, workflow_class, workflow
