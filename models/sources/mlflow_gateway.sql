-- [source]
-- title     = "MLflow AI Gateway, traces"
-- file      = "JSON lines of Trace.to_dict() (mlflow.search_traces(return_type='list')), from the experiment of the gateway's endpoints"
-- emits     = "attempts"
-- grain     = "nested"
-- recognize = ["info.trace_id", "info.tags", "data.spans"]
-- required  = ["info", "data"]
-- reports   = ["error", "latency", "tokens", "cost", "served_model", "requested_model", "workflow", "chain"]
-- ignored   = "holds no span of a gateway's provider"
-- evidence  = "source of mlflow: gateway/tracing_utils.py and entities/span.py (VERIFIED source), base.py of 3.17 by the reference; no own capture"
-- limits    = ["the gateway tries the next model after any error, a bad request or a wrong key included",
--              "no attempt number: the order is that of the spans' times",
--              "a cause rests on the span's status message and its exception event",
--              "only spans named provider/... under gateway/...; an application's own trace links to them and is not counted",
--              "costs only where MLflow knows the prices"]
-- [columns]
-- info = "STRUCT(trace_id VARCHAR, tags JSON, trace_metadata JSON)"
-- data = '''STRUCT(spans STRUCT(
--     span_id VARCHAR, parent_span_id VARCHAR, "name" VARCHAR, start_time_unix_nano VARCHAR, end_time_unix_nano VARCHAR,
--     status STRUCT(code VARCHAR, message VARCHAR),
--     attributes STRUCT(endpoint_name VARCHAR, "mlflow.llm.provider" VARCHAR, "mlflow.llm.model" VARCHAR, "mlflow.chat.tokenUsage" JSON, "mlflow.llm.cost" JSON),
--     events STRUCT("name" VARCHAR, attributes STRUCT("exception.type" VARCHAR, "exception.message" VARCHAR))[]
-- )[])'''
--
-- Attributes are JSON texts ("\"openai\""), events are not. Tags and metadata are objects, or lists of keys and values.
with traces as (
    select
        line,
        info.trace_id as trace,
        list_transform([info.tags, info.trace_metadata], lambda value: case json_type(value)
            when 'ARRAY' then try_cast('{' || coalesce(array_to_string(list_transform(
                json_transform(value, '[{"key": "VARCHAR", "value": "VARCHAR"}]'),
                lambda e: case when e.key is not null then to_json(e.key) || ':' || coalesce(to_json(e.value), 'null') end
            ), ','), '') || '}' as json)
            when 'OBJECT' then value
        end) as labels,
        data.spans as spans
    from records
),

spans as (
    select * exclude (spans), unnest(spans) as span from traces
),

providers as (
    select
        * exclude (span),
        span,
        span.attributes as facts,
        string_split(span.name, '/') as parts,
        list_filter(span.events, lambda e: e.name = 'exception')[-1].attributes as exception,
        upper(span.status.code) in ('ERROR', 'STATUS_CODE_ERROR', '2') as is_error,
        make_timestamptz(try_cast(span.start_time_unix_nano as bigint) // 1000) as started_at
    from spans
    where starts_with(span.name, 'provider/')
),

gateways as (
    select line, span.span_id as span_id, trim(min(coalesce(span.attributes.endpoint_name, substr(span.name, 9))), '"') as endpoint
    from spans
    where starts_with(span.name, 'gateway/')
    group by line, span.span_id
),

told as (
    select
        p.*,
        g.endpoint,
        list_transform([facts."mlflow.chat.tokenUsage", facts."mlflow.llm.cost"], lambda value:
            case json_type(value) when 'VARCHAR' then try_cast(json_extract_string(value, '$') as json) else value end) as sums,
        coalesce(trim(facts."mlflow.llm.model", '"'), array_to_string(parts[3:], '/')) as model,
        coalesce(exception."exception.message", nullif(span.status.message, '')) as message
    from providers as p
    left join gateways as g on p.line = g.line and p.span.parent_span_id = g.span_id
)

select
    line,
    trace || '/' || span.span_id as attempt_key,
    trace || '/' || coalesce(span.parent_span_id, span.span_id) as request_key,
    'sibling_spans' as chain_basis,
    started_at,
    make_timestamptz(nullif(try_cast(span.end_time_unix_nano as bigint), 0) // 1000) as ended_at,
    endpoint as route,
    coalesce(trim(facts."mlflow.llm.provider", '"'), parts[2]) as provider,
    model as model_requested,
    case when not is_error then model end as model_served,
    'deployment' as served_model_source,
    substr(span.name, 10) as deployment,
    case when is_error then 'error' when not is_error then 'ok' end as status,
    try_cast(nullif(regexp_extract(message, '(?i)(?:^\W*|(?:error code|status(?:_code| code)?)\W{1,3})([1-5][0-9]{2})\b', 1), '') as bigint)
        as http_status,
    coalesce(exception."exception.type", nullif(regexp_extract(message, '(\w+(?:Error|Exception|Timeout))\b', 1), '')) as error_type,
    message as error_message,
    try_cast(json_extract_string(sums[1], '$.input_tokens') as bigint) as input_tokens,
    try_cast(json_extract_string(sums[1], '$.output_tokens') as bigint) as output_tokens,
    try_cast(json_extract_string(sums[2], '$.total_cost') as double) as cost_usd,
    trace as trace_id,
    json_extract_string(labels[2], '$."mlflow.trace.session"') as session_id,
    json_extract_string(labels[2], '$."mlflow.trace.user"') as user_ref,
    json_extract_string(labels[2], '$."mlflow.gateway.caller"') as service,
    coalesce(labels[1], '{}') as metadata,
    case
        when started_at is null then 'a provider span has no start time'
        when is_error is null then 'a provider span has no status'
    end as problem
from told
order by line, started_at, span.span_id
