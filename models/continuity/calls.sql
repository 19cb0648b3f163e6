-- One row per logical call: its attempts folded together, as written, before anyone judges them.
-- Siblings of one span, and records of one trace, may be several calls in a row: an answer closes a call, and the
-- next attempt opens another, whose id ends in #2. Most calls are one attempt; only the others are put in order.
-- Unasked are attempts that asked no model: a group passed over in cooldown, a person; each is an option, and no retry.
-- Order is by end: a streamed answer is written with the start of its call, before the failure that it followed.
-- What the log of an attempt does not say, another log of it may (`second_evidence`); what it says, stands.
-- A call belongs to the range in which it began; attempts up to $overlap_s outside are looked at for its sake.
with told as (
    select
        a.* replace (
            coalesce(a.run_id, e.run_id) as run_id,
            coalesce(a.workflow, e.workflow) as workflow,
            coalesce(a.team, e.team) as team,
            coalesce(a.environment, e.environment) as environment,
            coalesce(a.model_served, e.model_served) as model_served,
            coalesce(a.served_model_source, e.served_model_source) as served_model_source,
            coalesce(a.ttft_ms, e.ttft_ms) as ttft_ms,
            coalesce(a.confidence, e.confidence) as confidence,
            coalesce(a.input_tokens, e.input_tokens) as input_tokens,
            coalesce(a.output_tokens, e.output_tokens) as output_tokens,
            coalesce(a.cost_usd, e.cost_usd) as cost_usd,
            coalesce(a.is_marked, e.is_marked) as is_marked,
            coalesce(a.guardrails_ran, e.guardrails_ran) as guardrails_ran,
            coalesce(a.session_id, e.session_id) as session_id,
            coalesce(a.provider_response_id, e.provider_response_id) as provider_response_id
        ),
        e.sources as other_sources
    from attempts as a
    left join second_evidence as e on a.attempt_id = e.attempt_id
    anti join observed_twice as twice on a.attempt_id = twice.attempt_id
    where a.started_at >= $from_at - to_seconds($overlap_s) and a.started_at < $to_at + to_seconds($overlap_s)
),

attempts_around as (
    select
        a.*,
        requested.model as asked,
        served.model as answered,
        case
            when a.ttft_ms is not null and a.ended_at > a.started_at
                then a.output_tokens / nullif(greatest((epoch_us(a.ended_at) - epoch_us(a.started_at)) / 1000000.0 - a.ttft_ms / 1000.0, 0.0), 0.0)
        end as tokens_per_s,
        a.status = 'ok' or (a.status = 'cancelled' and a.model_served is not null) as is_answer,
        a.status in ('error', 'blocked') and a.deployment is null and a.model_requested is null as is_untried,
        case when a.lane in ('manual', 'hold') and a.model_requested is null then a.lane end as other_lane,
        case
            when a.lane in ('manual', 'hold') and a.model_requested is null then 1
            when a.status in ('error', 'blocked') and a.deployment is null and a.model_requested is null and a.route is not null then 1
            else 0
        end as unasked
    from told as a
    left join model_names as requested on a.model_requested = requested.name
    left join model_names as served on a.model_served = served.name
),

several as (
    select request_id from attempts_around group by request_id having count(*) > 1
),

in_order as (
    select
        a.*,
        case
            when a.chain_basis in ('sibling_spans', 'trace_id')
                then coalesce(sum(case when a.is_answer then 1 else 0 end) over (
                    partition by a.request_id order by coalesce(a.ended_at, a.started_at), a.started_at, a.attempt_id
                    rows between unbounded preceding and 1 preceding
                ), 0)
            else 0
        end as answers_before
    from attempts_around as a
    inner join several on a.request_id = several.request_id
),

placed as (
    select
        *,
        request_id || case when answers_before > 0 then '#' || cast(cast(answers_before as bigint) + 1 as varchar) else '' end as call_id,
        row_number() over (
            partition by request_id, answers_before order by coalesce(ended_at, started_at), started_at, attempt_id
        ) as place
    from in_order
),

folded as (
    select
        call_id as request_id,
        count(*) as attempt_count,
        min(started_at) as started_at,
        max(ended_at) as ended_at,
        max(case when status in ('error', 'blocked') then 1 else 0 end) = 1 as has_failed,
        max(case when is_answer then place end) as answer_place,
        max(case when model_served is not null then place end) as partial_place,
        max(place) as last_place,
        min(case when status in ('error', 'blocked') then place end) as failure_place,
        max(case when is_untried then 1 else 0 end) = 1 as has_untried,
        cast(sum(unasked) as bigint) as unasked_count,
        count(distinct route) - count(distinct case when not is_untried then route end) + count(distinct other_lane)
            as unasked_option_count,
        list(coalesce(answered, asked) order by place) filter (where coalesce(answered, asked) is not null) as chain,
        list_sort(list_distinct(flatten(list(other_sources) filter (where other_sources is not null)))) as other_sources,
        sum(cost_usd) as cost_usd,
        max(declared_fallback_count) as declared_fallback_count,
        arg_min(run_id, place) filter (where run_id is not null) as run_id,
        arg_min(workflow, place) filter (where workflow is not null) as workflow,
        arg_min(team, place) filter (where team is not null) as team,
        arg_min(environment, place) filter (where environment is not null) as environment,
        arg_min(key_alias, place) filter (where key_alias is not null) as key_alias,
        arg_min(service, place) filter (where service is not null) as service
    from placed
    group by call_id
),

chained as (
    select
        f.request_id, f.run_id, won.source, f.other_sources, won.chain_basis, f.workflow, f.team, f.environment, tried.route,
        won.route as answer_route, f.key_alias, f.service, f.started_at, f.ended_at, won.started_at as answer_started_at,
        coalesce(tried.route, tried.model_requested) as requested_model, tried.asked as first_model,
        won.asked as answer_asked, won.answered as answer_model, won.served_model_source, won.provider as served_provider,
        won.deployment, won.lane, f.answer_place is not null as is_answered, f.has_failed, f.has_untried,
        f.attempt_count, f.unasked_count, f.unasked_option_count, f.chain,
        failed.cause as first_cause, failed.cause_basis as first_cause_basis,
        tried.ttft_ms as first_ttft_ms, tried.tokens_per_s as first_tokens_per_s, tried.confidence as first_confidence, f.cost_usd,
        won.input_tokens, won.output_tokens, won.is_cache_hit, won.is_stream, won.is_marked, won.guardrails_ran,
        f.declared_fallback_count, won.trace_id, won.session_id, won.provider_response_id, won.weight
    from folded as f
    inner join placed as won on f.request_id = won.call_id and coalesce(f.answer_place, f.partial_place, f.last_place) = won.place
    inner join placed as tried on f.request_id = tried.call_id and tried.place = 1
    left join placed as failed on f.request_id = failed.call_id and f.failure_place = failed.place
),

single as (
    select
        a.request_id, a.run_id, a.source, a.other_sources, a.chain_basis, a.workflow, a.team, a.environment, a.route,
        a.route as answer_route, a.key_alias, a.service, a.started_at, a.ended_at, a.started_at as answer_started_at,
        coalesce(a.route, a.model_requested) as requested_model, a.asked as first_model,
        a.asked as answer_asked, a.answered as answer_model, a.served_model_source, a.provider as served_provider,
        a.deployment, a.lane, a.is_answer as is_answered, a.status in ('error', 'blocked') as has_failed,
        a.is_untried as has_untried,
        1 as attempt_count, a.unasked as unasked_count, a.unasked as unasked_option_count,
        case when coalesce(a.answered, a.asked) is null then [] else [coalesce(a.answered, a.asked)] end as chain,
        a.cause as first_cause, a.cause_basis as first_cause_basis,
        a.ttft_ms as first_ttft_ms, a.tokens_per_s as first_tokens_per_s, a.confidence as first_confidence, a.cost_usd,
        a.input_tokens, a.output_tokens, a.is_cache_hit, a.is_stream, a.is_marked, a.guardrails_ran,
        a.declared_fallback_count, a.trace_id, a.session_id, a.provider_response_id, a.weight
    from attempts_around as a
    anti join several on a.request_id = several.request_id
)

select * from single where started_at >= $from_at and started_at < $to_at
union all
select * from chained where started_at >= $from_at and started_at < $to_at
