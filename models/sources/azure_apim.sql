-- [source]
-- title     = "Azure API Management, generative AI gateway logs"
-- file      = "result of a Log Analytics query as JSON lines or CSV: ApiManagementGatewayLogs | join kind=leftouter (ApiManagementGatewayLlmLog | where SequenceNumber == 0) on CorrelationId; or ApiManagementGatewayLlmLog alone"
-- emits     = "attempts"
-- recognize = ["CorrelationId", "DeploymentName", "ModelName", "PromptTokens", "CompletionTokens"]
-- required  = ["CorrelationId"]
-- reports   = ["error", "latency", "tokens", "served_model"]
-- ignored   = "is a further part of a message"
-- evidence  = "table references of Azure Monitor (VERIFIED documentation), of which the gateway table is of 2022; unit of the times and names of error reasons UNVERIFIED; no own capture"
-- limits    = ["one row per call, with the last backend: attempts of a retry policy and of a backend pool are not rows",
--              "a fallback shows only against a policy that names the preferred model",
--              "without the join to ApiManagementGatewayLogs there is no status, and failed calls are missing",
--              "the model that was asked for is not told: the deployment stands in `deployment`",
--              "no workflow label: the subscription stands in `key_alias`, the API in `route`",
--              "no cost; blobs of a storage account, which nest the columns under properties, are not read"]
-- [columns]
-- CorrelationId         = "VARCHAR"
-- TimeGenerated         = "VARCHAR"
-- "TimeGenerated [UTC]" = "VARCHAR"
-- RequestId             = "VARCHAR"
-- DeploymentName        = "VARCHAR"
-- ModelName             = "VARCHAR"
-- PromptTokens          = "BIGINT"
-- CompletionTokens      = "BIGINT"
-- TotalTokens           = "BIGINT"
-- IsStreamCompletion    = "BOOLEAN"
-- SequenceNumber        = "BIGINT"
-- Region                = "VARCHAR"
-- ApiId                 = "VARCHAR"
-- ApimSubscriptionId    = "VARCHAR"
-- UserId                = "VARCHAR"
-- ResponseCode          = "BIGINT"
-- BackendResponseCode   = "BIGINT"
-- BackendId             = "VARCHAR"
-- TotalTime             = "DOUBLE"
-- Cache                 = "VARCHAR"
-- LastErrorReason       = "VARCHAR"
-- LastErrorSource       = "VARCHAR"
-- LastErrorMessage      = "VARCHAR"
--
-- Without a backend's answer the gateway refused by itself: 429 is its own limit, 403 of a quota or token policy a
-- spent allowance. The portal's CSV writes times as 10/5/2026, 9:14:03.120 AM.
with read as (
    select
        *,
        coalesce(SequenceNumber > 0, false) as is_part,
        coalesce(TimeGenerated, "TimeGenerated [UTC]") as written,
        case when TotalTime between 0 and 86400000 then TotalTime end as took_ms,
        coalesce(ResponseCode < 400, TotalTokens > 0) as is_answered,
        BackendResponseCode is null or BackendResponseCode = 0 as is_refused,
        lower(coalesce(LastErrorReason, '') || ' ' || coalesce(LastErrorSource, '')) as reason
    from records
),

timed as (
    select
        *,
        coalesce(
            try_cast(written as timestamptz),
            timezone('UTC', try_strptime(written, ['%m/%d/%Y, %I:%M:%S.%g %p', '%m/%d/%Y, %I:%M:%S %p', '%m/%d/%Y %I:%M:%S %p']))
        ) as started_at
    from read
)

select
    case when not is_part then CorrelationId end as attempt_key,
    CorrelationId as request_key,
    'single_row' as chain_basis,
    started_at,
    started_at + to_microseconds(cast(1000 * took_ms as bigint)) as ended_at,
    ApiId as route,
    ApimSubscriptionId as key_alias,
    'azure' as provider,
    case when is_answered then absent(ModelName) end as model_served,
    'response_field' as served_model_source,
    coalesce(absent(BackendId), absent(DeploymentName)) as deployment,
    Region as region,
    case when is_answered then 'ok' when not is_answered then 'error' end as status,
    coalesce(nullif(BackendResponseCode, 0), ResponseCode) as http_status,
    case when regexp_matches(reason, 'timeout') then 'timeout_error' end as error_code,
    absent(LastErrorReason) as error_type,
    case
        when is_refused and ResponseCode = 403 and regexp_matches(reason, 'quota|token-limit|tokenlimit') then 'insufficient_quota'
        when is_refused and ResponseCode = 429 then 'gateway_rate_limit'
    end as error_reason,
    LastErrorMessage as error_message,
    PromptTokens as input_tokens,
    CompletionTokens as output_tokens,
    lower(Cache) = 'hit' as is_cache_hit,
    IsStreamCompletion as is_stream,
    absent(RequestId) as provider_response_id,
    UserId as user_ref,
    case
        when CorrelationId is null then null
        when started_at is null then 'TimeGenerated is not a time'
        when is_answered is null then 'no ResponseCode and no tokens: join ApiManagementGatewayLogs'
    end as problem,
    is_part as is_ignored
from timed
