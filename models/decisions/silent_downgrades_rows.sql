-- One row: one silent downgrade of one workflow and class.
-- Shown: $workflow, $workflow_class, $from_at inclusive, $to_at exclusive.
select request_id, occurred_at, workflow, workflow_class, preferred_model, served_model, cause, verdict_reasons, policy_id, policy_version
from fallback_events
where
    is_silent
    and workflow is not distinct from $workflow
    and workflow_class is not distinct from $workflow_class
    and occurred_at >= $from_at and occurred_at < $to_at
order by occurred_at, request_id
