-- [source]
-- title     = "LangSmith, runs"
-- file      = "bulk export (Parquet), or the runs of the SDK's list_runs as JSON lines"
-- emits     = "attempts"
-- observer  = "application"
-- recognize = ["run_type", "trace_id", "dotted_order", "start_time", "session_id"]
-- required  = ["id", "run_type"]
-- reports   = ["error", "latency", "tokens", "cost", "requested_model", "workflow", "chain"]
-- ignored   = "is no finished call of a model"
-- evidence  = "schemas.py of the vendor's SDK 0.15.0 (VERIFIED source); ls_model_name and ls_provider in extra.metadata from consumers' code (secondary); no own capture"
-- limits    = ["no error code: a cause rests on the exception's class and text",
--              "retries inside an SDK are one run: retry frequency is a floor",
--              "attempts are joined where they are siblings under one parent: a fallback between whole chains is not",
--              "the model that answered stands in the outputs, which are not read: the one that was asked counts",
--              "costs are estimates",
--              "session_id is the project; sessions come from metadata (session_id, thread_id, conversation_id)"]
-- [columns]
-- id                = "VARCHAR"
-- trace_id          = "VARCHAR"
-- parent_run_id     = "VARCHAR"
-- run_type          = "VARCHAR"
-- start_time        = "VARCHAR"
-- end_time          = "VARCHAR"
-- first_token_time  = "VARCHAR"
-- status            = "VARCHAR"
-- error             = "VARCHAR"
-- extra             = "JSON"
-- tags              = "JSON"
-- prompt_tokens     = "BIGINT"
-- completion_tokens = "BIGINT"
-- total_cost        = "DOUBLE"
-- session_name      = "VARCHAR"
--
-- Times without a zone are UTC. A traceback shows lines of the application's code: only what stands before it is kept.
with read as (
    select
        * exclude (extra, tags),
        coalesce(run_type in ('llm', 'embedding') and (end_time is not null or error is not null) and status is distinct from 'pending', false)
            as is_call,
        coalesce(nullif(error, '') is not null or status = 'error', false) as is_error,
        trim(split_part(error, 'Traceback (most recent', 1)) as message,
        case json_type(extra) when 'VARCHAR' then try_cast(json_extract_string(extra, '$') as json) else extra end as told,
        case json_type(tags) when 'VARCHAR' then try_cast(json_extract_string(tags, '$') as json) else tags end as tag_list
    from records
),

described as (
    select
        *,
        json_extract(told, '$.metadata') as labels,
        coalesce(
            json_extract_string(told, '$.metadata.ls_model_name'), json_extract_string(told, '$.invocation_params.model'),
            json_extract_string(told, '$.invocation_params.model_name')
        ) as model,
        try_cast(start_time as timestamptz) as started_at,
        try_cast(first_token_time as timestamptz) as first_at
    from read
)

select
    case when is_call then id end as attempt_key,
    coalesce(trace_id, '') || '/' || coalesce(parent_run_id, id) as request_key,
    'sibling_spans' as chain_basis,
    started_at,
    try_cast(end_time as timestamptz) as ended_at,
    (epoch_us(first_at) - epoch_us(started_at)) / 1000.0 as ttft_ms,
    session_name as service,
    json_extract_string(labels, '$.ls_provider') as provider,
    model as model_requested,
    case when not is_error then model end as model_served,
    'declared' as served_model_source,
    case
        when not is_error then 'ok'
        when regexp_matches(message, 'CancelledError|GeneratorExit|AbortError|KeyboardInterrupt') then 'cancelled'
        else 'error'
    end as status,
    try_cast(nullif(regexp_extract(message, '(?i)(?:error code|status(?:_code)?|http)\W{1,3}([1-5][0-9]{2})\b', 1), '') as bigint)
        as http_status,
    nullif(regexp_extract(message, '(\w+(?:Error|Exception|Timeout))\b', 1), '') as error_type,
    message as error_message,
    prompt_tokens as input_tokens,
    completion_tokens as output_tokens,
    total_cost as cost_usd,
    first_at is not null as is_stream,
    trace_id,
    coalesce(
        json_extract_string(labels, '$.session_id'), json_extract_string(labels, '$.thread_id'),
        json_extract_string(labels, '$.conversation_id')
    ) as session_id,
    coalesce(json_extract_string(labels, '$.user_id'), json_extract_string(labels, '$.user')) as user_ref,
    json_transform(tag_list, '["VARCHAR"]') as tags,
    labels as metadata,
    case when is_call and started_at is null then 'start_time is not a time' end as problem,
    id is not null and run_type is not null and not is_call as is_ignored
from described
