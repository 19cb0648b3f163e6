-- [source]
-- title     = "Envoy AI Gateway, access log as JSON lines"
-- file      = "the proxy's JSON access log with the keys of the project's own example; add attempts (%UPSTREAM_REQUEST_ATTEMPT_COUNT%) and response_flags"
-- emits     = "attempts"
-- grain     = "line"
-- recognize = ["start_time", "response_code", "duration", "x-request-id"]
-- required  = ["start_time", "x-request-id"]
-- reports   = ["error", "latency", "tokens", "served_model", "requested_model", "workflow"]
-- ignored   = "not a request to a model: it has no gen_ai.request.model"
-- evidence  = "source and examples of the project at c217da8; no own capture yet; meaning of the flags by Envoy's documentation"
-- limits    = ["the operator chooses the keys: others than the example's are not read",
--              "one row per request: the status of a failed attempt is not written, so a rescued request has no cause",
--              "without attempts a later backend may as well be one that ejection or weights chose; with them it counts as a fallback, for the same model too",
--              "a later backend of equal weight looks like a lower priority: where weights split traffic, name the preferred model by policy",
--              "no cost, no provider request id"]
-- [columns]
-- start_time                      = "VARCHAR"
-- duration                        = "DOUBLE"
-- response_code                   = "BIGINT"
-- response_flags                  = "VARCHAR"
-- response_code_details           = "VARCHAR"
-- upstream_transport_failure_reason = "VARCHAR"
-- attempts                        = "BIGINT"
-- "x-request-id"                  = "VARCHAR"
-- "gen_ai.request.model"          = "VARCHAR"
-- "gen_ai.request.model_override" = "VARCHAR"
-- "gen_ai.response.model"         = "VARCHAR"
-- "gen_ai.provider.name"          = "VARCHAR"
-- "gen_ai.usage.input_tokens"     = "DOUBLE"
-- "gen_ai.usage.output_tokens"    = "DOUBLE"
-- "session.id"                    = "VARCHAR"
-- workflow                        = "VARCHAR"
-- team                            = "VARCHAR"
-- environment                     = "VARCHAR"
--
-- The backend is `namespace/name/route/<route>/rule/<i>/ref/<j>`: `ref/0` is the first backend of its rule. What a later
-- one was asked for says nothing of the preferred model, which is then the route's usual one.
-- More than one attempt and a later backend: the gateway went on to it. One attempt at a later backend: ejection of the
-- first, or weights. One attempt at the first, or several there: no fallback.
with named as (
    select
        *,
        absent("gen_ai.request.model") as asked,
        try_cast(nullif(regexp_extract("gen_ai.provider.name", '/ref/([0-9]{1,4})$', 1), '') as bigint) as ref,
        ',' || coalesce(response_flags, '') || ',' as flags,
        coalesce(absent("gen_ai.request.model_override"), absent("gen_ai.request.model")) as sent,
        try_cast(start_time as timestamptz) as started_at
    from records
),

judged as (
    select
        *,
        response_code = 0 or response_code = 499 or contains(flags, ',DC,') as is_cancelled,
        response_code between 200 and 399 as is_ok,
        regexp_matches(flags, ',(RL|RLSE),') as is_own_limit
    from named
)

select
    case when asked is not null then "x-request-id" end as attempt_key,
    "x-request-id" as request_key,
    case when ref = 0 then 'call_id' else 'single_row' end as chain_basis,
    started_at,
    started_at + to_milliseconds(case when duration between 0 and 1e10 then duration end) as ended_at,
    asked as route,
    split_part("gen_ai.provider.name", '/', 2) as provider,
    case when coalesce(ref, 0) = 0 then sent end as model_requested,
    case when is_ok then coalesce(absent("gen_ai.response.model"), sent) end as model_served,
    case when absent("gen_ai.response.model") is null then 'deployment' else 'response_field' end as served_model_source,
    "gen_ai.provider.name" as deployment,
    team,
    environment,
    case when is_cancelled then 'cancelled' when is_ok then 'ok' when response_code is not null then 'error' end as status,
    nullif(response_code, 0) as http_status,
    nullif(nullif(response_flags, '-'), '') as error_code,
    absent(response_code_details) as error_type,
    case when is_own_limit then 'gateway_rate_limit' end as error_reason,
    absent(upstream_transport_failure_reason) as error_message,
    try_cast("gen_ai.usage.input_tokens" as bigint) as input_tokens,
    try_cast("gen_ai.usage.output_tokens" as bigint) as output_tokens,
    case when ref > 0 and attempts > 1 then 1 when ref = 0 then 0 end as declared_fallback_count,
    "session.id" as session_id,
    case when workflow is not null then to_json({workflow: workflow}) end as attributes,
    asked is null and start_time is not null as is_ignored
from judged
