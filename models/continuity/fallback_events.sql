-- One row: one request that left its preferred lane, with the verdict of the policy version in force at its start.
-- Reads: requests, episodes, policies, policy_classes, policy_substitutes (whose triggers are causes),
--        cause_families(cause, family), preferred_costs(workflow, preferred_model, day, mean_cost_usd).
-- Bound: $from_at inclusive, $to_at exclusive, on the start of the request.
-- No reason: in policy. Gaps in the evidence alone: indeterminate. Any breach: out of policy.
-- Holding is success: any lane is in policy where the boundary stops work, and elsewhere a lane that the class lists.
-- Marking that the log does not tell (is_marked NULL) is not judged: gateways rarely log it.
with events as (
    select
        r.*,
        f.family as cause_family,
        p.digest as policy_digest,
        p.undeclared_workflow,
        k.mean_cost_usd,
        coalesce(r.first_cause, 'unknown') as cause,
        coalesce(r.served_by, case when r.served_model is null then 'nobody' else 'substitute' end) as server
    from requests as r
    left join cause_families as f on f.cause = coalesce(r.first_cause, 'unknown')
    left join policies as p on p.policy_id = r.policy_id and p.version = r.policy_version
    left join preferred_costs as k
        on k.workflow is not distinct from r.workflow and k.preferred_model is not distinct from r.preferred_model
        and k.day = cast(r.started_at as date)
    where r.is_fallback and r.started_at >= $from_at and r.started_at < $to_at
),

-- Flapping may leave two episodes that touch: the earlier one counts.
episode_of as (
    select
        e.request_id,
        s.episode_id,
        s.opened_at,
        row_number() over (partition by e.request_id order by s.opened_at, s.episode_id) as nth
    from events as e
    inner join episodes as s
        on s.workflow is not distinct from e.workflow
        and s.preferred_model is not distinct from e.preferred_model
        and s.cause_family = e.cause_family
        and e.started_at between s.opened_at and coalesce(s.recovered_at, s.last_seen_at)
),

-- Logs tell that a person or a queue took over, not which: the first lane of the kind stands for it.
entries as (
    select
        *,
        row_number() over (
            partition by policy_id, version, class_id, target_kind, case when target_kind = 'model' then target end
            order by position
        ) as nth
    from policy_substitutes
),

-- Automatic model substitutes that were allowed at the time and that the chain never tried.
untried as (
    select
        e.request_id,
        count(*) as untried_count,
        min(case when list_contains(s.triggers, e.cause) then s.position end) as due_position
    from events as e
    inner join policy_substitutes as s
        on s.policy_id = e.policy_id and s.version = e.policy_version and s.class_id = e.workflow_class
    where
        s.target_kind = 'model' and s.activation = 'automatic' and not s.is_target_denied
        and (s.expires_at is null or s.expires_at > e.started_at)
        and not coalesce(list_contains(e.chain, s.target), false)
    group by e.request_id
),

facts as (
    select
        e.*,
        o.episode_id,
        c.class_id,
        c.boundary,
        s.target,
        s.position,
        s.activation,
        s.triggers,
        u.untried_count,
        u.due_position,
        c.boundary in ('pause', 'escalate', 'human_review') as is_stopping,
        c.class_id is not null and e.server = 'nobody' as is_failed,
        c.class_id is not null and e.server in ('manual', 'hold') as is_held,
        c.class_id is not null and e.server = 'substitute'
        and not coalesce(list_contains(c.preferred_models, e.served_model), false) as is_substituted,
        s.expires_at <= e.started_at as is_expired,
        s.is_target_denied,
        epoch(e.started_at) - epoch(o.opened_at) > s.max_duration_s as is_overlong,
        c.is_marking_required and e.is_marked = false as is_unmarked,
        len(list_filter(c.stop_conditions, lambda x: starts_with(x, 'guardrail:')
            and not list_contains(e.guardrails_ran, substr(x, 11)))) > 0 as is_unguarded
    from events as e
    left join episode_of as o on o.request_id = e.request_id and o.nth = 1
    left join policy_classes as c
        on c.policy_id = e.policy_id and c.version = e.policy_version and c.class_id = e.workflow_class
    left join entries as s
        on s.policy_id = c.policy_id and s.version = c.version and s.class_id = c.class_id and s.nth = 1
        and s.target_kind = case e.server when 'substitute' then 'model' else e.server end
        and (s.target_kind <> 'model' or s.target = e.served_model)
    left join untried as u on u.request_id = e.request_id
),

-- First what the evidence cannot tell, then breaches.
reasoned as (
    select
        *,
        list_filter([
            case when policy_id is null then 'no_policy' when class_id is null then 'class_unknown' end,
            case when is_failed and due_position is null and boundary = 'human_review' then 'evidence_missing'
                when is_failed and cause = 'unknown' and untried_count > 0 then 'evidence_missing'
                when is_substituted and (served_model is null or (target is not null and cause = 'unknown'))
                    then 'evidence_missing'
                when class_id is not null and served_by is null then 'evidence_missing' end
        ], lambda x: x is not null) as gaps,
        list_filter([
            case when (is_substituted and served_model is not null or is_held and not is_stopping)
                and target is null then 'unapproved_substitute' end,
            case when is_substituted and is_expired then 'approval_expired' end,
            case when is_substituted and cause <> 'unknown' and not list_contains(triggers, cause)
                then 'trigger_not_allowed' end,
            case when activation = 'forbidden' or (is_substituted and activation = 'on_approval')
                then 'activation_not_granted' end,
            case when is_substituted and served_model is not null and target is null and is_stopping
                or is_failed and due_position is null and boundary = 'degrade' then 'boundary_breached' end,
            case when is_substituted and is_unguarded then 'stop_condition_ignored' end,
            case when is_substituted and is_overlong then 'duration_exceeded' end,
            case when is_substituted and is_unmarked then 'unmarked' end,
            case when is_substituted and is_target_denied then 'admin_denied_target' end,
            case when is_substituted and position > due_position then 'wrong_order' end,
            case when is_failed and due_position is not null then 'missed_fallback' end,
            -- One request's cost varies with its length: only twice the workflow's mean is told.
            case when is_substituted and served_model is not null and target is null
                and is_marked is distinct from true and cost_usd > 2 * mean_cost_usd then 'silent_upgrade' end
        ], lambda x: x is not null) as breaches,
        class_id is null and server = 'substitute'
        and coalesce(undeclared_workflow in ('hold', 'allow_preferred_only'), false) as is_refused
    from facts
)

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
    case
        when is_refused or len(breaches) > 0 then 'out_of_policy'
        when len(gaps) > 0 then 'indeterminate'
        else 'in_policy'
    end as verdict,
    list_concat(gaps, breaches) as verdict_reasons,
    server = 'substitute' and (is_marked is distinct from true) and (
        is_refused
        or list_contains(breaches, 'unapproved_substitute')
        or list_contains(breaches, 'approval_expired')
        or list_contains(breaches, 'unmarked')
    ) as is_silent,
    episode_id
from reasoned
order by occurred_at, request_id
