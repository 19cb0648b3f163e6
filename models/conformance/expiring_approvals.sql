-- [question]
-- ask = "Which approvals of versions in force have ended, or end within 30 days?"
-- [parameters]
-- as_of = ""
-- within_s = 2592000
--
-- One row: one substitute of a version in force at $as_of whose approval ended already, or ends within $within_s.
-- Reads: policies, policy_substitutes, fallback_events. `used_count` is how often it answered in the 28 days before.
-- $as_of empty: as of the newest figures.
with moment as (
    select coalesce(try_cast($as_of as timestamptz), max(as_of)) as as_of from metric_values
),

used as (
    select policy_id, workflow_class, served_model, count(*) as used_count
    from fallback_events
    cross join moment as m
    where served_by = 'substitute' and occurred_at > m.as_of - interval 28 day and occurred_at <= m.as_of
    group by policy_id, workflow_class, served_model
)

select
    s.policy_id,
    s.version,
    s.class_id as workflow_class,
    s.target,
    s.approved_by,
    s.expires_at,
    s.expires_at <= m.as_of as is_expired,
    coalesce(u.used_count, 0) as used_count,
    s.path
from policy_substitutes as s
cross join moment as m
inner join policies as p on s.policy_id = p.policy_id and s.version = p.version
left join used as u on s.policy_id = u.policy_id and s.class_id = u.workflow_class and s.target = u.served_model
where
    p.status = 'active' and p.effective_from <= m.as_of and (p.effective_to is null or p.effective_to > m.as_of)
    and s.activation <> 'forbidden' and s.expires_at <= m.as_of + to_seconds($within_s)
order by s.expires_at, s.policy_id, s.class_id, s.position
