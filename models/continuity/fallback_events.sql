-- One row: one request that left its preferred lane, with the verdict of the policy version in force at its start.
-- Reads: verdicts.
select
    md5(request_id) as fallback_id,
    request_id,
    run_id,
    started_at as occurred_at,
    workflow,
    workflow_class,
    preferred_model,
    case when detection = 'preemptive' then preferred_model else coalesce(chain[1], preferred_model) end as from_model,
    served_model,
    server as served_by,
    cause,
    coalesce(first_cause_basis, 'none') as cause_basis,
    chain,
    fallback_count as hop_count,
    added_latency_ms,
    cost_usd - mean_cost_usd as added_cost_usd,
    detection,
    policy_id,
    policy_version,
    policy_digest,
    verdict,
    reasons as verdict_reasons,
    rules as verdict_rules,
    decision_id,
    is_silent,
    episode_id
from verdicts
where has_left
order by occurred_at, request_id
