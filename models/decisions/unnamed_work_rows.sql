-- One row: one request of a workflow that no class of the policy matches.
-- Shown: $policy_id, $workflow, $from_at inclusive, $as_of inclusive.
select request_id, started_at, workflow, team, environment, route, service, preferred_model, served_model, served_by, first_cause
from requests
where
    policy_id = $policy_id and workflow = $workflow and workflow_class is null
    and started_at >= $from_at and started_at <= $as_of
order by started_at, request_id
