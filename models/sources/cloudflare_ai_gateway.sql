-- [source]
-- title     = "Cloudflare AI Gateway, logs of the REST API"
-- file      = "one log a line: GET .../ai-gateway/gateways/{gateway}/logs, result[] page by page (jq -c '.result[]'), or a JSON list"
-- emits     = "attempts"
-- recognize = ["created_at", "provider", "path", "cached", "success", "duration", "tokens_in", "tokens_out"]
-- required  = ["id", "created_at"]
-- reports   = ["error", "latency", "tokens", "cost", "served_model", "requested_model", "workflow"]
-- evidence  = "types of the vendor's SDK 5.9.0 and workers-types (VERIFIED source); unit of duration and rows per step UNVERIFIED; no own capture"
-- limits    = ["nothing in a log joins the steps of one call: send gateway_request_id in the metadata (cf-aig-metadata)",
--              "a step above 0 without such an id is a fallback whose cause is not known",
--              "spend limit, rate limit and the provider's throttling are all 429",
--              "a status, never a message: the body stands in the detail call only, and is not read",
--              "a row that names a dynamic route instead of a model does not tell who answered",
--              "a dynamic route that a cost limit moved shows no failed step",
--              "costs are estimates"]
-- [columns]
-- id            = "VARCHAR"
-- created_at    = "VARCHAR"
-- provider      = "VARCHAR"
-- model         = "VARCHAR"
-- path          = "VARCHAR"
-- duration      = "DOUBLE"
-- success       = "BOOLEAN"
-- cached        = "BOOLEAN"
-- status_code   = "BIGINT"
-- step          = "BIGINT"
-- tokens_in     = "BIGINT"
-- tokens_out    = "BIGINT"
-- cost          = "DOUBLE"
-- request_type  = "VARCHAR"
-- metadata      = "JSON"
--
-- metadata is JSON text in the REST answer and an object in the Workers binding.
-- A step is the place in the chain, 0 the primary: an answered step 0 proves that there was no fallback.
-- What a later step was preferred to is not in its row, so it names no requested model.
with told as (
    select
        * exclude (metadata),
        try_cast(created_at as timestamptz) as started_at,
        case when duration between 0 and 86400000 then duration end as took_ms,
        coalesce(success, status_code < 400) as is_answered,
        case json_type(metadata)
            when 'VARCHAR' then try_cast(json_extract_string(metadata, '$') as json)
            when 'OBJECT' then metadata
        end as labels
    from records
),

joined as (
    select *, absent(json_extract_string(labels, '$.gateway_request_id')) as call_id from told
)

select
    id as attempt_key,
    coalesce(call_id, id) as request_key,
    case
        when call_id is not null or (step is not null and is_answered and not starts_with(model, 'dynamic/')) then 'explicit_attempts'
        else 'single_row'
    end as chain_basis,
    started_at,
    started_at + to_microseconds(cast(1000 * took_ms as bigint)) as ended_at,
    case when starts_with(model, 'dynamic/') then model end as route,
    provider,
    case when (coalesce(step, 0) = 0 or call_id is not null) and not starts_with(model, 'dynamic/') then model end as model_requested,
    case when is_answered and not starts_with(model, 'dynamic/') then model end as model_served,
    'deployment' as served_model_source,
    provider as deployment,
    case when is_answered then 'ok' when not is_answered then 'error' end as status,
    status_code as http_status,
    case when status_code = 424 then 'guardrail_intervened' end as error_code,
    tokens_in as input_tokens,
    tokens_out as output_tokens,
    cost as cost_usd,
    cached as is_cache_hit,
    step as declared_fallback_count,
    labels as metadata
from joined
