-- [source]
-- title     = "Helicone, request_response_rmt table"
-- file      = "rows of the ClickHouse table as JSON lines, CSV or Parquet, by SQL or HQL, read with FINAL; leave out request_body and response_body"
-- emits     = "attempts"
-- grain     = "line"
-- system    = "helicone"
-- recognize = ["request_id", "request_created_at", "target_url", "latency"]
-- required  = ["request_id", "request_created_at", "status"]
-- reports   = ["error", "latency", "tokens", "cost", "served_model", "workflow"]
-- ignored   = "pending, or ended by Helicone itself: its status is below 100"
-- evidence  = "table definition, alterations and queries of Helicone/helicone; no own capture yet"
-- limits    = ["no column tells a fallback, and nothing ties attempts together: a fallback shows only against a policy that names the preferred model",
--              "a cause rests on the HTTP status: error bodies are not read",
--              "times have no zone in the table and are read as UTC",
--              "cost is read as billionths of a US dollar, as the table stores it: do not divide it in the query",
--              "scores are not read as outcomes"]
-- [columns]
-- request_id                = "VARCHAR"
-- response_id               = "VARCHAR"
-- request_created_at        = "VARCHAR"
-- response_created_at       = "VARCHAR"
-- latency                   = "DOUBLE"
-- time_to_first_token       = "DOUBLE"
-- status                    = "BIGINT"
-- provider                  = "VARCHAR"
-- model                     = "VARCHAR"
-- prompt_tokens             = "BIGINT"
-- completion_tokens         = "BIGINT"
-- cost                      = "DOUBLE"
-- user_id                   = "VARCHAR"
-- properties                = "VARCHAR"
-- cache_reference_id        = "VARCHAR"
-- gateway_router_id         = "VARCHAR"
-- gateway_deployment_target = "VARCHAR"
-- prompt_id                 = "VARCHAR"
--
-- A hit of the cache names the request that it repeats; any other row names the UUID of zeros. What a hit's cost means is
-- not documented, so it is not read.
with typed as (
    select
        *,
        try_cast(request_created_at as timestamptz) as started_at,
        try_cast(properties as json) as labels,
        absent(replace(cache_reference_id, '00000000-0000-0000-0000-000000000000', '')) is not null as is_hit,
        status between 200 and 299 as is_ok
    from records
)

select
    case when status >= 100 then request_id end as attempt_key,
    request_id as request_key,
    'single_row' as chain_basis,
    started_at,
    coalesce(
        started_at + to_milliseconds(case when latency between 0 and 1e10 then latency end), try_cast(response_created_at as timestamptz)
    ) as ended_at,
    time_to_first_token as ttft_ms,
    coalesce(absent(gateway_router_id), absent(prompt_id)) as route,
    provider,
    model as model_requested,
    case when is_ok then model end as model_served,
    'response_field' as served_model_source,
    absent(gateway_deployment_target) as deployment,
    case when status = 499 then 'cancelled' when is_ok then 'ok' when not is_ok then 'error' end as status,
    status as http_status,
    case when is_ok then prompt_tokens end as input_tokens,
    case when is_ok then completion_tokens end as output_tokens,
    case when not is_hit then cost / 1000000000 end as cost_usd,
    case when cache_reference_id is not null then is_hit end as is_cache_hit,
    json_extract_string(labels, '$."Helicone-Session-Id"') as session_id,
    user_id as user_ref,
    case when json_type(labels) = 'OBJECT' then labels end as metadata,
    status < 100 as is_ignored
from typed
