-- [source]
-- title     = "Anthropic Messages API, responses and error bodies as an application logs them"
-- file      = "JSON lines: each response (or error body) as received, with `timestamp` (or `started_at`), and where you can `duration_ms`, `status_code`, `request.model`, `metadata`, `session_id`, `trace_id`, and `call_id`, the same for all attempts of one call"
-- emits     = "attempts"
-- grain     = "nested"
-- observer  = "application"
-- recognize = ["type=message", "stop_reason", "usage"]
-- required  = ["type"]
-- reports   = ["error", "latency", "tokens", "served_model", "requested_model", "workflow", "chain"]
-- ignored   = "is neither a message nor an error"
-- evidence  = "types of the public Python SDK and its fixtures (server-side fallbacks are a beta); no own capture yet"
-- limits    = ["the API's body holds no time: a line to which the application added none is refused",
--              "without call_id or a fallback inside it a response stands alone: that none happened outside it is not shown",
--              "when a declined attempt ended is not told: added latency of a fallback inside a response is a floor",
--              "the model asked for only where the application adds `request.model`, or a fallback names it",
--              "a file of errors alone is not recognized: name the format in readback.toml", "no cost"]
-- [columns]
-- type         = "VARCHAR"
-- id           = "VARCHAR"
-- request_id   = "VARCHAR"
-- call_id      = "VARCHAR"
-- model        = "VARCHAR"
-- stop_reason  = "VARCHAR"
-- stop_details = "STRUCT(category VARCHAR, recommended_model VARCHAR)"
-- content      = '''STRUCT("type" VARCHAR, "from" STRUCT(model VARCHAR), "to" STRUCT(model VARCHAR), "trigger" STRUCT("type" VARCHAR))[]'''
-- usage        = '''STRUCT(input_tokens BIGINT, output_tokens BIGINT, iterations STRUCT("type" VARCHAR, model VARCHAR, input_tokens BIGINT, output_tokens BIGINT)[])'''
-- error        = '''STRUCT("type" VARCHAR, message VARCHAR)'''
-- request      = "STRUCT(model VARCHAR, stream BOOLEAN, metadata STRUCT(user_id VARCHAR))"
-- status_code  = "BIGINT"
-- timestamp    = "VARCHAR"
-- started_at   = "VARCHAR"
-- duration_ms  = "DOUBLE"
-- session_id   = "VARCHAR"
-- trace_id     = "VARCHAR"
-- metadata     = "JSON"
--
-- HTTP 200 proves nothing: a refusal is one, and so is an answer by a substitute. Who answered stands in the last
-- `fallback_message` of usage.iterations, also in later turns that are pinned to it and carry no `fallback` block.
-- A recommended_model is a substitute that could not be reached: a fallback that failed.
with timed as (
    select
        *,
        coalesce(absent(id), absent(request_id)) as own_id,
        list_transform([coalesce(started_at, timestamp)], lambda word: case
            when try_cast(word as double) is null then try_cast(word as timestamptz)
            when try_cast(word as double) between 0 and 1e11 then to_timestamp(cast(word as double))
            when try_cast(word as double) between 1e11 and 1e14 then to_timestamp(cast(word as double) / 1e3)
        end)[1] as began_at,
        coalesce(list_filter(content, lambda block: block.type = 'fallback'), []) as blocks,
        coalesce(list_filter(usage.iterations, lambda i: i.type in ('message', 'fallback_message')), []) as tries
    from records
    where type in ('message', 'error')
),

answered as (
    select
        *,
        len(blocks) > 0 or list_contains(list_transform(tries, lambda i: i.type), 'fallback_message') as has_fallen,
        coalesce(list_filter(tries, lambda i: i.type = 'fallback_message')[-1].model, blocks[-1]."to".model, model) as answer_model,
        list_transform(blocks, lambda block: block."from".model) as block_models,
        list_transform(list_filter(tries, lambda i: i.type = 'message'), lambda i: coalesce(i.model, request.model)) as declined_models,
        case when stop_reason = 'refusal' then absent(stop_details.recommended_model) end as unreached_model
    from timed
),

listed as (
    select
        * exclude (left_models),
        list_filter(left_models, lambda m, place: m <> answer_model and list_position(left_models, m) = place) as hops -- noqa: PRS
    from (select *, case when len(blocks) > 0 then block_models when has_fallen then declined_models else [] end as left_models from answered)
),

tried as (
    select *, unnest(models) as hop_model, generate_subscripts(models, 1) as place
    from (select *, list_concat(hops, [answer_model], list_filter([unreached_model], lambda m: m is not null)) as models from listed)
),

judged as (
    select
        *,
        case when place <= len(hops) then 'declined' when place = len(hops) + 1 then 'last' else 'unreached' end as kind,
        coalesce(blocks[place].trigger.type, 'refusal') as trigger_type,
        case
            when type = 'error' or place > len(hops) + 1 then 'error'
            when place <= len(hops) or stop_reason = 'refusal' then 'blocked'
            when stop_reason = 'model_context_window_exceeded' then 'error'
            else 'ok'
        end as status,
        case when has_fallen then list_filter(tries, lambda i: coalesce(i.model, request.model) = hop_model)[-1] end as told
    from tried
)

select
    line,
    own_id || '/' || place as attempt_key,
    coalesce(absent(call_id), own_id) as request_key,
    case when absent(call_id) is not null or has_fallen or unreached_model is not null then 'explicit_attempts' else 'single_row' end as chain_basis,
    began_at + to_microseconds(place - 1) as started_at,
    case when place >= len(hops) + 1 then began_at + to_microseconds(greatest(try_cast(1000 * duration_ms as integer), place - 1)) end as ended_at,
    'anthropic' as provider,
    case
        when place > 1 or kind <> 'last' then hop_model
        else coalesce(absent(request.model), case when not has_fallen then model end)
    end as model_requested,
    case when status = 'ok' or (kind = 'last' and stop_reason = 'model_context_window_exceeded') then hop_model end as model_served,
    'response_field' as served_model_source,
    status,
    case
        when kind = 'declined' and trigger_type = 'refusal' then 'content_policy'
        when status = 'blocked' and kind = 'last' then 'content_policy'
        when kind = 'unreached' then 'unknown'
    end as stated_cause,
    case when kind = 'last' then status_code end as http_status,
    case kind
        when 'declined' then trigger_type
        when 'unreached' then 'fallback_unavailable'
        else coalesce(error.type, stop_reason)
    end as error_code,
    coalesce(error.type, case when kind = 'last' then stop_details.category end) as error_type,
    error.message as error_message,
    coalesce(told.input_tokens, case when kind = 'last' then usage.input_tokens end) as input_tokens,
    coalesce(told.output_tokens, case when kind = 'last' then usage.output_tokens end) as output_tokens,
    request.stream as is_stream,
    case when has_fallen then greatest(len(hops), 1) end as declared_fallback_count,
    trace_id,
    session_id,
    request_id as provider_request_id,
    id as provider_response_id,
    request.metadata.user_id as user_ref,
    metadata,
    case
        when own_id is null then 'neither id nor request_id: nothing tells one response from another'
        when began_at is null then 'no time: the API gives none, so the application that logs a response has to add timestamp'
    end as problem
from judged
order by line, place
