-- [source]
-- title     = "OpenAI Batch API, output and error file"
-- file      = "JSON lines downloaded by output_file_id and error_file_id; add `logged_at`, and `model` as asked for, where you can"
-- emits     = "attempts"
-- observer  = "provider"
-- recognize = ["custom_id", "response", "error"]
-- required  = ["id", "custom_id"]
-- reports   = ["error", "tokens", "served_model", "workflow"]
-- evidence  = "public OpenAPI description (BatchRequestOutput) and documentation; no own capture yet"
-- limits    = ["a failed request holds no time: without an added `logged_at` its line is refused",
--              "a resubmitted request has a new id, and a custom_id may recur in every batch: attempts are not joined",
--              "no latency: one time, that of the answer's creation",
--              "the model asked for stands in the input file: without an added `model` a substitute cannot show",
--              "Azure writes the same lines, and is told as openai", "no cost"]
-- [columns]
-- id        = "VARCHAR"
-- custom_id = "VARCHAR"
-- logged_at = "VARCHAR"
-- model     = "VARCHAR"
-- response  = '''STRUCT(status_code BIGINT, request_id VARCHAR, body STRUCT(
--     id VARCHAR, model VARCHAR, created VARCHAR, created_at VARCHAR, status VARCHAR, metadata JSON,
--     choices STRUCT(finish_reason VARCHAR)[], incomplete_details STRUCT(reason VARCHAR),
--     usage STRUCT(prompt_tokens BIGINT, completion_tokens BIGINT, input_tokens BIGINT, output_tokens BIGINT),
--     error STRUCT(code VARCHAR, "type" VARCHAR, message VARCHAR)
-- ))'''
-- error     = '''STRUCT(code VARCHAR, message VARCHAR)'''
--
-- `custom_id` goes to the metadata: `[run] from = ["metadata:custom_id"]` takes it for the run where it is unique.
-- A request that its batch did not reach within the completion window says so itself: it was too late.
with plain as (
    select
        id, custom_id, model, error, response.status_code as http_status, response.request_id as request_id, response.body as answer,
        list_transform([coalesce(response.body.created, response.body.created_at, logged_at)], lambda word: case
            when try_cast(word as double) is null then try_cast(word as timestamptz)
            when try_cast(word as double) between 0 and 1e11 then to_timestamp(cast(word as double))
            when try_cast(word as double) between 1e11 and 1e14 then to_timestamp(cast(word as double) / 1e3)
        end)[1] as created_at
    from records
),

judged as (
    select
        *,
        case
            when error.code in ('batch_cancelled', 'batch_canceled') then 'cancelled'
            when error.code is not null or http_status >= 400 or answer.status = 'failed' then 'error'
            when list_contains(list_transform(answer.choices, lambda choice: choice.finish_reason), 'content_filter') then 'blocked'
            when answer.incomplete_details.reason = 'content_filter' then 'blocked'
            when answer is not null then 'ok'
        end as status
    from plain
)

select
    id as attempt_key,
    id as request_key,
    'single_row' as chain_basis,
    created_at as started_at,
    'openai' as provider,
    coalesce(absent(model), answer.model) as model_requested,
    case when status = 'ok' then answer.model end as model_served,
    'response_field' as served_model_source,
    status,
    case when error.code = 'batch_expired' then 'latency_breach' end as stated_cause,
    nullif(http_status, 0) as http_status,
    case when status = 'blocked' then 'content_filter' else coalesce(error.code, answer.error.code, answer.error.type) end as error_code,
    answer.error.type as error_type,
    coalesce(error.message, answer.error.message) as error_message,
    coalesce(answer.usage.prompt_tokens, answer.usage.input_tokens) as input_tokens,
    coalesce(answer.usage.completion_tokens, answer.usage.output_tokens) as output_tokens,
    request_id as provider_request_id,
    answer.id as provider_response_id,
    json_merge_patch(coalesce(nullif(answer.metadata, 'null'), '{}'), to_json({custom_id: custom_id})) as metadata,
    case
        when custom_id is null then null
        when status is null then 'neither a response nor an error'
        when created_at is null then 'no time: the file gives none here, so add logged_at when you download it'
    end as problem
from judged
