-- [source]
-- title     = "Helicone, request export"
-- file      = "JSONL of the export command, or the `data` of POST /v1/request/query-clickhouse one a line; leave request_body and response_body out (not the CSV: it has neither ids nor latencies)"
-- emits     = "attempts"
-- system    = "helicone"
-- recognize = ["request_id", "request_created_at", "response_status", "delay_ms"]
-- required  = ["request_id", "request_created_at", "response_status"]
-- reports   = ["error", "latency", "tokens", "cost", "served_model", "requested_model", "workflow"]
-- ignored   = "pending, or ended by Helicone itself: its status is below 100"
-- evidence  = "types and export script of Helicone/helicone (VERIFIED source); unit of time_to_first_token, cost beside costUSD, and rows of failed attempts UNVERIFIED; no own export"
-- limits    = ["no attempts in the record: a fallback shows where request_model names a list or another model than answered, or against a policy",
--              "that an answer had no failed attempt before it is not shown",
--              "where all models of a list failed, the status is chosen by a fixed order: the cause may not be the first",
--              "a cause rests on the HTTP status: error bodies are not read",
--              "feedback_rating and scores are not read as outcomes"]
-- [columns]
-- request_id          = "VARCHAR"
-- request_created_at  = "VARCHAR"
-- response_created_at = "VARCHAR"
-- response_status     = "BIGINT"
-- request_model       = "VARCHAR"
-- response_model      = "VARCHAR"
-- model               = "VARCHAR"
-- provider            = "VARCHAR"
-- delay_ms            = "DOUBLE"
-- time_to_first_token = "DOUBLE"
-- prompt_tokens       = "BIGINT"
-- completion_tokens   = "BIGINT"
-- cost                = "DOUBLE"
-- costUSD             = "DOUBLE"
-- request_properties  = "VARCHAR"
-- properties          = "VARCHAR"
-- request_user_id     = "VARCHAR"
-- cache_reference_id  = "VARCHAR"
-- prompt_id           = "VARCHAR"
--
-- `request_model` may be a list, `model-a,model-b`: its first is what was wanted. A cached answer names the request
-- that it repeats; any other row names none, or the UUID of zeros.
with typed as (
    select
        *,
        try_cast(request_created_at as timestamptz) as started_at,
        try_cast(coalesce(absent(request_properties), properties) as json) as labels,
        absent(replace(cache_reference_id, '00000000-0000-0000-0000-000000000000', '')) is not null as is_hit,
        response_status between 200 and 299 as is_ok,
        absent(trim(split_part(request_model, ',', 1))) as wanted
    from records
)

select
    case when response_status >= 100 then request_id end as attempt_key,
    request_id as request_key,
    'single_row' as chain_basis,
    started_at,
    coalesce(
        started_at + to_milliseconds(case when delay_ms between 0 and 1e10 then delay_ms end), try_cast(response_created_at as timestamptz)
    ) as ended_at,
    time_to_first_token as ttft_ms,
    absent(prompt_id) as route,
    provider,
    coalesce(wanted, absent(model)) as model_requested,
    case when is_ok then coalesce(absent(response_model), absent(model)) end as model_served,
    'response_field' as served_model_source,
    case when response_status = 499 then 'cancelled' when is_ok then 'ok' when not is_ok then 'error' end as status,
    response_status as http_status,
    case when is_ok then prompt_tokens end as input_tokens,
    case when is_ok then completion_tokens end as output_tokens,
    case when not is_hit then coalesce(costUSD, cost) end as cost_usd,
    case when cache_reference_id is not null then is_hit end as is_cache_hit,
    json_extract_string(labels, '$."Helicone-Session-Id"') as session_id,
    request_user_id as user_ref,
    case when json_type(labels) = 'OBJECT' then labels end as metadata,
    response_status < 100 as is_ignored
from typed
