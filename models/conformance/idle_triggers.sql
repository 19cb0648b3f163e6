-- [question]
-- ask = "Which declared triggers never fired, and which could no log show?"
-- [parameters]
-- as_of = ""
--
-- One row: one trigger that a class in force at $as_of declares and whose cause was never seen there; `is_visible` is
-- false where no log can show one.
-- Reads: policies, policy_triggers, fallback_events, unanswered_requests. $as_of empty: as of the newest figures.
with moment as (
    select coalesce(try_cast($as_of as timestamptz), max(as_of)) as as_of from metric_values
),

declared as (
    select t.*
    from policy_triggers as t
    inner join policies as p on t.policy_id = p.policy_id and t.version = p.version
    cross join moment as m
    where p.status = 'active' and p.effective_from <= m.as_of and (p.effective_to is null or p.effective_to > m.as_of)
),

seen as (
    select policy_id, workflow_class, cause from fallback_events cross join moment as m where occurred_at <= m.as_of
    union
    select policy_id, workflow_class, cause from unanswered_requests cross join moment as m where occurred_at <= m.as_of
)

select
    d.policy_id,
    d.class_id as workflow_class,
    d.trigger_id,
    d.trigger_type,
    d.cause is not null as is_visible,
    d.condition,
    d.path
from declared as d
anti join seen as s on d.policy_id = s.policy_id and d.class_id = s.workflow_class and d.cause = s.cause
order by is_visible, d.policy_id, d.class_id, d.trigger_id
