-- [source]
-- title     = "OpenAI API, completions, responses and error bodies as an application logs them"
-- file      = "JSON lines: each chat completion or response (or error body) as received, with `timestamp` and where you can `duration_ms`, `status_code`, `request_id`, `request.model`, `metadata`, `session_id`, `trace_id`, and `call_id`, the same for all attempts of one call"
-- emits     = "attempts"
-- observer  = "application"
-- recognize = ["object", "model", "usage", "id"]
-- required  = ["id"]
-- reports   = ["error", "latency", "tokens", "served_model", "requested_model", "workflow", "chain"]
-- ignored   = "is neither an answer nor an error"
-- evidence  = "public OpenAPI description of 2026 (objects, error envelope, codes of failed responses); no own capture yet"
-- limits    = ["an error body holds no time and no id: a line to which the application added none is refused",
--              "without call_id every answer stands alone: that no fallback happened before it is not shown",
--              "the model asked for only where the application adds `request.model`",
--              "compatible providers write the same: add `provider`, else they are told as openai",
--              "behind a LiteLLM proxy (`provider` = litellm) since 1.85.0 `model` repeats what was asked for: add `gateway_version` (header x-litellm-version); without it, or later, who answered is not told",
--              "a file of errors alone is not recognized: name the format in readback.toml", "no cost"]
-- [columns]
-- id                 = "VARCHAR"
-- object             = "VARCHAR"
-- created            = "VARCHAR"
-- created_at         = "VARCHAR"
-- model              = "VARCHAR"
-- status             = "VARCHAR"
-- choices            = "STRUCT(finish_reason VARCHAR)[]"
-- incomplete_details = "STRUCT(reason VARCHAR)"
-- usage              = "STRUCT(prompt_tokens BIGINT, completion_tokens BIGINT, input_tokens BIGINT, output_tokens BIGINT)"
-- error              = '''STRUCT(code VARCHAR, "type" VARCHAR, message VARCHAR)'''
-- request            = '''STRUCT(model VARCHAR, stream BOOLEAN, "user" VARCHAR)'''
-- provider           = "VARCHAR"
-- gateway_version    = "VARCHAR"
-- call_id            = "VARCHAR"
-- request_id         = "VARCHAR"
-- status_code        = "BIGINT"
-- timestamp          = "VARCHAR"
-- duration_ms        = "DOUBLE"
-- session_id         = "VARCHAR"
-- trace_id           = "VARCHAR"
-- metadata           = "JSON"
--
-- HTTP 200 proves nothing: a response may be `failed` or filtered. `timestamp` is the start; without it, the answer's
-- own time of creation. An API's time is in whole seconds.
with timed as (
    select
        *,
        list_transform([coalesce(timestamp, created, created_at)], lambda word: case
            when try_cast(word as double) is null then try_cast(word as timestamptz)
            when try_cast(word as double) between 0 and 1e11 then to_timestamp(cast(word as double))
            when try_cast(word as double) between 1e11 and 1e14 then to_timestamp(cast(word as double) / 1e3)
        end)[1] as began_at,
        coalesce(absent(id), absent(request_id)) as own_id,
        error.code is not null or error.message is not null or status = 'failed' or status_code >= 400 as is_failed,
        lower(provider) = 'litellm' and coalesce(
            1000 * try_cast(regexp_extract(gateway_version, '^v?([0-9]+)[.][0-9]+', 1) as integer)
            + try_cast(regexp_extract(gateway_version, '^v?[0-9]+[.]([0-9]+)', 1) as integer) >= 1085, true
        ) as is_masked,
        list_contains(list_transform(choices, lambda choice: choice.finish_reason), 'content_filter')
        or incomplete_details.reason = 'content_filter' as is_filtered
    from records
),

judged as (
    select *, case
        when is_failed then 'error'
        when status in ('cancelled', 'canceled') then 'cancelled'
        when is_filtered then 'blocked'
        when model is not null and object in ('chat.completion', 'response', 'text_completion', 'list') then 'ok'
    end as ending
    from timed
)

select
    own_id as attempt_key,
    coalesce(absent(call_id), own_id) as request_key,
    case when absent(call_id) is null then 'single_row' else 'explicit_attempts' end as chain_basis,
    began_at as started_at,
    began_at + to_microseconds(try_cast(1000 * duration_ms as integer)) as ended_at,
    coalesce(absent(provider), 'openai') as provider,
    coalesce(absent(request.model), model) as model_requested,
    case when ending = 'ok' and not coalesce(is_masked, false) then model end as model_served,
    'response_field' as served_model_source,
    ending as status,
    status_code as http_status,
    case when ending = 'blocked' then 'content_filter' else coalesce(error.code, error.type) end as error_code,
    error.type as error_type,
    error.message as error_message,
    coalesce(usage.prompt_tokens, usage.input_tokens) as input_tokens,
    coalesce(usage.completion_tokens, usage.output_tokens) as output_tokens,
    request.stream as is_stream,
    trace_id,
    session_id,
    request_id as provider_request_id,
    id as provider_response_id,
    request.user as user_ref,
    metadata,
    own_id is not null and ending is null as is_ignored,
    case
        when ending is null then null
        when own_id is null then 'neither id nor request_id: nothing tells one error from another'
        when began_at is null then 'no time: an error body has none, so the application that logs it has to add timestamp'
    end as problem
from judged
