-- One row: one request that a model served for a class without approval.
-- Shown: $policy_id, $workflow_class, $served_model, $from_at inclusive, $as_of inclusive.
select request_id, occurred_at, workflow, workflow_class, preferred_model, served_model, cause, verdict_reasons, is_silent, policy_version
from fallback_events
where
    policy_id = $policy_id and workflow_class = $workflow_class and served_model = $served_model
    and served_by = 'substitute' and occurred_at >= $from_at and occurred_at <= $as_of
    and list_has_any(verdict_reasons, ['unapproved_substitute', 'approval_expired', 'boundary_breached'])
order by occurred_at, request_id
