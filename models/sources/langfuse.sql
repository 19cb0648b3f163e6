-- [source]
-- title     = "Langfuse, observations"
-- file      = "scheduled blob export observations_v2/ (JSONL, CSV or Parquet), a table export, or the items of GET /api/public/observations one a line"
-- emits     = "attempts"
-- observer  = "application"
-- recognize = ["type=GENERATION", "id", "level"]
-- required  = ["id", "type"]
-- reports   = ["error", "latency", "tokens", "cost", "served_model", "requested_model", "workflow", "chain"]
-- ignored   = "is no call of a model, or has not ended"
-- evidence  = "types of the vendor's SDK 5.0.4 and field reference of the blob export (VERIFIED source); no own capture"
-- limits    = ["no error code: a cause rests on the status message",
--              "retries inside an SDK are one observation: retry frequency is a floor",
--              "attempts are joined where they are siblings under one parent",
--              "model is what the application wrote: a gateway that answers by another model must tell it",
--              "tags and metadata of the trace count where the export holds the field group trace_context"]
-- [columns]
-- id                    = "VARCHAR"
-- type                  = "VARCHAR"
-- level                 = "VARCHAR"
-- trace_id              = "VARCHAR"
-- traceId               = "VARCHAR"
-- parent_observation_id = "VARCHAR"
-- parentObservationId   = "VARCHAR"
-- start_time            = "VARCHAR"
-- startTime             = "VARCHAR"
-- end_time              = "VARCHAR"
-- endTime               = "VARCHAR"
-- completion_start_time = "VARCHAR"
-- completionStartTime   = "VARCHAR"
-- status_message        = "VARCHAR"
-- statusMessage         = "VARCHAR"
-- model                 = "VARCHAR"
-- provided_model_name   = "VARCHAR"
-- providedModelName     = "VARCHAR"
-- usage_details         = "JSON"
-- usageDetails          = "JSON"
-- cost_details          = "JSON"
-- costDetails           = "JSON"
-- total_cost            = "DOUBLE"
-- totalCost             = "DOUBLE"
-- environment           = "VARCHAR"
-- trace_name            = "VARCHAR"
-- traceName             = "VARCHAR"
-- user_id               = "VARCHAR"
-- userId                = "VARCHAR"
-- session_id            = "VARCHAR"
-- sessionId             = "VARCHAR"
-- tags                  = "JSON"
-- metadata              = "JSON"
--
-- The API writes camel case, the blob export snake case; its times have no zone and are UTC. CSV gives maps as text,
-- Parquet as a list of keys and values. Windows of an export overlap: a call that has not ended is told again, ended.
with named as (
    select
        id,
        type,
        level = 'ERROR' as is_error,
        coalesce(type in ('GENERATION', 'EMBEDDING'), false) as is_call,
        coalesce(traceId, trace_id) as trace,
        coalesce(parentObservationId, parent_observation_id, id) as parent,
        try_cast(coalesce(startTime, start_time) as timestamptz) as started_at,
        try_cast(coalesce(endTime, end_time) as timestamptz) as ended_at,
        try_cast(coalesce(completionStartTime, completion_start_time) as timestamptz) as first_at,
        coalesce(statusMessage, status_message) as message,
        coalesce(providedModelName, provided_model_name, model) as model_name,
        coalesce(totalCost, total_cost) as cost,
        environment as environment_name,
        coalesce(traceName, trace_name) as trace_name,
        coalesce(userId, user_id) as person,
        coalesce(sessionId, session_id) as session_name,
        list_transform([coalesce(usageDetails, usage_details), coalesce(costDetails, cost_details), tags, metadata], lambda value:
            case json_type(value) when 'VARCHAR' then try_cast(json_extract_string(value, '$') as json) else value end
        ) as objects,
        coalesce(
            type in ('GENERATION', 'EMBEDDING') and level <> 'ERROR' and coalesce(endTime, end_time) is null
            and try_cast(coalesce(startTime, start_time) as timestamptz) is not null, false
        ) as is_pending
    from records
),

mapped as (
    select
        *,
        list_transform(objects, lambda value:
            case
                when json_type(value) = 'ARRAY' and json_type(value, '$[0]') = 'OBJECT'
                    then try_cast('{' || coalesce(array_to_string(list_transform(
                        json_transform(value, '[{"key": "VARCHAR", "value": "VARCHAR"}]'),
                        lambda e: case when e.key is not null then to_json(e.key) || ':' || coalesce(to_json(e.value), 'null') end
                    ), ','), '') || '}' as json)
                else value
            end
        ) as told
    from named
)

select
    case when is_call and not is_pending then id end as attempt_key,
    coalesce(trace, '') || '/' || parent as request_key,
    'sibling_spans' as chain_basis,
    started_at,
    ended_at,
    (epoch_us(first_at) - epoch_us(started_at)) / 1000.0 as ttft_ms,
    environment_name as environment,
    model_name as model_requested,
    case when not is_error then model_name end as model_served,
    'declared' as served_model_source,
    case when is_error then 'error' when not is_error then 'ok' end as status,
    try_cast(nullif(regexp_extract(message, '(?i)(?:error code|status(?: code)?|http)\W{1,3}([1-5][0-9]{2})\b', 1), '') as bigint)
        as http_status,
    nullif(regexp_extract(message, '^[\w.]*?(\w+(?:Error|Exception|Timeout))\b', 1), '') as error_type,
    message as error_message,
    try_cast(json_extract_string(told[1], '$.input') as bigint) as input_tokens,
    try_cast(json_extract_string(told[1], '$.output') as bigint) as output_tokens,
    coalesce(cost, try_cast(json_extract_string(told[2], '$.total') as double)) as cost_usd,
    first_at is not null as is_stream,
    trace as trace_id,
    session_name as session_id,
    person as user_ref,
    json_transform(told[3], '["VARCHAR"]') as tags,
    case when json_type(told[4]) = 'OBJECT' then told[4] end as metadata,
    case when trace_name is not null then to_json({workflow: trace_name}) end as attributes,
    case
        when is_pending then null
        when is_call and started_at is null then 'start_time is not a time'
        when is_call and is_error is null then 'level absent'
    end as problem,
    id is not null and type is not null and (not is_call or is_pending) as is_ignored
from mapped
