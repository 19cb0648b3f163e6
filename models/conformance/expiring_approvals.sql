-- One row: one substitute of a version in force at $as_of whose approval ended already, or ends within $within_s.
-- Reads: policies, policy_substitutes, fallback_events. `used_count` is how often it answered in the 28 days before.
with used as (
    select policy_id, workflow_class, served_model, count(*) as used_count
    from fallback_events
    where served_by = 'substitute' and occurred_at > $as_of - interval 28 day and occurred_at <= $as_of
    group by policy_id, workflow_class, served_model
)

select
    s.policy_id,
    s.version,
    s.class_id as workflow_class,
    s.target,
    s.approved_by,
    s.expires_at,
    s.expires_at <= $as_of as is_expired,
    coalesce(u.used_count, 0) as used_count,
    s.path
from policy_substitutes as s
inner join policies as p on s.policy_id = p.policy_id and s.version = p.version
left join used as u on s.policy_id = u.policy_id and s.class_id = u.workflow_class and s.target = u.served_model
where
    p.status = 'active' and p.effective_from <= $as_of and (p.effective_to is null or p.effective_to > $as_of)
    and s.activation <> 'forbidden' and s.expires_at <= $as_of + to_seconds($within_s)
order by s.expires_at, s.policy_id, s.class_id, s.position
