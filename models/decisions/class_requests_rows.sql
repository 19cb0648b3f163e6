-- One row: one request of a class that left its preferred lane or was not answered, for one cause where one is given.
-- Shown: $policy_id, $workflow_class, $cause (NULL for every cause), $from_at inclusive, $as_of inclusive.
select
    request_id, started_at, workflow, workflow_class, preferred_model, served_model, served_by, first_cause, retry_count,
    added_latency_ms, is_marked, cost_usd, chain
from requests
where
    policy_id = $policy_id and workflow_class is not distinct from $workflow_class
    and started_at >= $from_at and started_at <= $as_of
    and (is_fallback or served_by = 'nobody' or workflow_class is null)
    and ($cause is null or coalesce(first_cause, 'unknown') = $cause)
order by started_at, request_id
