-- [source]
-- title     = "Azure OpenAI and Foundry, diagnostic log"
-- file      = "JSON lines of a diagnostic setting (storage blobs, or the `records` of Event Hub messages one a line): RequestResponse, AzureOpenAIRequestUsage"
-- emits     = "attempts"
-- grain     = "nested"
-- observer  = "provider"
-- recognize = ["event=ShoeboxCallResult", "correlationId", "resourceId"]
-- required  = ["correlationId", "time"]
-- reports   = ["error", "latency", "tokens", "served_model", "requested_model"]
-- ignored   = "the second record of one request, or an operation that calls no model"
-- evidence  = "public parser fixtures (types, ticks, both forms of properties); the two rows and the token fields as measured by others, undocumented by the vendor"
-- limits    = ["not every request is logged: no denominator, and no proof that nothing happened",
--              "a status, never a message: which limit a 429 met, and whether a 400 was a content filter, is not told",
--              "every call stands alone: a retry or a fallback has another correlation id",
--              "no workflow: the deployment is the nearest thing to one",
--              "a model router's choice is its routing and no fallback; spillover to other capacity is not told",
--              "where the two rows stand in different files, the first one read counts"]
-- [columns]
-- time            = "VARCHAR"
-- correlationId   = "VARCHAR"
-- category        = "VARCHAR"
-- operationName   = "VARCHAR"
-- resultSignature = "VARCHAR"
-- durationMs      = "VARCHAR"
-- resourceId      = "VARCHAR"
-- location        = "VARCHAR"
-- properties      = "JSON"
--
-- One request is written about twice, tokens in one of the two rows; both are one attempt. `properties` is an object or
-- the text of one. Times in it are .NET ticks, 100 ns since the year 1. Usage rows wrap each token count in a list.
with opened as (
    select
        * exclude (properties),
        case when json_type(properties) = 'VARCHAR' then try_cast(properties ->> '$' as json) else properties end as facts
    from records
),

typed as (
    select
        line, correlationId as call_id, resourceId, location, try_cast(time as timestamptz) as written_at,
        absent(facts ->> '$.modelDeploymentName') as deployment,
        absent(facts ->> '$.modelName') as model,
        absent(facts ->> '$.streamType') as stream_type,
        try_cast(resultSignature as bigint) as http_status,
        try_cast(durationMs as double) as duration_ms,
        list_transform(
            [facts ->> '$.requestTime', facts ->> '$.responseTime'], lambda ticks: case
                when try_cast(ticks as bigint) between 1 and 3e18 then make_timestamptz((cast(ticks as bigint) - 621355968000000000) // 10)
            end
        ) as times,
        coalesce(try_cast(facts ->> '$.promptTokens[0]' as bigint), try_cast(facts ->> '$.promptTokens' as bigint)) as input_tokens,
        coalesce(
            try_cast(facts ->> '$.completionTokens' as bigint), try_cast(facts ->> '$.generatedTokens[0]' as bigint),
            try_cast(facts ->> '$.generatedTokens' as bigint)
        ) as output_tokens,
        coalesce(try_cast(facts ->> '$.timeToFirstTokenMs' as double), try_cast(facts ->> '$.timeToFirstTokenMs[0]' as double)) as ttft_ms,
        regexp_matches(lower(operationName), 'completions|create_response|embeddings|messages|imagegenerat|audio|transcri') as is_call
    from opened
),

folded as (
    select
        call_id,
        min(line) as line,
        min(coalesce(times[1], written_at)) as started_at,
        max(coalesce(times[2], coalesce(times[1], written_at) + to_microseconds(try_cast(1000 * duration_ms as integer)))) as ended_at,
        max(ttft_ms) as ttft_ms,
        arg_min(deployment, (coalesce(output_tokens, 0) > 0, line)) filter (where deployment is not null) as deployment,
        arg_max(model, (coalesce(output_tokens, 0), -line)) filter (where model is not null) as model,
        max(http_status) as http_status,
        max(input_tokens) as input_tokens,
        max(output_tokens) as output_tokens,
        max(stream_type) as stream_type,
        min(location) as location,
        min(resourceId) as resource_id
    from typed
    where coalesce(is_call, false) or model is not null
    group by call_id
)

select
    line,
    call_id as attempt_key,
    call_id as request_key,
    'single_row' as chain_basis,
    started_at,
    ended_at,
    ttft_ms,
    deployment as route,
    regexp_extract(lower(resource_id), '([^/]+)$', 1) as service,
    'azure' as provider,
    model as model_requested,
    case when http_status < 400 or output_tokens > 0 then model end as model_served,
    'deployment' as served_model_source,
    deployment,
    location as region,
    case
        when http_status = 499 then 'cancelled'
        when http_status >= 400 then 'error'
        when http_status is not null or output_tokens is not null then 'ok'
    end as status,
    http_status,
    input_tokens,
    output_tokens,
    stream_type = 'Streaming' as is_stream,
    call_id as provider_request_id,
    case when http_status is null and output_tokens is null then 'neither a status nor tokens: how the request ended is not told' end as problem
from folded
order by line
