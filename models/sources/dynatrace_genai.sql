-- [source]
-- title     = "Dynatrace, GenAI spans of a DQL result"
-- file      = "the JSON answer of query:execute or query:poll, one a line or one a file: fetch spans | filter isNotNull(gen_ai.request.model)"
-- emits     = "attempts"
-- grain     = "nested"
-- observer  = "application"
-- recognize = ["state=SUCCEEDED", "result.records", "result.types"]
-- required  = ["result"]
-- reports   = ["error", "latency", "tokens", "served_model", "requested_model", "workflow", "chain"]
-- ignored   = "holds no span of a model call"
-- evidence  = "vendor's skills and semantic dictionary (VERIFIED documentation); gen_ai.response.model, span.status_code and how the API writes numbers UNVERIFIED; no own capture"
-- limits    = ["any DQL result of spans is recognized: records without gen_ai.request.model are passed over",
--              "a sampled span stands for many: its weight is aggregation.count times dt.system.sampling_ratio, its siblings may be missing",
--              "retries inside an SDK are one span",
--              "attempts are joined where they are siblings under one parent",
--              "a notebook's CSV or list of records is not read: its keys hold dots",
--              "no cost"]
-- [columns]
-- result = '''STRUCT(records STRUCT(
--     "trace.id" VARCHAR, "span.id" VARCHAR, "span.parent_id" VARCHAR, start_time VARCHAR, end_time VARCHAR, duration VARCHAR,
--     "dt.service.name" VARCHAR, "service.name" VARCHAR, "request.is_failed" BOOLEAN, "span.status_code" VARCHAR, "span.status_message" VARCHAR,
--     "dt.failure_detection.results" STRUCT(reason VARCHAR, verdict VARCHAR)[],
--     "span.events" STRUCT("exception.type" VARCHAR, "exception.message" VARCHAR)[],
--     "error.type" VARCHAR, "http.response.status_code" BIGINT, "aggregation.count" DOUBLE, "dt.system.sampling_ratio" DOUBLE,
--     "gen_ai.operation.name" VARCHAR, "gen_ai.provider.name" VARCHAR, "gen_ai.system" VARCHAR, "gen_ai.request.model" VARCHAR, "gen_ai.response.model" VARCHAR,
--     "gen_ai.response.id" VARCHAR, "gen_ai.conversation.id" VARCHAR, "gen_ai.usage.input_tokens" BIGINT, "gen_ai.usage.prompt_tokens" BIGINT,
--     "gen_ai.usage.output_tokens" BIGINT, "gen_ai.usage.completion_tokens" BIGINT,
--     workflow VARCHAR, team VARCHAR, run_id VARCHAR, "deployment.environment.name" VARCHAR
-- )[])'''
--
-- Times are ISO texts or epoch nanoseconds, durations nanoseconds as number or text.
with unfolded as (
    select line, unnest(result.records) as span from records
),

spans as (
    select
        *,
        span."span.id" as span_id,
        span."gen_ai.request.model" as model,
        coalesce(span."gen_ai.operation.name", 'chat') as operation
    from unfolded
),

calls as (
    select
        *,
        list_filter(span."span.events", lambda e: struct_extract(e, 'exception.type') is not null)[-1] as exception,
        coalesce(
            case lower(span."span.status_code") when 'error' then true when 'ok' then false end,
            case when span."request.is_failed" or len(list_filter(span."dt.failure_detection.results", lambda r: r.verdict = 'failure')) > 0 then true end,
            span."error.type" is not null
        ) as is_error
    from spans
    where
        model is not null
        and operation in ('chat', 'text_completion', 'generate_content', 'embeddings')
),

timed as (
    select
        *,
        coalesce(try_cast(span.start_time as timestamptz), make_timestamptz(try_cast(span.start_time as bigint) // 1000)) as started_at,
        case when try_cast(span.duration as bigint) between 0 and 86400000000000 then try_cast(span.duration as bigint) end as duration_ns,
        coalesce(try_cast(span.end_time as timestamptz), make_timestamptz(try_cast(span.end_time as bigint) // 1000)) as written_end
    from calls
)

select
    line,
    span."trace.id" || '/' || span_id as attempt_key,
    span."trace.id" || '/' || coalesce(span."span.parent_id", span_id) as request_key,
    'sibling_spans' as chain_basis,
    started_at,
    coalesce(written_end, started_at + to_microseconds(duration_ns // 1000)) as ended_at,
    coalesce(span."dt.service.name", span."service.name") as service,
    coalesce(span."gen_ai.provider.name", span."gen_ai.system") as provider,
    model as model_requested,
    case when not is_error then coalesce(span."gen_ai.response.model", model) end as model_served,
    case when span."gen_ai.response.model" is not null then 'response_field' else 'declared' end as served_model_source,
    case when is_error then 'error' else 'ok' end as status,
    span."http.response.status_code" as http_status,
    coalesce(span."error.type", exception."exception.type") as error_type,
    coalesce(exception."exception.message", span."span.status_message") as error_message,
    coalesce(span."gen_ai.usage.input_tokens", span."gen_ai.usage.prompt_tokens") as input_tokens,
    coalesce(span."gen_ai.usage.output_tokens", span."gen_ai.usage.completion_tokens") as output_tokens,
    span."trace.id" as trace_id,
    span."gen_ai.conversation.id" as session_id,
    span."gen_ai.response.id" as provider_response_id,
    coalesce(case when span."aggregation.count" between 1 and 1e9 then span."aggregation.count" end, 1) * coalesce(case
        when span."dt.system.sampling_ratio" between 1e-6 and 1 then 1 / span."dt.system.sampling_ratio"
        when span."dt.system.sampling_ratio" between 1 and 1e6 then span."dt.system.sampling_ratio"
    end, 1) as weight,
    to_json({workflow: span.workflow, team: span.team, run_id: span.run_id}) as metadata,
    span."deployment.environment.name" as environment,
    case
        when span."trace.id" is null or span_id is null then 'a span has no id'
        when started_at is null then 'a span has no start time'
    end as problem
from timed
order by line, started_at, span_id
