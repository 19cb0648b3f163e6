-- [source]
-- title     = "Azure OpenAI and Foundry, diagnostic log in Log Analytics"
-- file      = "rows of AzureDiagnostics where event_s is ShoeboxCallResult, as JSON lines, a JSON list (az monitor log-analytics query) or CSV"
-- emits     = "attempts"
-- grain     = "nested"
-- observer  = "provider"
-- recognize = ["event_s=ShoeboxCallResult", "CorrelationId", "properties_s"]
-- required  = ["CorrelationId"]
-- reports   = ["error", "latency", "tokens", "served_model", "requested_model"]
-- ignored   = "the second record of one request, or an operation that calls no model"
-- evidence  = "names of the columns as public queries of the table write them (secondary); the two rows and the token fields as in azure_openai"
-- limits    = ["not every request is logged: no denominator, and no proof that nothing happened",
--              "a status, never a message: which limit a 429 met, and whether a 400 was a content filter, is not told",
--              "every call stands alone: a retry or a fallback has another correlation id",
--              "no workflow: the deployment is the nearest thing to one",
--              "a model router's choice is its routing and no fallback; spillover to other capacity is not told",
--              "where the two rows stand in different files, the first one read counts",
--              "beside the blobs of the same account (azure_openai) a call is counted once"]
-- [columns]
-- TimeGenerated         = "VARCHAR"
-- "TimeGenerated [UTC]" = "VARCHAR"
-- CorrelationId         = "VARCHAR"
-- OperationName         = "VARCHAR"
-- ResultSignature       = "VARCHAR"
-- DurationMs            = "VARCHAR"
-- ResourceId            = "VARCHAR"
-- _ResourceId           = "VARCHAR"
-- location_s            = "VARCHAR"
-- properties_s          = "VARCHAR"
--
-- The records of azure_openai under the names of the table. Time is that of the record: the times of the call, .NET ticks
-- in `properties_s`, count first. The portal's CSV writes times as 10/5/2026, 9:14:03.120 AM.
with named as (
    select
        line, CorrelationId, OperationName, ResultSignature, DurationMs,
        coalesce(absent(ResourceId), _ResourceId) as resourceId, location_s as location, try_cast(properties_s as json) as facts,
        coalesce(
            try_cast(coalesce(TimeGenerated, "TimeGenerated [UTC]") as timestamptz),
            timezone('UTC', try_strptime(coalesce(TimeGenerated, "TimeGenerated [UTC]"), ['%m/%d/%Y, %I:%M:%S.%g %p', '%m/%d/%Y, %I:%M:%S %p']))
        ) as written_at
    from records
),

typed as (
    select
        line, CorrelationId as call_id, resourceId, location, written_at,
        absent(facts ->> '$.modelDeploymentName') as deployment,
        absent(facts ->> '$.modelName') as model,
        absent(facts ->> '$.streamType') as stream_type,
        try_cast(ResultSignature as bigint) as http_status,
        try_cast(DurationMs as double) as duration_ms,
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
        regexp_matches(lower(OperationName), 'completions|create_response|embeddings|messages|imagegenerat|audio|transcri') as is_call
    from named
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
    case
        when started_at is null then 'TimeGenerated is no time'
        when http_status is null and output_tokens is null then 'neither a status nor tokens: how the request ended is not told'
    end as problem
from folded
order by line
