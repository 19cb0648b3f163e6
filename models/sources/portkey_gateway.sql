-- [source]
-- title     = "Portkey gateway (open source), live log stream"
-- file      = "JSON lines: the `data:` of each `event: log` of GET /log/stream, appended to a file; the gateway itself writes none"
-- emits     = "attempts"
-- grain     = "nested"
-- recognize = ["requestOptions", "duration", "method"]
-- required  = ["requestOptions"]
-- reports   = ["error", "latency", "tokens", "served_model", "requested_model", "chain"]
-- ignored   = "no provider was asked"
-- evidence  = "28 real records of npm 1.15.2 against what the client saw; streams could not be captured"
-- limits    = ["retries inside one target are one attempt: its time holds them and their waits",
--              "an attempt before the last has no HTTP status: its cause rests on the provider's error body",
--              "no trace id, no metadata, no cost: workflows are told apart by the model that was asked for",
--              "a target that a health check or a condition passed over leaves no attempt",
--              "1.15 writes the raw provider keys into this stream; they are never read, but the file itself holds them"]
-- [columns]
-- status         = "BIGINT"
-- requestOptions = '''STRUCT(
--     createdAt VARCHAR, executionTime DOUBLE, lastUsedOptionIndex VARCHAR, cacheStatus VARCHAR, hookSpanId VARCHAR,
--     providerOptions STRUCT(provider VARCHAR, "name" VARCHAR, requestTimeout DOUBLE, overrideParams STRUCT(model VARCHAR)),
--     finalUntransformedRequest STRUCT(body STRUCT(model VARCHAR, stream BOOLEAN)),
--     transformedRequest STRUCT(body STRUCT(model VARCHAR)),
--     originalResponse STRUCT(body STRUCT(id VARCHAR, model VARCHAR, error JSON,
--         usage STRUCT(prompt_tokens BIGINT, completion_tokens BIGINT, input_tokens BIGINT, output_tokens BIGINT)))
-- )[]'''
--
-- One element per target, in the order in which they were tried; only the last can have answered, and the status that
-- the client got is its. The times are whole milliseconds, so the place is added to keep the order.
-- The top-level `time` is local and has no zone. Without a body a target timed out, where its limit had passed (the
-- gateway makes a 408 of it), or its connection broke. Portkey's own words: 446 a guardrail refused, 412 a budget is spent.
with targets as (
    select
        line,
        status,
        requestOptions[1].hookSpanId as call_id,
        len(requestOptions) as target_count,
        unnest(requestOptions) as target,
        generate_subscripts(requestOptions, 1) as place
    from records
),

judged as (
    select
        *,
        try_cast(target.createdAt as timestamptz) + to_microseconds(place) as started_at,
        target.originalResponse.body as body,
        target.finalUntransformedRequest.body as asked,
        coalesce(
            json_extract_string(target.originalResponse.body.error, '$.code'), json_extract_string(target.originalResponse.body.error, '$.type')
        ) as error_code,
        place < target_count or not coalesce(status between 200 and 299, true) as is_failed,
        target.originalResponse.body is null as is_empty,
        coalesce(target.executionTime >= target.providerOptions.requestTimeout, false) as is_late
    from targets
)

select
    line,
    call_id || '/' || cast(place as varchar) as attempt_key,
    call_id as request_key,
    'explicit_attempts' as chain_basis,
    started_at,
    started_at + to_milliseconds(case when target.executionTime between 0 and 1e10 then target.executionTime end) as ended_at,
    asked.model as route,
    target.providerOptions.provider as provider,
    coalesce(target.transformedRequest.body.model, target.providerOptions.overrideParams.model, asked.model) as model_requested,
    case when not is_failed then coalesce(
        body.model, target.transformedRequest.body.model, target.providerOptions.overrideParams.model, asked.model
    ) end as model_served,
    case when body.model is null then 'declared' else 'response_field' end as served_model_source,
    coalesce(target.providerOptions.name, target.lastUsedOptionIndex) as deployment,
    case when is_failed and status = 446 and place = target_count then 'blocked' when is_failed then 'error' else 'ok' end as status,
    case
        when place = target_count then status
        when is_empty and is_late then 408
        when regexp_full_match(error_code, '[45][0-9]{2}') then cast(error_code as bigint)
    end as http_status,
    case
        when status = 446 and place = target_count then 'guardrail_intervened'
        when status = 412 and place = target_count then 'budget_exceeded'
        else error_code
    end as error_code,
    case
        when is_failed and is_empty and not is_late and place < target_count then 'ConnectionError'
        else coalesce(json_extract_string(body.error, '$.type'), json_extract_string(body.error, '$.status'))
    end as error_type,
    coalesce(json_extract_string(body.error, '$.message'), json_extract_string(body.error, '$')) as error_message,
    coalesce(body.usage.prompt_tokens, body.usage.input_tokens) as input_tokens,
    coalesce(body.usage.completion_tokens, body.usage.output_tokens) as output_tokens,
    case when target.cacheStatus is not null then upper(target.cacheStatus) in ('HIT', 'SEMANTIC HIT') end as is_cache_hit,
    asked.stream as is_stream,
    case when not is_failed then body.id end as provider_response_id,
    case
        when call_id is null then 'the first target has no hookSpanId, by which its attempts belong together'
        when started_at is null then 'a target has no createdAt'
    end as problem
from judged
order by line, place
