-- [source]
-- title     = "OpenRouter, generation records"
-- file      = "one answer of GET /api/v1/generation?id=... a line; the application keeps the ids"
-- emits     = "attempts"
-- grain     = "nested"
-- recognize = ["data.id", "data.provider_responses", "data.native_tokens_prompt", "data.created_at"]
-- required  = ["data"]
-- reports   = ["error", "latency", "tokens", "cost", "served_model", "requested_model", "chain"]
-- ignores   = ["error"]
-- ignored   = "tells that a generation was not found"
-- evidence  = "types of the vendor's SDK 1.3.84 (VERIFIED source); order and null rules of provider_responses UNVERIFIED; no own capture"
-- limits    = ["the list of models that was asked for is not in the record: a model that was passed over without a try is not seen",
--              "the same model at another host is a retry, no fallback",
--              "a status, never a message: 403 is a permission or a guardrail, a context overflow is a bare 400",
--              "without provider_responses, or where these name no model, a record tells who answered, not whether it fell back",
--              "created_at is taken as the start of the first try; tries follow one another by their latencies",
--              "the cost of a call with the user's own key is only the fee"]
-- [columns]
-- data = '''STRUCT(
--     id VARCHAR, created_at VARCHAR, model VARCHAR, provider_name VARCHAR, router VARCHAR,
--     provider_responses STRUCT(id VARCHAR, status VARCHAR, provider_name VARCHAR, model_permaslug VARCHAR, endpoint_id VARCHAR, latency DOUBLE)[],
--     finish_reason VARCHAR, cancelled BOOLEAN, streamed BOOLEAN, latency DOUBLE, total_cost DOUBLE,
--     tokens_prompt BIGINT, tokens_completion BIGINT, native_tokens_prompt BIGINT, native_tokens_completion BIGINT,
--     upstream_id VARCHAR, external_user VARCHAR, session_id VARCHAR, workspace_id VARCHAR, app_id VARCHAR, preset_id VARCHAR,
--     data_region VARCHAR, response_cache_source_id VARCHAR
-- )'''
--
-- An answer goes last whatever the order of the list: nothing is tried after one. Native token counts are the
-- provider's own, and are what is paid for. 524 is what the vendor's SDK calls an edge network timeout.
with generations as (
    select
        line,
        data as told,
        coalesce(len(data.provider_responses) > 0, false)
        and (len(data.provider_responses) = 1 or list_bool_and(list_transform(data.provider_responses, lambda t: t.model_permaslug is not null)))
            as has_models,
        case when len(data.provider_responses) > 0 then data.provider_responses else [null] end as tries
    from records
),

unfolded as (
    select *, unnest(tries) as try, generate_subscripts(tries, 1) as listed from generations
),

tries as (
    select
        *,
        try_cast(try.status as bigint) as http_status,
        case when try.latency between 0 and 86400000 then try.latency end as latency_ms,
        coalesce(try_cast(try.status as bigint) < 400, told.finish_reason <> 'error' or told.cancelled, false) as is_answered
    from unfolded
),

placed as (
    select
        *,
        row_number() over (partition by line order by is_answered, listed) as place,
        sum(coalesce(latency_ms, 0)) over (partition by line order by is_answered, listed rows unbounded preceding)
        - coalesce(latency_ms, 0) as waited_ms,
        row_number() over (partition by line order by is_answered desc, listed desc) = 1 as is_last
    from tries
),

timed as (
    select
        *,
        try_cast(told.created_at as timestamptz) + to_microseconds(cast(1000 * waited_ms as bigint)) as started_at,
        coalesce(latency_ms, case when is_last and told.latency between 0 and 86400000 then told.latency - waited_ms end) as took_ms
    from placed
)

select
    line,
    told.id || '/' || place as attempt_key,
    told.id as request_key,
    case when has_models then 'explicit_attempts' else 'single_row' end as chain_basis,
    started_at,
    started_at + to_microseconds(cast(1000 * took_ms as bigint)) as ended_at,
    told.router as route,
    coalesce(try.provider_name, case when is_last then told.provider_name end) as provider,
    coalesce(try.model_permaslug, case when has_models and is_answered and is_last then told.model end) as model_requested,
    case when is_answered and is_last then coalesce(try.model_permaslug, told.model) end as model_served,
    'response_field' as served_model_source,
    coalesce(try.endpoint_id, try.provider_name, case when is_last then told.provider_name end) as deployment,
    told.data_region as region,
    case
        when not is_answered or not is_last then 'error'
        when told.cancelled then 'cancelled'
        when told.finish_reason = 'content_filter' then 'blocked'
        when told.finish_reason = 'error' then 'error'
        else 'ok'
    end as status,
    http_status,
    case when http_status = 524 then 'EdgeNetworkTimeout' end as error_type,
    case when is_answered and is_last and told.finish_reason = 'content_filter' then 'content_filter' end as error_code,
    case when is_last then coalesce(told.native_tokens_prompt, told.tokens_prompt) end as input_tokens,
    case when is_last then coalesce(told.native_tokens_completion, told.tokens_completion) end as output_tokens,
    case when is_last then told.total_cost end as cost_usd,
    told.response_cache_source_id is not null as is_cache_hit,
    told.streamed as is_stream,
    told.session_id,
    coalesce(try.id, case when is_last then told.upstream_id end) as provider_response_id,
    told.external_user as user_ref,
    to_json({workspace_id: told.workspace_id, app_id: told.app_id, preset_id: told.preset_id}) as metadata,
    case
        when told.id is null then 'data has no id'
        when started_at is null then 'created_at is not a time'
    end as problem
from timed
order by line, place
