-- [source]
-- title     = "OpenTelemetry GenAI spans, OTLP/JSON"
-- file      = "JSON lines from the Collector's file exporter, the Python JSON file exporter, or a gateway's OTLP webhook"
-- emits     = "attempts"
-- grain     = "nested"
-- observer  = "application"
-- recognize = ["resourceSpans"]
-- required  = ["resourceSpans"]
-- reports   = ["error", "latency", "tokens", "served_model", "requested_model", "workflow", "chain"]
-- ignored   = "holds no span of a model call"
-- evidence  = "412 real spans: openai-v2 (default and latest names), genai-openai with and without HTTP spans, OpenLLMetry, OpenInference"
-- limits    = ["retries inside an SDK are one span: retry frequency is a floor",
--              "the provider's error code and request id are not recorded: a cause rests on class and message",
--              "labels of ancestor spans count where the ancestor stands in the same file",
--              "an answer that an evaluation failed counts as failed where a later sibling span stands in the same file",
--              "cost only from dialects that write it (gen_ai.usage.cost, llm.cost.total)"]
-- [columns]
-- resourceSpans = '''STRUCT(
--     resource STRUCT(attributes STRUCT("key" VARCHAR, "value" STRUCT(stringValue VARCHAR, intValue VARCHAR, doubleValue VARCHAR, boolValue VARCHAR))[]),
--     scopeSpans STRUCT(spans STRUCT(
--         traceId VARCHAR, spanId VARCHAR, parentSpanId VARCHAR, startTimeUnixNano VARCHAR, endTimeUnixNano VARCHAR,
--         status STRUCT(code VARCHAR, message VARCHAR),
--         attributes STRUCT("key" VARCHAR, "value" STRUCT(stringValue VARCHAR, intValue VARCHAR, doubleValue VARCHAR, boolValue VARCHAR, arrayValue STRUCT("values" STRUCT(stringValue VARCHAR)[])))[],
--         events STRUCT("name" VARCHAR, attributes STRUCT("key" VARCHAR, "value" STRUCT(stringValue VARCHAR, intValue VARCHAR, doubleValue VARCHAR))[])[]
--     )[])[]
-- )[]'''
--
-- Prompts stand in attributes, so only the keys of two lists go on: facts of the call, and labels that name its work.
-- Labels are taken from the span, else from its nearest ancestor that has them, else from the resource.
-- A model span around exactly one other model span is the same call seen by an outer library, and not counted; around
-- several it is the call whose attempts they are.
with unnested as (
    select line, resource_span.resource.attributes as resource_attributes, unnest(resource_span.scopeSpans, max_depth := 2) as scope_spans
    from (select line, unnest(resourceSpans) as resource_span from records)
)

select * from unnested
