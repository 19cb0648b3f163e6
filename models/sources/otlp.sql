-- [source]
-- title     = "OpenTelemetry GenAI spans, OTLP/JSON"
-- file      = "JSON lines from the Collector's file exporter, the Python JSON file exporter, or a gateway's OTLP webhook"
-- emits     = "attempts"
-- grain     = "nested"
-- observer  = "application"
-- recognize = ["resourceSpans"]
-- required  = ["resourceSpans"]
-- reports   = ["error", "latency", "tokens", "served_model", "requested_model", "workflow", "chain"]
-- ignores   = ["resourceLogs", "resourceMetrics"]
-- ignored   = "holds no span of a model call"
-- evidence  = "412 real spans: openai-v2 (default and latest names), genai-openai with and without HTTP spans, OpenLLMetry, OpenInference"
-- limits    = ["retries inside an SDK are one span: retry frequency is a floor",
--              "the provider's error code and request id are told by readback.* attributes only (docs/integrate.md): else a cause rests on class and message",
--              "labels of ancestor spans count where the ancestor stands in the same file",
--              "an answer that an evaluation failed counts as failed where a later sibling span stands in the same file",
--              "cost only from dialects that write it (gen_ai.usage.cost, llm.cost.total)",
--              "spans that Cloudflare's AI Gateway exports name no failure: who answered is told, a failed call is not"]
-- [columns]
-- resourceSpans = '''STRUCT(
--     resource STRUCT(attributes STRUCT("key" VARCHAR, "value" STRUCT(stringValue VARCHAR, intValue VARCHAR, doubleValue VARCHAR, boolValue VARCHAR))[]),
--     scopeSpans STRUCT(spans STRUCT(
--         traceId VARCHAR, spanId VARCHAR, parentSpanId VARCHAR, startTimeUnixNano VARCHAR, endTimeUnixNano VARCHAR,
--         status STRUCT(code VARCHAR, message VARCHAR),
--         attributes STRUCT("key" VARCHAR, "value" STRUCT(stringValue VARCHAR, intValue VARCHAR, doubleValue VARCHAR, boolValue VARCHAR, arrayValue STRUCT("values" STRUCT(stringValue VARCHAR)[])))[],
--         events STRUCT("name" VARCHAR, attributes STRUCT("key" VARCHAR, "value" STRUCT(stringValue VARCHAR, intValue VARCHAR, doubleValue VARCHAR))[])[]
--     )[])[]
-- )[]'''
--
-- Prompts stand in attributes, so only the keys of two lists go on: facts of the call, and labels that name its work.
-- Labels are taken from the span, else from its nearest ancestor that has them, else from the resource.
-- A model span around exactly one other model span is the same call seen by an outer library, and not counted; around
-- several it is the call whose attempts they are.
with recursive spans as materialized (
    select
        line,
        resource_attributes,
        list_transform([span.traceId, span.spanId, span.parentSpanId], lambda id: lower(case
            when regexp_full_match(id, '[A-Za-z0-9+/]{22}==|[A-Za-z0-9+/]{11}=') then hex(from_base64(id))
            when regexp_full_match(id, '0*') then null
            else id
        end)) as ids,
        make_timestamptz(nullif(try_cast(span.startTimeUnixNano as bigint), 0) // 1000) as started_at,
        make_timestamptz(nullif(try_cast(span.endTimeUnixNano as bigint), 0) // 1000) as ended_at,
        coalesce(span.status.code in ('2', 'STATUS_CODE_ERROR'), false) as has_error_status,
        span.status.message as status_message,
        list_filter(list_transform(span.attributes, lambda a: {
            k: a.key,
            v: absent(coalesce(
                a.value.stringValue, a.value.intValue, a.value.doubleValue, a.value.boolValue,
                array_to_string(list_transform(a.value.arrayValue.values, lambda item: item.stringValue), ' ')
            ))
        }), lambda a: a.v is not null and (starts_with(a.k, 'traceloop.association.properties.') or list_contains([
            'gen_ai.operation.name', 'llm.request.type', 'openinference.span.kind', 'gen_ai.provider.name', 'gen_ai.system',
            'gen_ai.model.provider', 'llm.provider', 'llm.system', 'gen_ai.request.model', 'llm.request.model_name', 'llm.invocation_parameters',
            'gen_ai.response.model', 'llm.response.model_name', 'llm.model_name', 'gen_ai.response.id',
            'gen_ai.response.finish_reasons', 'llm.finish_reason', 'gen_ai.usage.input_tokens', 'gen_ai.usage.prompt_tokens',
            'llm.token_count.prompt', 'gen_ai.usage.output_tokens', 'gen_ai.usage.completion_tokens',
            'llm.token_count.completion', 'gen_ai.usage.cost', 'llm.cost.total', 'gen_ai.request.stream',
            'gen_ai.is_streaming', 'llm.is_streaming', 'gen_ai.response.time_to_first_chunk', 'error.type',
            'http.response.status_code', 'readback.lane', 'readback.marked', 'readback.confidence', 'readback.stated_cause',
            'readback.error_code', 'readback.provider_request_id',
            'readback.workflow', 'readback.run.id', 'gen_ai.workflow.name', 'gen_ai.agent.name', 'gen_ai.conversation.id',
            'traceloop.workflow.name', 'traceloop.entity.name', 'session.id', 'user.id', 'enduser.id', 'agent.name',
            'workflow', 'team', 'environment', 'run.id', 'task.id', 'ticket.id', 'case.id'
        ], a.k))) as kept,
        list_filter(span.events, lambda e: e.name = 'exception')[-1].attributes as exception,
        list_filter(span.events, lambda e: e.name = 'gen_ai.evaluation.result')[-1].attributes as evaluation
    from (
        select line, resource_attributes, unnest(scope_spans.spans) as span
        from (
            select line, resource_spans.resource.attributes as resource_attributes, unnest(resource_spans.scopeSpans) as scope_spans
            from (select line, unnest(resourceSpans) as resource_spans from records)
        )
    )
),

described as materialized (
    select
        * exclude (ids, kept),
        ids[1] as trace_id,
        ids[2] as span_id,
        ids[3] as parent_id,
        map_from_entries(list_filter(kept, lambda a, place: list_position(list_transform(kept, lambda b: b.k), a.k) = place)) as facts -- noqa: PRS
    from spans
),

labelled as materialized (
    select
        *,
        facts['gen_ai.operation.name'] in ('chat', 'text_completion', 'generate_content', 'embeddings')
        or facts['llm.request.type'] in ('chat', 'completion', 'embedding')
        or facts['openinference.span.kind'] in ('LLM', 'EMBEDDING')
        or (facts['gen_ai.model.provider'] is not null and facts['gen_ai.request.model'] is not null)
        or facts['readback.lane'] in ('manual', 'hold') as is_call,
        coalesce(to_json(map_from_entries(list_filter(map_entries(facts), lambda fact: regexp_full_match(fact.key,
            'traceloop\..*|readback\.(workflow|run\.id)|gen_ai\.(workflow\.name|agent\.name|conversation\.id)|(session|user|enduser)\.id'
            || '|agent\.name|workflow|team|environment|(run|task|ticket|case)\.id'
        )))), '{}') as labels
    from described
),

calls as materialized (select * from labelled where is_call),

ancestors as (
    select trace_id, span_id, min(parent_id) as parent_id, min(labels) as labels, bool_or(is_call) as is_call
    from labelled
    group by trace_id, span_id
),

walk as (
    select trace_id, span_id, parent_id, labels, 0 as height from ancestors where is_call
    union all
    select w.trace_id, w.span_id, above.parent_id, json_merge_patch(above.labels, w.labels) as labels, w.height + 1 as height
    from walk as w
    inner join ancestors as above on w.trace_id = above.trace_id and w.parent_id = above.span_id
    where w.height < 16
),

inherited as (
    select trace_id, span_id, arg_max(labels, height) as labels from walk group by trace_id, span_id
),

outer_calls as (
    select o.trace_id, o.span_id, min(o.parent_id) as parent_id, count(distinct i.span_id) as inner_count
    from calls as o
    inner join calls as i on o.trace_id = i.trace_id and o.span_id = i.parent_id and o.span_id <> i.span_id
    group by o.trace_id, o.span_id
),

attempts as (
    select
        c.* exclude (labels),
        json_merge_patch(to_json(map_from_entries(list_transform(
            list_filter(['service.name', 'team', 'deployment.environment.name', 'deployment.environment'], lambda key:
                absent(list_filter(c.resource_attributes, lambda a: a.key = key)[1].value.stringValue) is not null),
            lambda key: {k: key, v: list_filter(c.resource_attributes, lambda a: a.key = key)[1].value.stringValue}
        ))), coalesce(h.labels, c.labels)) as labels,
        coalesce(case when around.inner_count = 1 then coalesce(around.parent_id, around.span_id) end, c.parent_id, c.span_id) as call_id,
        coalesce(
            list_filter(c.exception, lambda a: a.key = 'exception.message')[1].value.stringValue, nullif(c.status_message, '')
        ) as error_message,
        coalesce(c.facts['error.type'], list_filter(c.exception, lambda a: a.key = 'exception.type')[1].value.stringValue) as error_type,
        coalesce(c.facts['gen_ai.response.finish_reasons'], c.facts['llm.finish_reason']) as finish_reasons,
        list_transform([
            coalesce(c.facts['gen_ai.usage.cost'], c.facts['llm.cost.total']),
            c.facts['gen_ai.response.time_to_first_chunk'],
            coalesce(c.facts['readback.confidence'], list_transform(
                list_filter(c.evaluation, lambda a: a.key = 'gen_ai.evaluation.score.value'),
                lambda a: coalesce(a.value.doubleValue, a.value.intValue)
            )[1])
        ], lambda number: case when isfinite(try_cast(number as double)) then cast(number as double) end) as numbers
    from calls as c
    left join inherited as h on c.trace_id = h.trace_id and c.span_id = h.span_id
    left join outer_calls as own on c.trace_id = own.trace_id and c.span_id = own.span_id
    left join outer_calls as around on c.trace_id = around.trace_id and c.parent_id = around.span_id
    where own.span_id is null
),

judged as (
    select
        *,
        has_error_status or facts['error.type'] is not null as is_error,
        regexp_matches(finish_reasons, 'content_filter') as is_filtered,
        case when list_contains([
            'provider_throttled', 'provider_outage', 'latency_breach', 'admin_disabled', 'cost_ceiling', 'low_confidence',
            'context_window', 'content_policy', 'auth', 'capability_missing', 'gateway_limit', 'unknown'
        ], facts['readback.stated_cause']) then facts['readback.stated_cause'] end as stated_cause,
        coalesce(lower(list_filter(evaluation, lambda a: a.key = 'gen_ai.evaluation.score.label')[1].value.stringValue)
            in ('fail', 'failed', 'rejected'), false) as is_doubted,
        lead(span_id) over (partition by trace_id, call_id order by started_at, ended_at) is not null as is_followed
    from attempts
)

select
    line,
    trace_id || '/' || span_id as attempt_key,
    trace_id || '/' || call_id as request_key,
    'sibling_spans' as chain_basis,
    started_at,
    ended_at,
    1000 * numbers[2] as ttft_ms,
    json_extract_string(labels, '$."service.name"') as service,
    coalesce(json_extract_string(labels, '$."team"'), json_extract_string(labels, '$."traceloop.association.properties.team"')) as team,
    coalesce(json_extract_string(labels, '$."deployment.environment.name"'), json_extract_string(labels, '$."deployment.environment"'))
        as environment,
    coalesce(
        facts['gen_ai.provider.name'], facts['gen_ai.system'], facts['gen_ai.model.provider'], facts['llm.provider'], facts['llm.system']
    ) as provider,
    coalesce(
        facts['gen_ai.request.model'], facts['llm.request.model_name'],
        case when json_valid(facts['llm.invocation_parameters']) then json_extract_string(facts['llm.invocation_parameters'], '$.model') end
    ) as model_requested,
    case when not is_error then coalesce(
        facts['gen_ai.response.model'], facts['llm.response.model_name'], facts['llm.model_name'], model_requested
    ) end as model_served,
    case
        when coalesce(facts['gen_ai.response.model'], facts['llm.response.model_name'], facts['llm.model_name']) is not null
            then 'response_field'
        else 'declared'
    end as served_model_source,
    facts['readback.lane'] as lane,
    case
        when regexp_matches(error_type, 'CancelledError|GeneratorExit|AbortError') then 'cancelled'
        when is_error then 'error'
        when is_filtered then 'blocked'
        when is_followed and (is_doubted or stated_cause is not null) then 'blocked'
        else 'ok'
    end as status,
    coalesce(stated_cause, case when not is_error and is_doubted then 'low_confidence' end) as stated_cause,
    coalesce(
        try_cast(facts['http.response.status_code'] as bigint),
        case when regexp_full_match(error_type, '[1-5][0-9]{2}') then cast(error_type as bigint) end,
        try_cast(nullif(regexp_extract(error_message, '^(?:\w+: )?Error code: ([1-5][0-9]{2})\b', 1), '') as bigint)
    ) as http_status,
    case
        when is_error and facts['readback.error_code'] is not null then facts['readback.error_code']
        when is_error and regexp_full_match(error_type, '[a-z]+(_[a-z]+)+') then error_type
        when not is_error and is_filtered then 'content_filter'
    end as error_code,
    error_type,
    error_message,
    try_cast(coalesce(facts['gen_ai.usage.input_tokens'], facts['gen_ai.usage.prompt_tokens'], facts['llm.token_count.prompt']) as bigint)
        as input_tokens,
    try_cast(coalesce(
        facts['gen_ai.usage.output_tokens'], facts['gen_ai.usage.completion_tokens'], facts['llm.token_count.completion']
    ) as bigint) as output_tokens,
    numbers[1] as cost_usd,
    try_cast(coalesce(facts['gen_ai.request.stream'], facts['gen_ai.is_streaming'], facts['llm.is_streaming']) as boolean) as is_stream,
    numbers[3] as confidence,
    try_cast(facts['readback.marked'] as boolean) as is_marked,
    trace_id,
    coalesce(
        json_extract_string(labels, '$."gen_ai.conversation.id"'), json_extract_string(labels, '$."session.id"'),
        json_extract_string(labels, '$."traceloop.association.properties.session_id"')
    ) as session_id,
    facts['readback.provider_request_id'] as provider_request_id,
    facts['gen_ai.response.id'] as provider_response_id,
    coalesce(
        json_extract_string(labels, '$."user.id"'), json_extract_string(labels, '$."enduser.id"'),
        json_extract_string(labels, '$."traceloop.association.properties.user_id"')
    ) as user_ref,
    json_merge_patch(
        labels, '{"user.id": null, "enduser.id": null, "traceloop.association.properties.user_id": null}'
    ) as attributes,
    case
        when trace_id is null then 'a model span has no trace id'
        when span_id is null then 'a model span has no span id'
        when started_at is null then 'a model span has no start time'
    end as problem
from judged
order by line, started_at, trace_id, span_id
