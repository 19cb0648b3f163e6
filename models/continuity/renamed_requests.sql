-- One row: one request as a candidate policy sees it: its class, its preferred model, and whether it left that lane.
-- Reads: main.requests as judged when they were built, class_matches of the candidate, model_names(name, model): the
-- candidate's names for the models of those requests.
-- Bound: $from_at inclusive, $to_at exclusive, on the start of the request.
-- Who answered is a fact; who should have is the policy's word. Where the candidate names nobody, what the log itself
-- says of the call stands, or the first model tried.
with names as (
    select coalesce(map(list(name), list(model)), map([], [])) as model_of from model_names
),

named as (
    select r.* replace (
        coalesce(n.model_of[r.preferred_model], r.preferred_model) as preferred_model,
        coalesce(n.model_of[r.served_model], r.served_model) as served_model,
        list_transform(r.chain, lambda x: coalesce(n.model_of[x], x)) as chain
    )
    from main.requests as r
    cross join names as n
    where r.started_at >= $from_at and r.started_at < $to_at
),

matched as (
    select
        r.* exclude (workflow_class, policy_id, policy_version),
        m.workflow_class, m.policy_id, m.policy_version, m.preferred_models,
        case when r.preferred_basis = 'policy' then r.chain[1] else r.preferred_model end as unruled_model,
        r.served_by in ('manual', 'hold') as is_other_lane,
        r.served_by = 'nobody' as is_unanswered
    from named as r
    left join class_matches as m
        on r.workflow is not distinct from m.workflow and r.team is not distinct from m.team
        and r.environment is not distinct from m.environment and r.route is not distinct from m.route
        and r.key_alias is not distinct from m.key_alias and r.service is not distinct from m.service
        and r.started_at >= m.effective_from and (m.effective_to is null or r.started_at < m.effective_to)
),

decided as (
    select
        * exclude (is_fallback),
        is_fallback as was_fallback,
        case
            when is_other_lane then true
            when is_unanswered then is_fallback
            when served_model is null then null
            when preferred_models is not null then not list_contains(preferred_models, served_model)
            when preferred_basis = 'policy' then served_model <> unruled_model
            else is_fallback
        end as is_fallback
    from matched
)

select
    * exclude (preferred_models, unruled_model, is_other_lane, is_unanswered, was_fallback) replace (
        coalesce(preferred_models[1], unruled_model) as preferred_model,
        case
            when preferred_models is not null then 'policy'
            when preferred_basis = 'policy' then 'first_attempt'
            else preferred_basis
        end as preferred_basis,
        case
            when is_other_lane or is_unanswered then served_by
            when is_fallback then 'substitute'
            when not is_fallback then 'preferred'
        end as served_by,
        case when is_fallback then coalesce(detection, 'preemptive') end as detection,
        case when is_fallback is not distinct from was_fallback then fallback_count when not is_fallback then 0 end
            as fallback_count,
        case
            when is_fallback is null
                then coalesce(not_derivable_reason, 'the candidate names no preferred model for this call')
        end as not_derivable_reason
    )
from decided
