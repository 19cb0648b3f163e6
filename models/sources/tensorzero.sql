-- [source]
-- title     = "TensorZero, inference tables"
-- file      = "JSON lines or Parquet of ModelInference (model_inferences), joined with or beside ChatInference and JsonInference for function, variant, episode and tags; leave out input, output and the raw columns"
-- emits     = "attempts"
-- grain     = "nested"
-- recognize = ["inference_id", "model_name", "model_provider_name"]
-- required  = ["id"]
-- reports   = ["latency", "tokens", "cost", "served_model", "workflow"]
-- ignored   = "no row of ModelInference: rows of ChatInference and JsonInference only name the function of others"
-- evidence  = "source and documentation at 7a6159a; no own capture yet"
-- limits    = ["only the winner is stored: a failed provider, variant or retry leaves no row, and neither does a call that nobody answered",
--              "a fallback shows only against a policy that names the preferred model of the function",
--              "the model is the name in tensorzero.toml: give it as an alias in the policy",
--              "candidates of best-of-N and mixture variants are calls of their own, which one trace ties together",
--              "a function's row is found only in the same file"]
-- [columns]
-- id                  = "VARCHAR"
-- inference_id        = "VARCHAR"
-- model_name          = "VARCHAR"
-- model_provider_name = "VARCHAR"
-- input_tokens        = "BIGINT"
-- output_tokens       = "BIGINT"
-- response_time_ms    = "DOUBLE"
-- ttft_ms             = "DOUBLE"
-- cost                = "DOUBLE"
-- cached              = "VARCHAR"
-- finish_reason       = "VARCHAR"
-- created_at          = "VARCHAR"
-- timestamp           = "VARCHAR"
-- function_name       = "VARCHAR"
-- variant_name        = "VARCHAR"
-- episode_id          = "VARCHAR"
-- processing_time_ms  = "DOUBLE"
-- tags                = "VARCHAR"
--
-- The gateway makes the inference's UUIDv7 when a request comes in: its first 48 bits are epoch milliseconds. The whole
-- processing time, failed attempts included, is what the caller waited.
with functions as (
    select
        id, min(function_name) as function_name, min(variant_name) as variant_name, min(episode_id) as episode_id,
        min(processing_time_ms) as processing_time_ms, min(tags) as tags
    from records
    where inference_id is null and function_name is not null
    group by id
),

inferences as (
    select
        r.line, r.id, r.inference_id, r.model_name, r.model_provider_name, r.input_tokens, r.output_tokens,
        r.ttft_ms, r.cost, r.cached, r.finish_reason,
        coalesce(r.function_name, f.function_name) as function_name,
        coalesce(r.variant_name, f.variant_name) as variant_name,
        coalesce(r.episode_id, f.episode_id) as episode_id,
        coalesce(r.processing_time_ms, f.processing_time_ms, r.response_time_ms) as whole_ms,
        try_cast(coalesce(r.tags, f.tags) as json) as labels,
        coalesce(
            case when regexp_full_match(r.inference_id, '[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-7[0-9a-fA-F-]{21}')
                then make_timestamptz(1000 * cast('0x' || left(replace(r.inference_id, '-', ''), 12) as bigint)) end,
            try_cast(r.created_at as timestamptz),
            try_cast(r.timestamp as timestamptz)
        ) as started_at
    from records as r
    left join functions as f on r.inference_id = f.id
    where r.inference_id is not null and r.model_name is not null
)

select
    line,
    id as attempt_key,
    id as request_key,
    'single_row' as chain_basis,
    started_at,
    started_at + to_milliseconds(case when whole_ms between 0 and 1e10 then whole_ms end) as ended_at,
    case when isfinite(ttft_ms) then ttft_ms end as ttft_ms,
    function_name as route,
    model_provider_name as provider,
    model_name as model_requested,
    model_name as model_served,
    'deployment' as served_model_source,
    concat_ws('/', variant_name, model_name, model_provider_name) as deployment,
    case when finish_reason = 'content_filter' then 'blocked' else 'ok' end as status,
    case when finish_reason = 'content_filter' then 'content_filter' end as error_code,
    input_tokens,
    output_tokens,
    case when isfinite(cost) then cost end as cost_usd,
    try_cast(cached as boolean) as is_cache_hit,
    ttft_ms is not null as is_stream,
    replace(inference_id, '-', '') as trace_id,
    episode_id as session_id,
    list_transform(json_keys(labels), lambda k: k || ':' || json_extract_string(labels, '$."' || replace(k, '"', '') || '"')) as tags,
    case when started_at is null then 'neither inference_id nor created_at tells a time' end as problem
from inferences
order by line
