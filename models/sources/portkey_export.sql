-- [source]
-- title     = "Portkey, logs export"
-- file      = "the JSONL file of a logs export; leave the fields request and response out, ask for created_at, trace_id, response_status_code and metadata"
-- emits     = "attempts"
-- grain     = "line"
-- recognize = ["ai_org", "ai_model", "created_at"]
-- required  = ["created_at", "id"]
-- reports   = ["error", "latency", "tokens", "cost", "requested_model", "workflow", "chain"]
-- evidence  = "public documentation only (field list, units); no own export yet"
-- limits    = ["whether each attempt of a fallback is a row of its own is not documented: rows of one trace and one prompt or config are read as attempts",
--              "calls of one trace that overlap are not told apart",
--              "one model per row: whether it was asked for or answered is not told",
--              "a cause rests on the HTTP status: error bodies stand in `response`, which is not read",
--              "cost is documented in cents of US dollars; another cost_currency is not read"]
-- [columns]
-- id                   = "VARCHAR"
-- trace_id             = "VARCHAR"
-- created_at           = "VARCHAR"
-- is_success           = "VARCHAR"
-- ai_org               = "VARCHAR"
-- ai_model             = "VARCHAR"
-- req_units            = "BIGINT"
-- res_units            = "BIGINT"
-- cost                 = "DOUBLE"
-- cost_currency        = "VARCHAR"
-- response_time        = "DOUBLE"
-- response_status_code = "BIGINT"
-- cache_status         = "VARCHAR"
-- stream_mode          = "VARCHAR"
-- config               = "VARCHAR"
-- prompt_slug          = "VARCHAR"
-- metadata             = "VARCHAR"
--
-- `is_success` is 1 or 0, or a boolean; Portkey's own words: 446 a guardrail refused, 412 a budget is spent.
-- `created_at` comes in several writings: ISO, JavaScript's date text, epoch seconds or milliseconds.
with typed as (
    select
        *,
        case
            when try_cast(created_at as double) between 0 and 99999999999 then to_timestamp(try_cast(created_at as double))
            when try_cast(created_at as double) between 0 and 99999999999999 then to_timestamp(try_cast(created_at as double) / 1000)
            else coalesce(
                try_cast(created_at as timestamptz),
                try_strptime(regexp_extract(created_at, '^(\w{3} \w{3} \d{2} \d{4} \d{2}:\d{2}:\d{2} GMT[+-]\d{4})', 1), '%a %b %d %Y %H:%M:%S GMT%z'),
                try_strptime(created_at, '%a, %d %b %Y %H:%M:%S GMT')
            )
        end as started_at,
        coalesce(try_cast(is_success as boolean), response_status_code between 200 and 299) as is_good,
        nullif(trim(trace_id), '') as trace,
        coalesce(nullif(prompt_slug, ''), nullif(config, '')) as asked
    from records
)

select
    id as attempt_key,
    case when trace is null then id else concat_ws('/', trace, asked) end as request_key,
    case when trace is null then 'single_row' else 'trace_id' end as chain_basis,
    started_at,
    started_at + to_milliseconds(case when response_time between 0 and 1e10 then response_time end) as ended_at,
    asked as route,
    ai_org as provider,
    ai_model as model_requested,
    case when is_good then ai_model end as model_served,
    'declared' as served_model_source,
    case
        when response_status_code = 446 then 'blocked'
        when response_status_code = 499 then 'cancelled'
        when is_good then 'ok'
        when not is_good then 'error'
    end as status,
    response_status_code as http_status,
    case response_status_code when 446 then 'guardrail_intervened' when 412 then 'budget_exceeded' end as error_code,
    case when is_good then req_units end as input_tokens,
    case when is_good then res_units end as output_tokens,
    case when upper(coalesce(cost_currency, 'USD')) = 'USD' then cost / 100 end as cost_usd,
    case when absent(cache_status) is not null then upper(cache_status) in ('HIT', 'SEMANTIC HIT') end as is_cache_hit,
    try_cast(stream_mode as boolean) as is_stream,
    trace as trace_id,
    json_extract_string(try_cast(metadata as json), '$._user') as user_ref,
    case when json_type(try_cast(metadata as json)) = 'OBJECT' then json_merge_patch(metadata, '{"_user": null}') end as metadata,
    case
        when id is null or created_at is null then null
        when started_at is null then 'created_at is not a time that readback knows'
        when is_good is null then 'neither is_success nor response_status_code says how it ended'
    end as problem
from typed
