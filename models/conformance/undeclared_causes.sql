-- [question]
-- ask = "Which causes were seen that no trigger of their class declares?"
-- [parameters]
-- as_of = ""
--
-- One row: one cause that was seen in a class and that no trigger of the version in force at $as_of declares.
-- Reads: policies, policy_classes, policy_triggers, fallback_events, unanswered_requests.
-- $as_of empty: as of the newest figures.
with moment as (
    select coalesce(try_cast($as_of as timestamptz), max(as_of)) as as_of from metric_values
),

in_force as (
    select c.policy_id, c.version, c.class_id, c.path
    from policy_classes as c
    inner join policies as p on c.policy_id = p.policy_id and c.version = p.version
    cross join moment as m
    where p.status = 'active' and p.effective_from <= m.as_of and (p.effective_to is null or p.effective_to > m.as_of)
),

seen as (
    select policy_id, workflow_class, cause, count(*) as seen_count, max(occurred_at) as last_at
    from (
        select policy_id, workflow_class, cause, occurred_at from fallback_events
        union all
        select policy_id, workflow_class, cause, occurred_at from unanswered_requests
    )
    cross join moment as m
    where occurred_at <= m.as_of and cause <> 'unknown'
    group by policy_id, workflow_class, cause
)

select s.policy_id, s.workflow_class, s.cause, s.seen_count, s.last_at, c.path
from seen as s
inner join in_force as c on s.policy_id = c.policy_id and s.workflow_class = c.class_id
where not exists (
    select 1 from policy_triggers as t
    where t.policy_id = c.policy_id and t.version = c.version and t.class_id = c.class_id and t.cause = s.cause
)
order by s.seen_count desc, s.policy_id, s.workflow_class, s.cause
