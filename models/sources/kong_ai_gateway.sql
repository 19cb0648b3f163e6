-- [source]
-- title     = "Kong AI Gateway, log plugin's JSON"
-- file      = "JSON lines of file-log (or http-log, Kafka …) on a route with ai-proxy or ai-proxy-advanced and logging.log_statistics; log_payloads may stay off"
-- emits     = "attempts"
-- grain     = "nested"
-- recognize = ["started_at", "tries", "ai", "response.status"]
-- required  = ["started_at", "request"]
-- reports   = ["error", "latency", "tokens", "cost", "served_model", "requested_model", "chain"]
-- ignored   = "not a request to a model: it has no ai block of a proxy plugin"
-- evidence  = "source at 22246ef and the log objects of the documentation; no own capture (ai-proxy-advanced is closed source)"
-- limits    = ["tried_targets has no status or error of its own: the code of a rescued attempt stands in tries",
--              "that tried_targets are in the order of attempts is not documented",
--              "a target that the circuit breaker passed over leaves no try: one try by ai-proxy-advanced proves nothing without a policy",
--              "errors that Kong itself made have no ai block and are not seen",
--              "without tried_targets the model of a try on another host is not known",
--              "cost is in the currency of the configured rates, taken as US dollars"]
-- [columns]
-- started_at      = "BIGINT"
-- request         = "STRUCT(id VARCHAR)"
-- response        = "STRUCT(status BIGINT)"
-- upstream_status = "VARCHAR"
-- latencies       = "STRUCT(request DOUBLE, proxy DOUBLE)"
-- tries           = "STRUCT(hostname VARCHAR, balancer_start BIGINT, state VARCHAR, code BIGINT)[]"
-- route           = "STRUCT(\"name\" VARCHAR)"
-- consumer        = "STRUCT(username VARCHAR)"
-- trace_id        = "STRUCT(w3c VARCHAR)"
-- ai              = '''STRUCT(
--     proxy STRUCT(
--         meta STRUCT(provider_name VARCHAR, request_model VARCHAR, response_model VARCHAR, request_mode VARCHAR),
--         "usage" STRUCT(prompt_tokens BIGINT, completion_tokens BIGINT, prompt_token BIGINT, completion_token BIGINT, "cost" DOUBLE, time_to_first_token DOUBLE),
--         tried_targets STRUCT(provider VARCHAR, model VARCHAR, host VARCHAR)[], "cache" STRUCT(cache_status VARCHAR)),
--     "ai-proxy" STRUCT(
--         meta STRUCT(provider_name VARCHAR, request_model VARCHAR, response_model VARCHAR, request_mode VARCHAR),
--         "usage" STRUCT(prompt_tokens BIGINT, completion_tokens BIGINT, prompt_token BIGINT, completion_token BIGINT, "cost" DOUBLE, time_to_first_token DOUBLE),
--         tried_targets STRUCT(provider VARCHAR, model VARCHAR, host VARCHAR)[], "cache" STRUCT(cache_status VARCHAR)),
--     "ai-proxy-advanced" STRUCT(
--         meta STRUCT(provider_name VARCHAR, request_model VARCHAR, response_model VARCHAR, request_mode VARCHAR),
--         "usage" STRUCT(prompt_tokens BIGINT, completion_tokens BIGINT, prompt_token BIGINT, completion_token BIGINT, "cost" DOUBLE, time_to_first_token DOUBLE),
--         tried_targets STRUCT(provider VARCHAR, model VARCHAR, host VARCHAR)[], "cache" STRUCT(cache_status VARCHAR)),
--     "ai-semantic-cache" STRUCT("cache" STRUCT(cache_status VARCHAR))
-- )'''
--
-- One row per try. A try's model is that of its target where both lists are as long, else the one that the plugin
-- names where its host answered too; a chain over several hosts without targets has models that nobody names. `upstream_status` is nginx's list: "429, 200".
-- Before 3.8 the block bore the plugin's name, and tokens were singular.
with calls as (
    select
        * exclude (ai),
        case when started_at between 0 and 253402300799999 then make_timestamptz(1000 * started_at) end as began_at,
        list_transform(tries, lambda t: case
            when t.balancer_start between started_at and started_at + 10000000000 then t.balancer_start - started_at
        end) as waits,
        coalesce(ai.proxy, ai."ai-proxy", ai."ai-proxy-advanced") as proxy,
        coalesce(ai."ai-semantic-cache".cache.cache_status, ai.proxy.cache.cache_status) as cache_status,
        greatest(len(coalesce(tries, [])), len(coalesce(coalesce(ai.proxy, ai."ai-proxy-advanced").tried_targets, [])), 1) as try_count
    from records
),

placed as (
    select
        *,
        coalesce(len(proxy.tried_targets) = try_count, false) as has_targets,
        unnest(range(1, try_count + 1)) as place
    from calls
    where proxy is not null
),

tried as (
    select
        *,
        place = try_count as is_last,
        case
            when try_count = 1 then proxy.tried_targets is null
            else has_targets or len(list_distinct(list_transform(tries, lambda t: t.hostname))) = 1
        end as is_chain_known,
        coalesce(place = try_count and response.status between 200 and 299, false) as is_answer,
        case when has_targets then proxy.tried_targets[place] end as target,
        coalesce(tries[place].hostname = tries[-1].hostname, place = try_count) as is_same_host,
        coalesce(tries[place].code, try_cast(trim(split_part(upstream_status, ',', place)) as bigint)) as upstream_code,
        began_at + to_milliseconds(coalesce(waits[place], 0)) + to_microseconds(place) as try_at,
        began_at + to_milliseconds(coalesce(waits[place + 1], 0)) + to_microseconds(place) as next_try_at,
        began_at + to_milliseconds(case when latencies.request between 0 and 1e10 then latencies.request end) + to_microseconds(place) as call_end_at
    from placed
)

select
    line,
    request.id || '/' || cast(place as varchar) as attempt_key,
    request.id as request_key,
    case when is_chain_known then 'explicit_attempts' else 'single_row' end as chain_basis,
    try_at as started_at,
    case when is_last then call_end_at else next_try_at end as ended_at,
    case
        when is_last and proxy.meta.request_mode = 'stream' and isfinite(proxy.usage.time_to_first_token) then proxy.usage.time_to_first_token
    end as ttft_ms,
    route.name as route,
    consumer.username as key_alias,
    coalesce(target.provider, case when is_same_host then nullif(proxy.meta.provider_name, 'UNSPECIFIED') end) as provider,
    coalesce(target.model, case when is_same_host then nullif(proxy.meta.request_model, 'UNSPECIFIED') end) as model_requested,
    case when is_answer then coalesce(
        nullif(proxy.meta.response_model, 'UNSPECIFIED'), target.model, nullif(proxy.meta.request_model, 'UNSPECIFIED')
    ) end as model_served,
    case when nullif(proxy.meta.response_model, 'UNSPECIFIED') is null then 'deployment' else 'response_field' end as served_model_source,
    coalesce(target.host, tries[place].hostname) as deployment,
    case
        when not is_last then 'error'
        when response.status = 499 then 'cancelled'
        when is_answer then 'ok'
        when response.status is not null then 'error'
    end as status,
    case when is_last then response.status else upstream_code end as http_status,
    case when not is_last and upstream_code is null and tries[place].state = 'failed' then 'ConnectionError' end as error_type,
    case when is_answer then coalesce(proxy.usage.prompt_tokens, proxy.usage.prompt_token) end as input_tokens,
    case when is_answer then coalesce(proxy.usage.completion_tokens, proxy.usage.completion_token) end as output_tokens,
    case when is_last and isfinite(proxy.usage.cost) then proxy.usage.cost end as cost_usd,
    case when cache_status is not null then lower(cache_status) = 'hit' end as is_cache_hit,
    case when proxy.meta.request_mode is not null then proxy.meta.request_mode = 'stream' end as is_stream,
    trace_id.w3c as trace_id,
    case
        when request.id is null then 'request.id is missing'
        when began_at is null then 'started_at is no time'
        when is_last and response.status is null then 'response.status is missing'
    end as problem
from tried
order by line, place
