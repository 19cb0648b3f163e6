-- One row: one silent downgrade of a workflow, of a class of high or critical risk.
-- Shown: $workflow, $from_at and $to_at inclusive.
select
    e.request_id, e.occurred_at, e.workflow, e.workflow_class, c.risk, e.preferred_model, e.served_model, e.cause,
    e.verdict_reasons, e.policy_id, e.policy_version
from fallback_events as e
inner join policy_classes as c
    on e.policy_id = c.policy_id and e.policy_version = c.version and e.workflow_class = c.class_id
where
    e.is_silent and c.risk in ('high', 'critical')
    and e.workflow is not distinct from $workflow
    and e.occurred_at >= $from_at and e.occurred_at <= $to_at
order by e.occurred_at, e.request_id
