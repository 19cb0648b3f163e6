-- [source]
-- title     = "LiteLLM proxy, LiteLLM_SpendLogs table"
-- file      = "rows of the proxy's Postgres table as JSON lines, CSV or Parquet; without the columns messages, response and proxy_server_request"
-- emits     = "attempts"
-- grain     = "line"
-- system    = "litellm"
-- recognize = ["request_id", "call_type", "spend", "startTime", "model_group"]
-- required  = ["request_id", "startTime"]
-- reports   = ["error", "latency", "tokens", "cost", "served_model", "requested_model", "workflow"]
-- ignored   = "a billed earlier attempt (<call id>-attempt-<n>): its call has a row of its own"
-- evidence  = "60 real rows of 1.80.0 against what the client saw; 1.106 by schema and source only"
-- limits    = ["one row per call, of the answer or the last failure: a rescued failure has no row, so a fallback has no cause",
--              "before 1.106 no count of fallbacks and no call id: an answer by a substitute is an ordinary row of its group",
--              "retries are not written; the start is that of the attempt that answered",
--              "a failed row may mix the deployments of two attempts; before 1.106 its duration is not written"]
-- [columns]
-- request_id          = "VARCHAR"
-- litellm_call_id     = "VARCHAR"
-- session_id          = "VARCHAR"
-- call_type           = "VARCHAR"
-- status              = "VARCHAR"
-- startTime           = "VARCHAR"
-- endTime             = "VARCHAR"
-- completionStartTime = "VARCHAR"
-- model               = "VARCHAR"
-- model_group         = "VARCHAR"
-- model_id            = "VARCHAR"
-- custom_llm_provider = "VARCHAR"
-- cache_hit           = "VARCHAR"
-- spend               = "DOUBLE"
-- prompt_tokens       = "BIGINT"
-- completion_tokens   = "BIGINT"
-- team_id             = "VARCHAR"
-- end_user            = "VARCHAR"
-- request_tags        = "VARCHAR"
-- metadata            = "VARCHAR"
--
-- JSON columns come as objects or as text, by the way they were exported: read as text both are the same.
-- A rescued row names the group that was asked for, and not the model: the group's usual model was preferred.
-- Before 1.106 a failed row carries in `model` the group that was asked for, and in `model_group` the last one tried.
-- A failed row counts the tokens of a prompt that nobody read: an estimate.
with typed as (
    select
        *,
        nullif(regexp_extract(request_id, '^(.+)-attempt-[0-9]+$', 1), '') as billed_call,
        absent(litellm_call_id) as call_id,
        coalesce(nullif(status, ''), json_extract_string(try_cast(metadata as json), '$.status'), 'success') as outcome,
        try_cast(startTime as timestamptz) as start_at,
        try_cast(endTime as timestamptz) as end_at,
        try_cast(completionStartTime as timestamptz) as first_token_at,
        json_transform(try_cast(metadata as json), '{
            "attempted_fallbacks": "BIGINT", "original_model_group": "VARCHAR", "user_api_key_alias": "VARCHAR",
            "user_api_key_team_alias": "VARCHAR", "spend_logs_metadata": "JSON", "applied_guardrails": ["VARCHAR"],
            "error_information": {
                "error_code": "VARCHAR", "error_class": "VARCHAR", "error_message": "VARCHAR", "normalized_error": "VARCHAR",
                "error_rate_limit_category": "VARCHAR", "error_provider_request_id": "VARCHAR"
            }
        }') as meta,
        json_transform(try_cast(request_tags as json), '["VARCHAR"]') as request_labels
    from records
),

judged as (
    select
        *,
        outcome = 'failure' as is_failure,
        coalesce(meta.attempted_fallbacks > 0, false) as is_rescued,
        coalesce(
            meta.error_information.error_class in ('ProxyRateLimitError', 'HTTPException')
            or meta.error_information.error_rate_limit_category = 'litellm_rate_limit', false
        ) as is_own_refusal
    from typed
)

select
    case when billed_call is null then request_id end as attempt_key,
    coalesce(call_id, request_id) as request_key,
    case when meta.attempted_fallbacks is null or call_id is null then 'single_row' else 'call_id' end as chain_basis,
    start_at as started_at,
    case when not is_failure or call_id is not null then end_at end as ended_at,
    case when first_token_at < end_at then (epoch_us(first_token_at) - epoch_us(start_at)) / 1000.0 end as ttft_ms,
    coalesce(
        absent(meta.original_model_group), case when is_failure and call_id is null then absent(model) end, absent(model_group), absent(model)
    ) as route,
    meta.user_api_key_alias as key_alias,
    coalesce(absent(meta.user_api_key_team_alias), absent(team_id)) as team,
    custom_llm_provider as provider,
    case when not is_rescued and not is_failure then model end as model_requested,
    case when not is_failure then model end as model_served,
    'deployment' as served_model_source,
    model_id as deployment,
    case
        when meta.error_information.error_class = 'ClientDisconnected' then 'cancelled'
        when is_failure then 'error'
        when outcome = 'success' then 'ok'
    end as status,
    try_cast(nullif(meta.error_information.error_code, '') as bigint) as http_status,
    nullif(meta.error_information.error_code, '') as error_code,
    nullif(meta.error_information.error_class, '') as error_type,
    case
        when is_own_refusal and meta.error_information.error_code = '429' then 'gateway_rate_limit'
        else nullif(meta.error_information.normalized_error, '')
    end as error_reason,
    nullif(meta.error_information.error_message, '') as error_message,
    case when not is_failure then prompt_tokens end as input_tokens,
    case when not is_failure then completion_tokens end as output_tokens,
    spend as cost_usd,
    case when absent(cache_hit) is not null then lower(cache_hit) = 'true' end as is_cache_hit,
    meta.applied_guardrails as guardrails_ran,
    meta.attempted_fallbacks as declared_fallback_count,
    session_id as trace_id,
    meta.error_information.error_provider_request_id as provider_request_id,
    case when not is_failure then request_id end as provider_response_id,
    end_user as user_ref,
    request_labels as tags,
    meta.spend_logs_metadata as metadata,
    billed_call is not null as is_ignored
from judged
