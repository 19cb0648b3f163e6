-- One row: one request that the policy has a say on, with the facts of the version in force when it started: a request
-- that left its preferred lane, or one that failed in its lane although a class of the policy covers it.
-- Reads: requests, policies, cause_families(cause, family),
--        preferred_costs(workflow, preferred_model, day, mean_cost_usd).
-- Bound: $from_at inclusive, $to_at exclusive, on the start of the request.
-- A caller who hung up leaves no failure, so nothing was missed.
select
    r.*,
    f.family as cause_family,
    p.digest as policy_digest,
    p.undeclared_workflow,
    k.mean_cost_usd,
    coalesce(r.first_cause, 'unknown') as cause,
    coalesce(r.served_by, case when r.served_model is null then 'nobody' else 'substitute' end) as server,
    coalesce(r.is_fallback, false) as has_left
from requests as r
left join cause_families as f on f.cause = coalesce(r.first_cause, 'unknown')
left join policies as p on p.policy_id = r.policy_id and p.version = r.policy_version
left join preferred_costs as k
    on k.workflow is not distinct from r.workflow and k.preferred_model is not distinct from r.preferred_model
    and k.day = cast(r.started_at as date)
where
    r.started_at >= $from_at and r.started_at < $to_at
    and (
        r.is_fallback
        or (r.served_by = 'nobody' and r.first_cause is not null and r.workflow_class is not null)
    )
