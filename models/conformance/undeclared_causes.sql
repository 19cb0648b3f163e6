-- One row: one cause that was seen in a class and that no trigger of the version in force at $as_of declares.
-- Reads: policies, policy_classes, fallback_events, unanswered_requests. Bound: $types and $causes, side by side.
with known as (
    select unnest($types) as trigger_type, unnest($causes) as cause
),

in_force as (
    select c.policy_id, c.class_id, c.triggers, c.path
    from policy_classes as c
    inner join policies as p on c.policy_id = p.policy_id and c.version = p.version
    where p.status = 'active' and p.effective_from <= $as_of and (p.effective_to is null or p.effective_to > $as_of)
),

seen as (
    select policy_id, workflow_class, cause, count(*) as seen_count, max(occurred_at) as last_at
    from (
        select policy_id, workflow_class, cause, occurred_at from fallback_events
        union all
        select policy_id, workflow_class, cause, occurred_at from unanswered_requests
    )
    where occurred_at <= $as_of and cause <> 'unknown'
    group by policy_id, workflow_class, cause
)

select s.policy_id, s.workflow_class, s.cause, s.seen_count, s.last_at, c.path
from seen as s
inner join in_force as c on s.policy_id = c.policy_id and s.workflow_class = c.class_id
where not exists (
    select 1 from known as k where k.cause = s.cause and list_contains(c.triggers, k.trigger_type)
)
order by s.seen_count desc, s.policy_id, s.workflow_class, s.cause
