-- [source]
-- title     = "Bifrost, log store"
-- file      = "rows of the table logs (SQLite, Postgres or ClickHouse), or the logs of its HTTP API, as JSON lines or CSV; without input_history, output_message and the raw columns"
-- emits     = "attempts"
-- grain     = "line"
-- recognize = ["fallback_index", "number_of_retries", "provider", "timestamp"]
-- required  = ["id", "timestamp", "status"]
-- reports   = ["error", "latency", "tokens", "cost", "served_model", "requested_model", "workflow", "chain"]
-- ignored   = "still being processed, or lost: status is processing"
-- evidence  = "source of the log store at 017bbe0 and of the governance plugin (columns, JSON names, statuses, refusals); no own capture yet"
-- limits    = ["retries inside a hop have no row",
--              "a hop is tied to the id that it names as its parent: where applications set parent ids themselves, hops of one session may meet",
--              "a target that load balancing or a routing rule passed over leaves no hop"]
-- [columns]
-- id                = "VARCHAR"
-- parent_request_id = "VARCHAR"
-- fallback_index    = "BIGINT"
-- timestamp         = "VARCHAR"
-- provider          = "VARCHAR"
-- model             = "VARCHAR"
-- alias             = "VARCHAR"
-- status            = "VARCHAR"
-- latency           = "DOUBLE"
-- cost              = "DOUBLE"
-- prompt_tokens     = "BIGINT"
-- completion_tokens = "BIGINT"
-- token_usage       = "VARCHAR"
-- error_details     = "VARCHAR"
-- stop_reason       = "VARCHAR"
-- stream            = "VARCHAR"
-- cache_debug       = "VARCHAR"
-- selected_key_name = "VARCHAR"
-- virtual_key_name  = "VARCHAR"
-- team_name         = "VARCHAR"
-- user_id           = "VARCHAR"
-- metadata          = "VARCHAR"
--
-- One row per hop. Only a row with an index above 0 is a fallback: other parents are sessions.
-- JSON columns come as objects or as text, by the way they were exported: read as text both are the same.
-- Bifrost writes 0 tokens where it knows none.
with typed as (
    select
        *,
        try_cast(regexp_replace(timestamp, ' \+0000 UTC.*$', '+00') as timestamptz) as started_at,
        coalesce(fallback_index, 0) > 0 as is_hop,
        absent(parent_request_id) as parent,
        json_transform(try_cast(error_details as json), '{
            "status_code": "BIGINT", "type": "VARCHAR", "error": {"type": "VARCHAR", "code": "VARCHAR", "message": "VARCHAR"}
        }') as failure,
        json_transform(try_cast(token_usage as json), '{"prompt_tokens": "BIGINT", "completion_tokens": "BIGINT"}') as used,
        json_transform(try_cast(cache_debug as json), '{"cache_hit": "BOOLEAN"}') as cached
    from records
),

judged as (
    select
        *,
        coalesce(absent(failure.error.type), absent(failure.type)) as error_type,
        coalesce(status = 'success' and stop_reason = 'content_filter', false) as is_filtered
    from typed
)

select
    case when status <> 'processing' then id end as attempt_key,
    case when is_hop then coalesce(parent, id) else id end as request_key,
    'explicit_attempts' as chain_basis,
    started_at,
    started_at + to_milliseconds(case when latency between 0 and 1e10 then latency end) as ended_at,
    absent(alias) as route,
    virtual_key_name as key_alias,
    team_name as team,
    provider,
    model as model_requested,
    case when status = 'success' then model end as model_served,
    'deployment' as served_model_source,
    concat_ws('/', provider, absent(selected_key_name)) as deployment,
    case when is_filtered then 'blocked' when status = 'success' then 'ok' when status = 'error' then 'error' end as status,
    case error_type
        when 'rate_limited' then 'gateway_limit'
        when 'token_limited' then 'gateway_limit'
        when 'request_limited' then 'gateway_limit'
        when 'budget_exceeded' then 'cost_ceiling'
        when 'model_blocked' then 'admin_disabled'
        when 'provider_blocked' then 'admin_disabled'
        when 'virtual_key_blocked' then 'admin_disabled'
    end as stated_cause,
    failure.status_code as http_status,
    case when is_filtered then 'content_filter' else coalesce(absent(failure.error.code), error_type) end as error_code,
    error_type,
    failure.error.message as error_message,
    nullif(coalesce(prompt_tokens, used.prompt_tokens), 0) as input_tokens,
    nullif(coalesce(completion_tokens, used.completion_tokens), 0) as output_tokens,
    cost as cost_usd,
    cached.cache_hit as is_cache_hit,
    try_cast(stream as boolean) as is_stream,
    fallback_index as declared_fallback_count,
    case when not is_hop then parent end as session_id,
    user_id as user_ref,
    case when json_type(try_cast(metadata as json)) = 'OBJECT' then metadata end as metadata,
    status = 'processing' as is_ignored
from judged
