-- One row: one request of the workflow that left its preferred model or was held.
-- Shown: $workflow, $from_at exclusive, $as_of inclusive.
select request_id, started_at, workflow, preferred_model, served_model, served_by, first_cause
from requests
where
    workflow is not distinct from $workflow and started_at > $from_at and started_at <= $as_of
    and (is_fallback or served_by = 'hold')
order by started_at, request_id
