-- [source]
-- title     = "OpenTelemetry evaluation results, OTLP log records"
-- file      = "JSON lines of OTLP logs, as the file exporter of the OpenTelemetry Collector writes them"
-- emits     = "outcomes"
-- grain     = "nested"
-- observer  = "application"
-- recognize = ["resourceLogs"]
-- required  = ["resourceLogs"]
-- ignored   = "holds no `gen_ai.evaluation.result`, or one whose evaluator failed"
-- reports   = ["outcomes"]
-- evidence  = "VERIFIED: open-telemetry/semantic-conventions-genai model/gen-ai/events.yaml (development), OTLP 1.x JSON"
-- limits    = ["the convention does not say who judged: `readback.actor.kind` does, else it is unknown",
--              "an evaluation named `review_decision` whose label is one of readback's decisions is a review; every other one is feedback",
--              "an evaluator that failed (`error.type`) gives no outcome: the answer stays unjudged, not clean",
--              "tied by the trace of the record, else by `gen_ai.response.id`"]
-- [columns]
-- resourceLogs = '''STRUCT(scopeLogs STRUCT(logRecords STRUCT(
--     timeUnixNano VARCHAR, observedTimeUnixNano VARCHAR, eventName VARCHAR, traceId VARCHAR, spanId VARCHAR,
--     attributes STRUCT("key" VARCHAR, "value" STRUCT(stringValue VARCHAR, intValue VARCHAR, doubleValue VARCHAR))[]
-- )[])[])[]'''
--
with log_records as (
    select line, unnest(scope_logs.logRecords) as record
    from (
        select line, unnest(resource_logs.scopeLogs) as scope_logs
        from (select line, unnest(resourceLogs) as resource_logs from records)
    )
),

described as (
    select
        line,
        coalesce(record.eventName, facts['event.name']) as event_name,
        list_transform([record.traceId, record.spanId], lambda id: lower(case
            when regexp_full_match(id, '[A-Za-z0-9+/]{22}==|[A-Za-z0-9+/]{11}=') then hex(from_base64(id))
            when regexp_full_match(id, '0*') then null
            else id
        end)) as ids,
        try(make_timestamptz(
            coalesce(nullif(try_cast(record.timeUnixNano as bigint), 0), nullif(try_cast(record.observedTimeUnixNano as bigint), 0)) // 1000
        )) as judged_at,
        facts
    from (
        select
            line,
            record,
            map_from_entries(list_transform(list_distinct(list_filter(list_transform(record.attributes, lambda a: a.key), lambda k: list_contains([
                'event.name', 'gen_ai.evaluation.name', 'gen_ai.evaluation.score.value', 'gen_ai.evaluation.score.label', 'gen_ai.response.id',
                'error.type', 'readback.actor.kind'
            ], k))), lambda k: {k: k, v: absent(list_transform(
                list_filter(record.attributes, lambda a: a.key = k), lambda a: coalesce(a.value.stringValue, a.value.doubleValue, a.value.intValue)
            )[1])})) as facts
        from log_records
    )
),

evaluations as (
    select
        *,
        facts['gen_ai.evaluation.name'] as evaluation_name,
        facts['gen_ai.response.id'] as response_id,
        facts['gen_ai.evaluation.score.label'] as score_label,
        try_cast(facts['gen_ai.evaluation.score.value'] as double) as score_value,
        case
            when lower(facts['gen_ai.evaluation.name']) = 'review_decision' and list_contains(
                ['approved', 'approved_with_edits', 'rejected', 'replaced', 'escalated', 'abstained', 'expired'],
                lower(facts['gen_ai.evaluation.score.label'])
            ) then lower(facts['gen_ai.evaluation.score.label'])
        end as decision
    from described
    where event_name = 'gen_ai.evaluation.result' and facts['error.type'] is null
)

select
    line,
    if(decision is null, 'feedback', 'review_decision') as kind,
    'otel' as source_system,
    md5(concat_ws('/', ids[1], ids[2], response_id, evaluation_name, epoch_us(judged_at))) as source_record_id,
    judged_at as occurred_at,
    'exact' as time_quality,
    ids[1] as trace_id,
    response_id as provider_response_id,
    case
        when list_contains(['human', 'model', 'rule', 'system'], lower(facts['readback.actor.kind'])) then lower(facts['readback.actor.kind'])
    end as actor_kind,
    decision,
    case when isfinite(score_value) then score_value end as score,
    case when regexp_full_match(score_label, '[\w .:/+-]{1,40}') then score_label end as label,
    case
        when evaluation_name is null then 'an evaluation has no gen_ai.evaluation.name'
        when judged_at is null then 'an evaluation has no timeUnixNano and no observedTimeUnixNano'
    end as problem
from evaluations
order by line, source_record_id
