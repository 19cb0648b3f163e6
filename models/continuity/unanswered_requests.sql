-- One row: one request of a declared class that nobody answered and that is not known to have left its preferred lane,
-- with the verdict on whether a substitute was due.
-- Reads: verdicts.
select
    request_id,
    run_id,
    started_at as occurred_at,
    workflow,
    workflow_class,
    preferred_model,
    cause,
    coalesce(first_cause_basis, 'none') as cause_basis,
    chain,
    policy_id,
    policy_version,
    policy_digest,
    verdict,
    reasons as verdict_reasons,
    rules as verdict_rules,
    decision_id
from verdicts
where not has_left
order by occurred_at, request_id
