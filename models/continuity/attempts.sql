-- One row per attempt: the evidence of a connector, named, scrubbed, and given a cause.
-- This is the one place where a status, code, class or message becomes a cause. Order is precedence: what the log
-- states itself, then codes that say one thing only, then a quota or a switch that only the text betrays, then codes
-- and statuses that say no more than their HTTP status, then class and message. So no text outranks a code that decides.
-- Zhipu's codes are bare numbers (is_numbered): they say something beside its name only.
-- A row without an attempt_id could not be read; its line is explained by a second pass over the raw bytes.
with failed as (
    select
        *,
        status in ('error', 'blocked') as is_failed,
        coalesce(started_at > $loaded_at + interval 1 day, false) as is_future,
        coalesce(started_at < timestamptz '2015-01-01 00:00:00+00', false) as is_ancient,
        case when status in ('error', 'blocked') then lower(coalesce(error_reason, '')) end as reason,
        case when status in ('error', 'blocked') then lower(coalesce(error_code, '')) end as code,
        case when status in ('error', 'blocked') then lower(coalesce(error_type, '')) end as class,
        case
            when status in ('error', 'blocked')
                then lower(coalesce(error_code, '') || case when contains(error_type, '_') then ' ' || error_type else '' end)
        end as codes,
        case when status in ('error', 'blocked') then lower(coalesce(error_message, '')) end as message,
        coalesce(lower(provider) in ('zhipu', 'zhipuai', 'zai', 'z-ai', 'z.ai', 'bigmodel'), false) as is_numbered
    from canonical
),

judged as (
    select
        *,
        case
            when not is_failed then null
            when stated_cause is not null then stated_cause || '|explicit_reason'
            when regexp_matches(reason || ' ' || class, 'gateway_rate_limit|proxyratelimiterror') then 'gateway_limit|explicit_reason'
            when coalesce(http_status < 500, true) and regexp_matches(reason || ' ' || codes,
                'budget_exceeded|insufficient_?(quota|credit|balance|fund)|billing|spend(ing)?_limit|payment_?required|credit_limit'
                || '|balance_(exhausted|not_enough)|not_enough_(balance|credit)|current_quota|usage_limit_exceeded|overdue|arrear')
                or (is_numbered and code in ('1113', '1308', '1309', '1310'))
                then 'cost_ceiling|error_code'
            when regexp_matches(reason || ' ' || codes,
                'model_access_denied|model_not_allowed|model_?(not_?(enabled|open)|disabled|permission_blocked)|organization_restricted'
                || '|account_?(deactivated|disabled|suspended|locked)|service_disabled|formnotfilled')
                or (is_numbered and code in ('1112', '1121', '1311'))
                then 'admin_disabled|error_code'
            when regexp_matches(reason || ' ' || codes || ' ' || class,
                'context_?(window|length|limit)|request_too_large|(prompt|input|string)_?too_?(long|large)')
                or (is_numbered and code = '1261')
                then 'context_window|error_code'
            when regexp_matches(codes || ' ' || class || ' ' || reason,
                'content_policy|content_filter|contentpolicy|responsibleai|guardrail_intervened|moderation|bio_policy|invalid_prompt|prohibited_content'
                || '|content_?(violation|blocked)|sensitive_?content|risk_?detection|data_?inspection|(^| )safety')
                or (is_numbered and code in ('1300', '1301'))
                then 'content_policy|error_code'
            when regexp_matches(codes, 'unsupported_(parameter|value|feature|content)|not_?supported')
                or (is_numbered and code = '1212')
                then 'capability_missing|error_code'
            when regexp_matches(codes,
                'throttl|rate_?limit|too_?many_?requests|request_?limit|concurrenc|(request|token)_quota|servicequotaexceeded'
                || '|capacity_exceeded|slow_down')
                or (http_status = 429 and regexp_matches(codes, 'overload'))
                or (is_numbered and code in ('1302', '1303', '1304', '1305'))
                then 'provider_throttled|error_code'
            when http_status = 500 and regexp_matches(codes, 'internal') then 'provider_outage|error_code'
            when regexp_matches(codes, 'timeout|timed_?out|deadline_?exceeded|econnaborted') then 'latency_breach|error_code'
            when regexp_matches(codes,
                'unavailable|internal_?(server|service|error)|(^| )internal( |$)|modelnotready|modelerror|modelstreamerror|server_error|overload'
                || '|bad_?gateway|(^| )(econn(reset|refused)|epipe|enotfound|eai_again|und_err_socket)( |$)')
                or (is_numbered and code in ('1234', '1312'))
                then 'provider_outage|error_code'
            when regexp_matches(codes,
                'unauthorized|unauthenticated|authentication|(invalid|wrong|incorrect)_?api_?key|api_key_invalid|(expired|invalid)_?(iam_)?token'
                || '|unrecognizedclient|incompletesignature|(^| )notauthorized|requestexpired')
                or (is_numbered and code in ('1000', '1001', '1002', '1003', '1004'))
                then 'auth|error_code'
            when class = 'routerratelimiterrorbasic' then 'provider_throttled|exception_type'
            when regexp_matches(reason, 'no_healthy_deployments') or class = 'routerratelimiterror' then 'unknown|none'
            when regexp_matches(message, 'quota exceeded for metric|please retry in') then 'provider_throttled|message_pattern'
            when coalesce(http_status < 500, true) and (
                regexp_matches(message, 'exceeded your current quota|insufficient_quota|credit balance|billing|(prepayment|all available) credits')
                or regexp_matches(message, 'budget has been exceeded|crossed budget|spending limit|insufficient (credits|balance|funds)')
                or regexp_matches(message, 'included credits|overdue balance|account is in good standing|out of credits')
                or regexp_matches(message, 'specified (api|workspace api) usage limits|retry after 86400 seconds')
            )
                then 'cost_ceiling|message_pattern'
            when regexp_matches(message,
                'maximum (context|prompt) length|context window|context_length_exceeded|input token count exceeds')
                or regexp_matches(message, 'exceeds the maximum number of tokens|(prompt|input) is too long')
                or regexp_matches(message, 'too many tokens: |`max_new_tokens` must be|`inputs` must have less than|model token limit')
                or regexp_matches(message, 'range of input length|exceeds the context length|less than the context length|reduce the length of the messages')
                then 'context_window|message_pattern'
            when regexp_matches(message,
                'content policy|content management policy|content_filter|content filtering policy|safety system|flagged as potentially')
                or regexp_matches(message, 'violates usage guidelines|violates our usage|requires moderation|your input was flagged|content exists risk')
                or regexp_matches(message, 'inappropriate content|sensitive (content|information)|considered high risk')
                then 'content_policy|message_pattern'
            when regexp_matches(message,
                'organization policy constraint|disallowed gen ai model|organization has been disabled|have access to the model with the specified')
                then 'admin_disabled|message_pattern'
            when (http_status = 403 or regexp_matches(class || ' ' || codes, 'permission|access_?denied') or regexp_matches(message, '^error code: 403'))
                and regexp_matches(message,
                    'disabled|suspended|deactivated|not enabled|not allowed|not authorized to use model|explicit deny|agreement|not have access to model')
                then 'admin_disabled|message_pattern'
            when coalesce(http_status not in (401, 403), true) and regexp_matches(message, 'api key not valid|invalid api token|(incorrect|invalid) api key')
                then 'auth|message_pattern'
            when http_status in (400, 404, 422) and regexp_matches(message,
                'endpoints found that support|does not support|is not supported (with|by the)')
                then 'capability_missing|message_pattern'
            when regexp_matches(codes, 'resource_exhausted') then 'provider_throttled|error_code'
            when regexp_matches(codes, 'accessdenied|permission_(denied|error)') then 'auth|error_code'
            when regexp_matches(codes, 'api_error') then 'provider_outage|error_code'
            when http_status in (429, 498) then 'provider_throttled|http_status'
            when http_status in (408, 504, 524) then 'latency_breach|http_status'
            when http_status in (401, 403) then 'auth|http_status'
            when http_status = 402 then 'cost_ceiling|http_status'
            when http_status = 413 then 'context_window|http_status'
            when http_status between 500 and 599 then 'provider_outage|http_status'
            when regexp_matches(class, 'timeout|timedout|deadlineexceeded') then 'latency_breach|exception_type'
            when regexp_matches(class, 'ratelimit|throttl|toomanyrequests|resourceexhausted') then 'provider_throttled|exception_type'
            when regexp_matches(class,
                'internalserver|serviceunavailable|badgateway|overloaded|midstream|connect(ion|or)?(error|exception|refused|reset|aborted|closed)'
                || '|connection|disconnected|(read|write|close|network|proxy|protocol|ssl|socket|payload|chunkedencoding|clientos)(error|exception)'
                || '|incompleteread|brokenpipe|gaierror|unknownhost|nohttpresponse|sslhandshake')
                then 'provider_outage|exception_type'
            when regexp_matches(class, 'authentication|permission|unauthorized|forbidden|nocredentials|defaultcredentials|invalidtoken')
                then 'auth|exception_type'
            when regexp_matches(message, 'rate limit|too many requests|throttl') then 'provider_throttled|message_pattern'
            when regexp_matches(message, 'timed out|timeout|deadline') then 'latency_breach|message_pattern'
            when regexp_matches(message, 'overloaded|service unavailable|internal server error|connection (error|reset|refused)')
                then 'provider_outage|message_pattern'
            else 'unknown|none'
        end as verdict
    from failed
)

select
    case
        when is_future or is_ancient then null
        when attempt_key is not null and request_key is not null and started_at is not null and status is not null
            and isfinite(coalesce(cost_usd, 0)) and isfinite(coalesce(confidence, 0)) and isfinite(coalesce(ttft_ms, 0))
            then md5($source || '/' || attempt_key || '/' || epoch_us(started_at))
    end as attempt_id,
    $source || ':' || request_key as request_id,
    run_id,
    $source as source,
    $file_id as file_id,
    line,
    started_at,
    ended_at,
    case when ended_at >= started_at then (epoch_us(ended_at) - epoch_us(started_at)) / 1000.0 end as duration_ms,
    case when ttft_ms >= 0 then ttft_ms end as ttft_ms,
    workflow,
    team,
    environment,
    absent(route) as route,
    absent(key_alias) as key_alias,
    absent(service) as service,
    lower(absent(provider)) as provider,
    absent(model_requested) as model_requested,
    absent(model_served) as model_served,
    case when absent(model_served) is not null then served_model_source end as served_model_source,
    absent(deployment) as deployment,
    region,
    lane,
    status,
    split_part(verdict, '|', 1) as cause,
    split_part(verdict, '|', 2) as cause_basis,
    http_status,
    case when is_failed then scrub(error_code) end as error_code,
    case when is_failed then scrub(error_type) end as error_type,
    case when is_failed then scrub(error_message) end as error_message,
    case when input_tokens >= 0 then input_tokens end as input_tokens,
    case when output_tokens >= 0 then output_tokens end as output_tokens,
    case when cost_usd >= 0 then cost_usd end as cost_usd,
    is_cache_hit,
    is_stream,
    case when confidence between 0 and 1 then confidence end as confidence,
    is_marked,
    guardrails_ran,
    declared_fallback_count,
    chain_basis,
    lower(trace_id) as trace_id,
    absent(session_id) as session_id,
    absent(provider_request_id) as provider_request_id,
    absent(provider_response_id) as provider_response_id,
    case when absent(user_ref) is not null then left(sha256($hash_key || user_ref), 32) end as user_hash,
    coalesce(weight, 1.0) as weight,
    case
        when is_future then 'its time lies in the future: ' || cast(started_at as varchar)
        when is_ancient then 'its time lies before 2015, so its clock was not set: ' || cast(started_at as varchar)
        else problem
    end as problem,
    is_ignored
from judged
