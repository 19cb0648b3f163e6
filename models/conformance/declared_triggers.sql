-- One row: one trigger type that a class in force at $as_of declares, with how often its cause was seen there.
-- Reads: policies, policy_classes, fallback_events, unanswered_requests.
-- Bound: $types and $causes, side by side: which cause a log can show for a type; NULL where none can.
with known as (
    select unnest($types) as trigger_type, unnest($causes) as cause
),

declared as (
    select c.policy_id, c.version, c.class_id, unnest(c.triggers) as trigger_type, c.path
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
    where occurred_at <= $as_of
    group by policy_id, workflow_class, cause
)

select
    d.policy_id,
    d.class_id as workflow_class,
    d.trigger_type,
    k.cause is not null as is_visible,
    case when k.cause is not null then coalesce(s.seen_count, 0) end as seen_count,
    s.last_at,
    d.path
from declared as d
left join known as k on d.trigger_type = k.trigger_type
left join seen as s on d.policy_id = s.policy_id and d.class_id = s.workflow_class and k.cause = s.cause
order by seen_count nulls first, d.policy_id, d.class_id, d.trigger_type
