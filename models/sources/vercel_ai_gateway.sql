-- [source]
-- title     = "Vercel AI Gateway, routing metadata of an answer"
-- file      = "JSON lines that the application writes: its time (ts, timestamp, time or created_at), its labels, and providerMetadata as the AI SDK gives it"
-- emits     = "attempts"
-- grain     = "nested"
-- recognize = ["providerMetadata.gateway"]
-- required  = ["providerMetadata"]
-- reports   = ["error", "latency", "tokens", "cost", "served_model", "requested_model", "workflow", "chain"]
-- evidence  = "the vendor's docs and types name modelAttempts and triggeredBy (VERIFIED source); providerAttempts, statusCode and times from consumers' code and one public error body (secondary); no own capture"
-- limits    = ["the gateway exports no log: what the application does not write is not seen",
--              "routing is an open map that may change without notice",
--              "low confidence is stated for decision requests only",
--              "the same model at another host is a retry, no fallback",
--              "where attempts carry no times, the record's own time is taken for their start"]
-- [columns]
-- ts               = "VARCHAR"
-- timestamp        = "VARCHAR"
-- time             = "VARCHAR"
-- created_at       = "VARCHAR"
-- providerMetadata = '''STRUCT(gateway STRUCT(
--     generationId VARCHAR, cost VARCHAR, originalModelId VARCHAR, finalProvider VARCHAR, resolvedProvider VARCHAR,
--     modelAttempts STRUCT(
--         canonicalSlug VARCHAR, modelId VARCHAR, success BOOLEAN, generationId VARCHAR, cost VARCHAR,
--         usage STRUCT(inputTokens BIGINT, outputTokens BIGINT), triggeredBy STRUCT(reason VARCHAR)[],
--         providerAttempts STRUCT(provider VARCHAR, providerApiModelId VARCHAR, success BOOLEAN, startTime DOUBLE, endTime DOUBLE, statusCode BIGINT, error JSON, providerResponseId VARCHAR)[])[],
--     routing STRUCT(originalModelId VARCHAR, canonicalSlug VARCHAR, finalProvider VARCHAR, resolvedProvider VARCHAR,
--         attempts STRUCT(provider VARCHAR, providerApiModelId VARCHAR, success BOOLEAN, startTime DOUBLE, endTime DOUBLE, statusCode BIGINT, error JSON, providerResponseId VARCHAR)[],
--         modelAttempts STRUCT(
--             canonicalSlug VARCHAR, modelId VARCHAR, success BOOLEAN, generationId VARCHAR, cost VARCHAR,
--             usage STRUCT(inputTokens BIGINT, outputTokens BIGINT), triggeredBy STRUCT(reason VARCHAR)[],
--             providerAttempts STRUCT(provider VARCHAR, providerApiModelId VARCHAR, success BOOLEAN, startTime DOUBLE, endTime DOUBLE, statusCode BIGINT, error JSON, providerResponseId VARCHAR)[])[])
-- ))'''
-- usage    = "STRUCT(inputTokens BIGINT, outputTokens BIGINT, prompt_tokens BIGINT, completion_tokens BIGINT)"
-- error    = "JSON"
-- workflow = "VARCHAR"
-- team     = "VARCHAR"
-- user     = "VARCHAR"
-- tags     = "VARCHAR[]"
-- metadata = "JSON"
--
-- A fallback for low confidence has two successful attempts: the first was answered and set aside, which the
-- triggeredBy of the second tells. The text of its question is not read.
-- Times of attempts are epoch milliseconds, or milliseconds since an unknown start, of which only differences count.
with gateways as (
    select
        *,
        providerMetadata.gateway as gateway,
        coalesce(ts, timestamp, time, created_at) as written,
        coalesce(providerMetadata.gateway.routing.modelAttempts, providerMetadata.gateway.modelAttempts) as models
    from records
),

stages as (
    select
        *,
        unnest(case when len(models) > 0 then models else [null] end) as model,
        generate_subscripts(case when len(models) > 0 then models else [null] end, 1) as stage,
        greatest(coalesce(len(models), 0), 1) as stage_count,
        case
            when len(models) > 0 or len(gateway.routing.attempts) > 0 then 'explicit_attempts'
            else 'single_row'
        end as basis
    from gateways
),

hosts as (
    select
        *,
        coalesce(model.canonicalSlug, model.modelId, gateway.routing.canonicalSlug, gateway.routing.originalModelId, gateway.originalModelId)
            as slug,
        case
            when len(model.providerAttempts) > 0 then model.providerAttempts
            when stage_count = 1 and len(gateway.routing.attempts) > 0 then gateway.routing.attempts
            else [null]
        end as tries
    from stages
),

tries as (
    select *, unnest(tries) as try, generate_subscripts(tries, 1) as place, generate_subscripts(tries, 1) = len(tries) as ends_stage from hosts
),

timed as (
    select
        *,
        stage = stage_count and ends_stage as is_last,
        coalesce(try.success, try.statusCode < 400, model.success, error is null) as is_answered,
        coalesce(len(models[stage + 1].triggeredBy) > 0, false) and ends_stage as is_set_aside,
        case when try.startTime between 0 and 1e14 then try.startTime end as start_ms,
        case when try.endTime - try.startTime between 0 and 86400000 then try.endTime - try.startTime end as took_ms,
        min(case when try.startTime between 0 and 1e14 then try.startTime end) over (partition by line) as first_ms,
        bool_or(model.cost is not null) over (partition by line) as has_stage_costs,
        try_cast(written as double) as written_number,
        row_number() over (partition by line order by stage, place) as rank
    from tries
),

placed as (
    select
        *,
        case
            when first_ms >= 1e12 then to_timestamp(first_ms / 1000)
            when written_number between 1e11 and 1e14 then to_timestamp(written_number / 1000)
            when written_number between 0 and 1e11 then to_timestamp(written_number)
            when written_number is null then try_cast(written as timestamptz)
        end + to_microseconds(cast(1000 * coalesce(start_ms - first_ms, 0) as bigint) + case when start_ms is null then rank - 1 else 0 end)
            as started_at,
        coalesce(json_extract_string(try.error, '$.message'), json_extract_string(try.error, '$'), case when is_last and not is_answered then
            coalesce(json_extract_string(error, '$.message'), json_extract_string(error, '$')) end) as message,
        coalesce(json_extract_string(try.error, '$.type'), case when is_last and not is_answered then json_extract_string(error, '$.type') end)
            as code
    from timed
)

select
    line,
    coalesce(gateway.generationId, md5(written || to_json(models)), '') || '/' || rank as attempt_key,
    coalesce(gateway.generationId, md5(written || to_json(models))) as request_key,
    basis as chain_basis,
    started_at,
    started_at + to_microseconds(cast(1000 * took_ms as bigint)) as ended_at,
    coalesce(try.provider, case when is_last then coalesce(gateway.routing.finalProvider, gateway.routing.resolvedProvider, gateway.finalProvider) end)
        as provider,
    slug as model_requested,
    case when is_answered then slug end as model_served,
    case when basis = 'explicit_attempts' then 'response_field' else 'declared' end as served_model_source,
    coalesce(try.provider || '/' || try.providerApiModelId, try.provider) as deployment,
    case when not is_answered then 'error' when is_set_aside then 'blocked' else 'ok' end as status,
    case
        when is_set_aside and regexp_matches(models[stage + 1].triggeredBy[1].reason, 'confidence|probability') then 'low_confidence'
        when is_set_aside then 'unknown'
    end as stated_cause,
    try.statusCode as http_status,
    code as error_code,
    case when is_last and json_extract_string(error, '$.ruleId') is not null then 'model_not_allowed' end as error_reason,
    message as error_message,
    case when ends_stage then coalesce(model.usage.inputTokens, case when is_last then coalesce(usage.inputTokens, usage.prompt_tokens) end) end
        as input_tokens,
    case when ends_stage then coalesce(model.usage.outputTokens, case when is_last then coalesce(usage.outputTokens, usage.completion_tokens) end) end
        as output_tokens,
    try_cast(case when ends_stage and has_stage_costs then model.cost when is_last then gateway.cost end as double) as cost_usd,
    coalesce(try.providerResponseId, case when ends_stage then model.generationId end) as provider_response_id,
    user as user_ref,
    tags,
    json_merge_patch(to_json({workflow: workflow, team: team}), coalesce(metadata, '{}')) as metadata,
    case
        when gateway is null then 'providerMetadata holds no gateway'
        when started_at is null then 'no time: the application writes none, nor do the attempts'
    end as problem
from placed
order by line, rank
