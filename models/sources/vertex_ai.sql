-- [source]
-- title     = "Google Vertex AI, request-response log"
-- file      = "the BigQuery table of request-response logging, exported as JSON lines, CSV or Parquet"
-- emits     = "attempts"
-- observer  = "provider"
-- recognize = ["logging_time", "api_method", "full_request", "full_response"]
-- required  = ["request_id", "logging_time"]
-- reports   = ["latency", "tokens", "served_model", "requested_model", "workflow"]
-- evidence  = "column names and one sample of a public parser; SQL types and the shape of failures are not verified"
-- limits    = ["whether failed calls are written at all is not known: never an error rate from this log",
--              "a table may be sampled at a rate that it does not hold: rows are not weighted",
--              "every call stands alone: retries and fallbacks are not joined", "no workflow but the request's labels", "no cost"]
-- [columns]
-- request_id        = "VARCHAR"
-- logging_time      = "VARCHAR"
-- endpoint          = "VARCHAR"
-- deployed_model_id = "VARCHAR"
-- model             = "VARCHAR"
-- api_method        = "VARCHAR"
-- full_request      = "JSON"
-- full_response     = "JSON"
-- metadata          = "JSON"
--
-- The three JSON columns are objects or the text of one, as the export has it; only named members are taken from them.
-- Gemini and Claude (rawPredict) answer in their own shapes. A row is written when the call ends.
with opened as (
    select
        * exclude (full_request, full_response, metadata),
        case when json_type(full_request) = 'VARCHAR' then try_cast(full_request ->> '$' as json) else full_request end as asked,
        case when json_type(full_response) = 'VARCHAR' then try_cast(full_response ->> '$' as json) else full_response end as answer,
        case when json_type(metadata) = 'VARCHAR' then try_cast(metadata ->> '$' as json) else metadata end as facts
    from records
),

told as (
    select
        *,
        case
            when try_cast(logging_time as double) is null then try_cast(replace(logging_time, ' UTC', '+00') as timestamptz)
            when try_cast(logging_time as double) between 0 and 1e11 then to_timestamp(cast(logging_time as double))
            when try_cast(logging_time as double) between 1e11 and 1e17 then make_timestamptz(try_cast(logging_time as bigint))
        end as ended_at,
        try_cast(facts ->> '$.request_latency' as double) as latency_ms,
        coalesce(model, asked ->> '$.model') as model_path,
        coalesce(answer ->> '$.model_version', answer ->> '$.model') as answer_model,
        coalesce(answer ->> '$.candidates[0].finish_reason', answer ->> '$.stop_reason', answer ->> '$.prompt_feedback.block_reason') as reason
    from opened
),

judged as (
    select *, case
        when answer is null or json_type(answer) = 'NULL' then 'error'
        when regexp_matches(reason, '^(SAFETY|RECITATION|BLOCKLIST|PROHIBITED_CONTENT|SPII|IMAGE_SAFETY|MODEL_ARMOR|OTHER|refusal)$') then 'blocked'
        else 'ok'
    end as status
    from told
)

select
    request_id as attempt_key,
    request_id as request_key,
    'single_row' as chain_basis,
    ended_at - to_microseconds(coalesce(try_cast(greatest(latency_ms, 0) * 1000 as integer), 0)) as started_at,
    case when latency_ms >= 0 then ended_at end as ended_at,
    'vertex_ai' as provider,
    regexp_extract(model_path, '([^/]+)$', 1) as model_requested,
    case when status = 'ok' then regexp_extract(coalesce(answer_model, model_path), '([^/]+)$', 1) end as model_served,
    case when answer_model is null then 'deployment' else 'response_field' end as served_model_source,
    coalesce(deployed_model_id, endpoint) as deployment,
    nullif(regexp_extract(coalesce(asked ->> '$.model', endpoint), '/locations/([^/]+)/', 1), '') as region,
    status,
    case when status = 'blocked' and reason <> 'OTHER' then 'content_policy' end as stated_cause,
    reason as error_code,
    coalesce(
        try_cast(answer ->> '$.usage_metadata.prompt_token_count' as bigint), try_cast(answer ->> '$.usage.input_tokens' as bigint)
    ) as input_tokens,
    coalesce(
        cast(try_cast(answer ->> '$.usage_metadata.candidates_token_count' as integer) as bigint)
        + coalesce(try_cast(answer ->> '$.usage_metadata.thoughts_token_count' as integer), 0),
        try_cast(answer ->> '$.usage.output_tokens' as bigint)
    ) as output_tokens,
    regexp_matches(lower(api_method), 'stream') as is_stream,
    coalesce(answer ->> '$.response_id', answer ->> '$.id') as provider_response_id,
    asked -> '$.labels' as metadata,
    case when logging_time is not null and ended_at is null then 'logging_time is no time' end as problem
from judged
