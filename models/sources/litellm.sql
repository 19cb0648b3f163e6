-- [source]
-- title     = "LiteLLM proxy, StandardLoggingPayload"
-- file      = "JSON lines from s3_v2, gcs_bucket, azure_storage, generic_api or a custom callback"
-- emits     = "attempts"
-- grain     = "line"
-- system    = "litellm"
-- recognize = ["startTime", "status", "model_group", "custom_llm_provider", "trace_id"]
-- required  = ["id", "status", "startTime"]
-- reports   = ["error", "latency", "tokens", "cost", "served_model", "requested_model", "workflow", "chain"]
-- evidence  = "real captures of 1.80.0 and 1.106.2"
-- limits    = ["one failure record per call: retries and middle hops are not written",
--              "before 1.106 no call id: a fallback over a cooldown or a spent budget cannot be joined, so no fallback is never claimed"]
-- [columns]
-- id                  = "VARCHAR"
-- litellm_call_id     = "VARCHAR"
-- trace_id            = "VARCHAR"
-- status              = "VARCHAR"
-- startTime           = "VARCHAR"
-- endTime             = "VARCHAR"
-- completionStartTime = "VARCHAR"
-- stream              = "BOOLEAN"
-- model               = "VARCHAR"
-- model_group         = "VARCHAR"
-- model_id            = "VARCHAR"
-- custom_llm_provider = "VARCHAR"
-- cache_hit           = "BOOLEAN"
-- response_cost       = "DOUBLE"
-- prompt_tokens       = "BIGINT"
-- completion_tokens   = "BIGINT"
-- request_tags        = "VARCHAR[]"
-- end_user            = "VARCHAR"
-- error_str           = "VARCHAR"
-- error_information   = "STRUCT(error_code VARCHAR, error_class VARCHAR, error_message VARCHAR, normalized_error VARCHAR, error_rate_limit_category VARCHAR, error_provider_request_id VARCHAR)"
-- metadata            = "STRUCT(user_api_key_alias VARCHAR, user_api_key_team_id VARCHAR, user_api_key_team_alias VARCHAR, spend_logs_metadata JSON, user_api_key_auth_metadata JSON, applied_guardrails VARCHAR[])"
-- hidden_params       = "STRUCT(additional_headers STRUCT(\"x-litellm-attempted-fallbacks\" BIGINT, \"llm_provider-x-request-id\" VARCHAR))"
--
-- A failure that tried no deployment (cooldown, budget, cap) carries the group's name in `model`: it asked no model.
-- 1.80 may write the substitute's model and deployment into it.
-- A failure after tokens had flowed was being answered: the client saw HTTP 200 from that deployment.
-- A client that hung up (499) is written as a success.
-- Before call ids, a failure's id is that of its call, here and in the spend log: it stands where an answer's would.
select
    coalesce(absent(litellm_call_id), absent(trace_id), id) || '/' || status || '/' || id as attempt_key,
    coalesce(absent(litellm_call_id), absent(trace_id), id) as request_key,
    case when absent(litellm_call_id) is not null then 'call_id' else 'trace_id' end as chain_basis,
    case
        when try_cast(startTime as double) is null then try_cast(startTime as timestamptz)
        when try_cast(startTime as double) between 0 and 253402300799 then to_timestamp(try_cast(startTime as double))
    end as started_at,
    case
        when try_cast(endTime as double) is null then try_cast(endTime as timestamptz)
        when try_cast(endTime as double) between 0 and 253402300799 then to_timestamp(try_cast(endTime as double))
    end as ended_at,
    case when stream then 1000 * (try_cast(completionStartTime as double) - try_cast(startTime as double)) end as ttft_ms,
    coalesce(nullif(model_group, ''), case when coalesce(model_id, '') = '' then model end) as route,
    metadata.user_api_key_alias as key_alias,
    coalesce(metadata.user_api_key_team_alias, metadata.user_api_key_team_id) as team,
    custom_llm_provider as provider,
    case when model_id <> '' and not is_untried then model end as model_requested,
    case when status = 'success' or completion_tokens > 0 then model end as model_served,
    case when status = 'success' or completion_tokens > 0 then 'deployment' end as served_model_source,
    case when not is_untried then nullif(model_id, '') end as deployment,
    case
        when error_information.error_class = 'ClientDisconnected' then 'cancelled'
        when status = 'success' then 'ok'
        when status = 'failure' then 'error'
    end as status,
    try_cast(nullif(error_information.error_code, '') as bigint) as http_status,
    nullif(error_information.error_code, '') as error_code,
    nullif(error_information.error_class, '') as error_type,
    coalesce(
        case when error_information.error_rate_limit_category = 'litellm_rate_limit' then 'gateway_rate_limit' end,
        nullif(error_information.normalized_error, '')
    ) as error_reason,
    coalesce(error_str, nullif(error_information.error_message, '')) as error_message,
    prompt_tokens as input_tokens,
    completion_tokens as output_tokens,
    response_cost as cost_usd,
    coalesce(cache_hit, false) as is_cache_hit,
    stream as is_stream,
    metadata.applied_guardrails as guardrails_ran,
    hidden_params.additional_headers."x-litellm-attempted-fallbacks" as declared_fallback_count,
    trace_id,
    coalesce(hidden_params.additional_headers."llm_provider-x-request-id", error_information.error_provider_request_id)
        as provider_request_id,
    case when status = 'success' or absent(litellm_call_id) is null then id end as provider_response_id,
    end_user as user_ref,
    request_tags as tags,
    case
        when metadata.user_api_key_auth_metadata is null then metadata.spend_logs_metadata
        when metadata.spend_logs_metadata is null then metadata.user_api_key_auth_metadata
        else json_merge_patch(metadata.user_api_key_auth_metadata, metadata.spend_logs_metadata)
    end as metadata
from (
    select *, coalesce(starts_with(error_information.error_class, 'RouterRateLimitError'), false) as is_untried
    from records
)
