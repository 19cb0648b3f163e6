-- One row per attempt that other logs tell of too: what they say, the better-placed log first where several do.
-- `calls` takes it only where the attempt's own log says nothing. Reads observed_twice and attempts of the range.
select
    t.better_attempt_id as attempt_id,
    list_sort(list(distinct t.source)) as sources,
    arg_min(a.run_id, t.place) filter (where a.run_id is not null) as run_id,
    arg_min(a.workflow, t.place) filter (where a.workflow is not null) as workflow,
    arg_min(a.team, t.place) filter (where a.team is not null) as team,
    arg_min(a.environment, t.place) filter (where a.environment is not null) as environment,
    arg_min(a.model_served, t.place) filter (where a.model_served is not null) as model_served,
    arg_min(a.served_model_source, t.place) filter (where a.model_served is not null) as served_model_source,
    arg_min(a.ttft_ms, t.place) filter (where a.ttft_ms is not null) as ttft_ms,
    arg_min(a.confidence, t.place) filter (where a.confidence is not null) as confidence,
    arg_min(a.input_tokens, t.place) filter (where a.input_tokens is not null) as input_tokens,
    arg_min(a.output_tokens, t.place) filter (where a.output_tokens is not null) as output_tokens,
    arg_min(a.cost_usd, t.place) filter (where a.cost_usd is not null) as cost_usd,
    arg_min(a.is_marked, t.place) filter (where a.is_marked is not null) as is_marked,
    arg_min(a.guardrails_ran, t.place) filter (where a.guardrails_ran is not null) as guardrails_ran,
    arg_min(a.session_id, t.place) filter (where a.session_id is not null) as session_id,
    arg_min(a.provider_response_id, t.place) filter (where a.provider_response_id is not null) as provider_response_id
from observed_twice as t
inner join attempts as a on t.attempt_id = a.attempt_id
where t.better_attempt_id is not null and a.started_at >= $from_at and a.started_at < $to_at
group by t.better_attempt_id
