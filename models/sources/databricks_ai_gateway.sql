-- [source]
-- title     = "Databricks AI Gateway, system.ai_gateway.usage"
-- file      = "JSON lines, Parquet or CSV of SELECT * FROM system.ai_gateway.usage, structs as JSON text in CSV"
-- emits     = "attempts"
-- grain     = "nested"
-- recognize = ["invocation_id", "endpoint_name", "destination_model", "routing_information"]
-- required  = ["request_id", "event_time"]
-- reports   = ["error", "latency", "tokens", "served_model", "requested_model", "workflow", "chain"]
-- evidence  = "column list agrees across independent public repositories that query the table (secondary; vendor page confirms the table); no own capture"
-- limits    = ["a status code per attempt, never a message: a spent token budget and a throttle are both 429",
--              "without routing_information a row tells the final answer only",
--              "the model of a failed destination is its destination's name: give it an alias where that is no model name",
--              "event_time is taken as the start; attempts follow one another by their latencies",
--              "no cost: it stands in the billing table",
--              "rows arrive 5 to 30 minutes late"]
-- [columns]
-- request_id            = "VARCHAR"
-- invocation_id         = "VARCHAR"
-- event_time            = "VARCHAR"
-- endpoint_name         = "VARCHAR"
-- destination_type      = "VARCHAR"
-- destination_name      = "VARCHAR"
-- destination_model     = "VARCHAR"
-- requester             = "VARCHAR"
-- api_type              = "VARCHAR"
-- request_tags          = "JSON"
-- input_tokens          = "BIGINT"
-- output_tokens         = "BIGINT"
-- status_code           = "BIGINT"
-- latency_ms            = "DOUBLE"
-- time_to_first_byte_ms = "DOUBLE"
-- routing_information   = "JSON"
--
-- An invocation is a logical call with its attempts; request_id may span several. Parquet gives a map as a list of
-- keys and values, CSV gives a struct as text.
with unpacked as (
    select
        * exclude (routing_information, request_tags),
        case json_type(routing_information)
            when 'VARCHAR' then try_cast(json_extract_string(routing_information, '$') as json)
            else routing_information
        end as routing,
        case json_type(request_tags)
            when 'VARCHAR' then try_cast(json_extract_string(request_tags, '$') as json)
            when 'ARRAY' then try_cast('{' || coalesce(array_to_string(list_transform(
                json_transform(request_tags, '[{"key": "VARCHAR", "value": "VARCHAR"}]'),
                lambda e: case when e.key is not null then to_json(e.key) || ':' || coalesce(to_json(e.value), 'null') end
            ), ','), '') || '}' as json)
            else request_tags
        end as tags
    from records
),

calls as (
    select
        *,
        json_transform(
            json_extract(routing, '$.attempts'),
            '[{"action": "VARCHAR", "destination": "VARCHAR", "status_code": "BIGINT", "error_code": "VARCHAR", "latency_ms": "DOUBLE", "latency": "DOUBLE"}]'
        ) as attempts
    from unpacked
),

unfolded as (
    select
        *,
        coalesce(len(attempts) > 0, false) as has_attempts,
        unnest(case when len(attempts) > 0 then attempts else [null] end) as attempt,
        greatest(coalesce(len(attempts), 0), 1) as attempt_count,
        generate_subscripts(case when len(attempts) > 0 then attempts else [null] end, 1) as place
    from calls
),

timed as (
    select
        *,
        place = attempt_count as is_last,
        list_filter([attempt.latency_ms, attempt.latency, case when attempt_count = 1 then latency_ms end], lambda ms: ms between 0 and 86400000)[1] as took_ms,
        coalesce(attempt.status_code, case when place = attempt_count then status_code end) as code,
        coalesce(attempt.destination = attempts[attempt_count].destination, attempt_count = 1) as is_final_destination
    from unfolded
),

placed as (
    select
        *,
        try_cast(event_time as timestamptz) + to_microseconds(cast(1000 * coalesce(sum(took_ms) over (
            partition by line order by place rows between unbounded preceding and 1 preceding
        ), 0) as bigint)) as started_at,
        case when is_final_destination then coalesce(absent(destination_model), attempt.destination, destination_name)
        else attempt.destination end as model,
        bool_or(is_last and code is null) over (partition by line) as is_unfinished
    from timed
)

select
    line,
    coalesce(invocation_id, request_id) || '/' || place as attempt_key,
    coalesce(invocation_id, request_id) as request_key,
    case when has_attempts then 'explicit_attempts' else 'single_row' end as chain_basis,
    started_at,
    started_at + to_microseconds(cast(1000 * took_ms as bigint)) as ended_at,
    case when is_last and attempt_count = 1 then time_to_first_byte_ms end as ttft_ms,
    endpoint_name as route,
    'databricks' as provider,
    case when has_attempts then model end as model_requested,
    case when is_last and code < 400 then model end as model_served,
    'deployment' as served_model_source,
    coalesce(attempt.destination, destination_name) as deployment,
    case when is_unfinished then null when code < 400 and is_last then 'ok' else 'error' end as status,
    code as http_status,
    attempt.error_code as error_code,
    case when is_last then input_tokens end as input_tokens,
    case when is_last then output_tokens end as output_tokens,
    request_id as provider_request_id,
    requester as user_ref,
    tags as metadata,
    case when started_at is null then 'event_time is not a time' when is_unfinished then 'status_code absent' end as problem
from placed
order by line, place
