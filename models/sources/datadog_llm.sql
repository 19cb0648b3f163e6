-- [source]
-- title     = "Datadog LLM Observability, exported spans"
-- file      = "one span a line (jq -c '.data[]') or a JSON list, from the pages of POST /api/v2/llm-obs/v1/spans/events/search; ask for an explicit time range and follow the cursor"
-- emits     = "attempts"
-- observer  = "application"
-- recognize = ["type=span", "attributes.span_kind", "attributes.ml_app", "attributes.trace_id"]
-- required  = ["attributes"]
-- reports   = ["error", "latency", "tokens", "cost", "served_model", "requested_model", "workflow", "chain"]
-- ignored   = "is no call of a model"
-- evidence  = "vendor's export API page and client models of 2026-08 (VERIFIED source); whether model_name is what was asked or what answered, and the tag error_type, UNVERIFIED; no own capture"
-- limits    = ["the export has no error fields: a cause is known only where the application tags error_type or http_status",
--              "a gateway that falls back by itself shows one span, of the model it was asked for",
--              "attempts are joined where they are siblings under one parent",
--              "retries inside an SDK are one span",
--              "costs are estimates"]
-- [columns]
-- id         = "VARCHAR"
-- attributes = '''STRUCT(
--     span_id VARCHAR, trace_id VARCHAR, parent_id VARCHAR, ml_app VARCHAR, span_kind VARCHAR, model_name VARCHAR, model_provider VARCHAR,
--     start_ns VARCHAR, duration DOUBLE, status VARCHAR, tags VARCHAR[], metadata JSON,
--     metrics STRUCT(input_tokens DOUBLE, output_tokens DOUBLE, estimated_total_cost DOUBLE)
-- )'''
--
-- start_ns holds nanoseconds, but milliseconds were seen too: its size tells. Costs are nanodollars. The parent of a
-- root is written as "undefined". Error tags are read by the names error_type and http_status.
with spans as (
    select
        attributes as span,
        attributes is not null as is_read,
        coalesce(attributes.span_kind in ('llm', 'embedding'), false) as is_call,
        attributes.status = 'error' as is_error,
        try_cast(attributes.start_ns as bigint) as start_number,
        list_filter(attributes.tags, lambda tag: starts_with(tag, 'error_type:') or starts_with(tag, 'error.type:'))[1] as error_tag,
        list_filter(attributes.tags, lambda tag: starts_with(tag, 'http_status:') or starts_with(tag, 'http.status_code:'))[1] as status_tag
    from records
),

timed as (
    select
        *,
        make_timestamptz(case
            when start_number >= 100000000000000000 then start_number // 1000
            when start_number >= 100000000000000 then start_number
            when start_number >= 100000000000 then start_number * 1000
        end) as started_at
    from spans
)

select
    case when is_call then coalesce(span.trace_id, '') || '/' || span.span_id end as attempt_key,
    coalesce(span.trace_id, '') || '/' || case when span.parent_id in ('undefined', '', '0') then span.span_id else coalesce(span.parent_id, span.span_id) end
        as request_key,
    'sibling_spans' as chain_basis,
    started_at,
    started_at + to_microseconds(cast(case when span.duration between 0 and 86400000000000 then span.duration end / 1000 as bigint)) as ended_at,
    span.ml_app as service,
    span.model_provider as provider,
    span.model_name as model_requested,
    case when not is_error then span.model_name end as model_served,
    'declared' as served_model_source,
    case when is_error then 'error' when not is_error then 'ok' end as status,
    try_cast(regexp_extract(status_tag, '[1-5][0-9]{2}$') as bigint) as http_status,
    regexp_extract(error_tag, ':(.+)$', 1) as error_type,
    try_cast(span.metrics.input_tokens as bigint) as input_tokens,
    try_cast(span.metrics.output_tokens as bigint) as output_tokens,
    span.metrics.estimated_total_cost / 1e9 as cost_usd,
    span.trace_id as trace_id,
    json_extract_string(span.metadata, '$.session_id') as session_id,
    span.tags as tags,
    case when json_type(span.metadata) = 'OBJECT' then span.metadata end as metadata,
    to_json({workflow: span.ml_app}) as attributes,
    case
        when not is_call then null
        when span.span_id is null then 'span_id absent'
        when started_at is null then 'start_ns is not a time'
        when is_error is null then 'status absent'
    end as problem,
    is_read and not is_call as is_ignored
from timed
