-- One row per logical call, judged: what was preferred, who answered, and whether the call left its preferred lane.
-- preferred: the policy in force, else the first model tried, else what the route usually serves that day (`route_models`).
-- A log that cannot tell gives NULL and the reason, never "no fallback"; nor is a name that nobody knows (`model_names`)
-- guessed into one: it takes a route, a count or a second model that was asked for. A failure that tried no deployment
-- (cooldown) inherits the cause of the failure before it on the same route, within ten minutes: `calls` begins earlier.
with matched as (
    select
        c.*,
        m.workflow_class, m.policy_id, m.policy_version, m.preferred_models,
        usual.model as usual_model,
        coalesce(m.preferred_models[1], c.first_model, usual.model) as preferred_model,
        case
            when m.preferred_models[1] is not null then 'policy'
            when c.first_model is not null then 'first_attempt'
            when usual.model is not null then 'gateway'
        end as preferred_basis,
        last_value(case when c.first_cause <> 'unknown' then c.first_cause end ignore nulls) over earlier as cause_before,
        last_value(case when c.first_cause <> 'unknown' then c.started_at end ignore nulls) over earlier as cause_before_at
    from calls as c
    left join class_matches as m
        on c.workflow is not distinct from m.workflow and c.team is not distinct from m.team
        and c.environment is not distinct from m.environment and c.route is not distinct from m.route
        and c.key_alias is not distinct from m.key_alias and c.service is not distinct from m.service
        and c.started_at >= m.effective_from and (m.effective_to is null or c.started_at < m.effective_to)
    left join route_models as usual
        on c.source = usual.source and c.route = usual.route and cast(c.started_at as date) = usual.day
    window earlier as (
        partition by c.source, c.route, c.has_failed order by c.started_at, c.request_id rows between unbounded preceding and 1 preceding
    )
),

unknown as (
    select distinct model from model_names where basis is null
),

evidence as (
    select
        *,
        (answer_model in (select model from unknown) or (preferred_models is null and preferred_model in (select model from unknown)))
        and coalesce(answer_model <> preferred_model, false) as is_name_unknown,
        coalesce(declared_fallback_count, 0) > 0 or coalesce(answer_route <> route, false)
        or coalesce(answer_asked <> first_model, false) as is_change_shown,
        coalesce(is_answered or answer_model is not null, false) as is_served,
        case
            when preferred_models is not null then not list_contains(preferred_models, answer_model)
            else coalesce(declared_fallback_count, 0) > 0 or answer_route <> route or answer_model <> preferred_model
        end as has_changed,
        cast(list_unique(chain) as bigint) as model_count,
        cast(list_unique(chain) + unasked_option_count as bigint) as option_count,
        coalesce(lane in ('manual', 'hold'), false) as is_other_lane,
        chain_basis in ('call_id', 'sibling_spans', 'explicit_attempts') as is_absence_visible
    from matched
),

decided as (
    select
        *,
        case
            when is_other_lane then true
            when is_served and is_name_unknown and not is_change_shown then null
            when is_served and coalesce(has_changed, false) then true
        when is_served and answer_model is null then null
            when is_served and (is_absence_visible or preferred_models is not null) then false
            when is_served then null
            when option_count > 1 then true
            when chain_basis in ('sibling_spans', 'explicit_attempts') then false
        end as is_fallback
    from evidence
)

select
    request_id,
    coalesce(run_id, request_id) as run_id,
    source, other_sources, workflow, workflow_class, team, environment, route, key_alias, service,
    started_at, ended_at,
    case when ended_at >= started_at then (epoch_us(ended_at) - epoch_us(started_at)) / 1000.0 end as duration_ms,
    requested_model, preferred_model, preferred_basis,
    answer_model as served_model,
    served_model_source,
    case when is_served then served_provider end as served_provider,
    case
        when is_other_lane then lane
        when not is_served then 'nobody'
        when is_fallback then 'substitute'
        when not is_fallback then 'preferred'
    end as served_by,
    case when is_served then deployment end as deployment,
    attempt_count,
    case
        when chain_basis in ('sibling_spans', 'explicit_attempts')
            then greatest(attempt_count - unasked_count - greatest(model_count, 1), 0)
        when chain_basis = 'call_id' and not has_failed then 0
    end as retry_count,
    case
        when is_fallback is null then null
        when not is_fallback then 0
        when chain_basis in ('sibling_spans', 'explicit_attempts') then greatest(option_count - 1, 1)
    end as fallback_count,
    is_fallback,
    case
        when is_fallback is not null then null
        when is_served and answer_model is null then 'this log names no model that answered'
        when is_served and is_name_unknown and not is_change_shown
            then 'the name of a model is not known; policy.yaml can name it under models, aliases'
        when chain_basis = 'call_id' then 'nobody answered, and this log tells only the first failure'
        when chain_basis = 'trace_id' then 'this log has no call id: a fallback after a cooldown cannot be joined'
        else 'one row per call, and no policy that names the preferred model'
    end as not_derivable_reason,
    case
        when not coalesce(is_fallback, false) then null
        when is_other_lane then 'explicit'
        when has_untried and first_model is null then 'preemptive'
        when has_failed then 'attempt_chain'
        when coalesce(declared_fallback_count, 0) > 0 then 'explicit'
        when answer_asked is not null and answer_model <> answer_asked then 'provider_declared'
        else 'preemptive'
    end as detection,
    chain,
    case when is_inherited then cause_before else first_cause end as first_cause,
    case when is_inherited then 'inherited' else first_cause_basis end as first_cause_basis,
    first_ttft_ms, first_tokens_per_s, first_confidence,
    case
        when is_fallback and answer_started_at >= started_at
            then (epoch_us(answer_started_at) - epoch_us(started_at)) / 1000.0
    end as added_latency_ms,
    cost_usd, input_tokens, output_tokens, is_cache_hit, is_stream,
    is_served and not is_answered as is_partial,
    is_marked, guardrails_ran, trace_id, session_id, provider_response_id, weight, policy_id, policy_version
from (
    select
        *,
        coalesce(has_untried and first_cause = 'unknown' and started_at - cause_before_at <= to_minutes(10), false) as is_inherited
    from decided
)
where started_at >= $from_at and started_at < $to_at
