-- [source]
-- title     = "CloudEvents 1.0 with an outcome"
-- file      = "JSON lines or a JSON list of events of type `dev.readback.outcome.<kind>.v1`, written by your own application"
-- emits     = "outcomes"
-- observer  = "application"
-- recognize = ["specversion=1.0", "id", "source", "type"]
-- required  = ["id", "source", "type"]
-- ignored   = "is an event of another type"
-- reports   = ["outcomes"]
-- evidence  = "VERIFIED: cloudevents/spec 1.0; the trace extension `traceparent` UNVERIFIED; the types are readback's own"
-- limits    = ["`subject` is the run, or `rb1:<trace>:<request>`; `traceparent` gives the trace",
--              "`source` and `id` identify the event, unless `data` names `source_system` and `source_record_id`, which a later revision needs",
--              "binary mode and `data_base64` are not read"]
-- [columns]
-- id          = "VARCHAR"
-- source      = "VARCHAR"
-- type        = "VARCHAR"
-- subject     = "VARCHAR"
-- time        = "VARCHAR"
-- traceparent = "VARCHAR"
-- data        = '''STRUCT(
--     source_system VARCHAR, source_record_id VARCHAR, revision VARCHAR, retracted VARCHAR, occurred_at VARCHAR, request_id VARCHAR,
--     provider_response_id VARCHAR, session_id VARCHAR, run_id VARCHAR, artifact_type VARCHAR, artifact_id VARCHAR, workflow VARCHAR,
--     actor_kind VARCHAR, actor_ref VARCHAR, decision VARCHAR, override_target VARCHAR, reason_code VARCHAR, review_mode VARCHAR,
--     edit_ratio VARCHAR, rework_type VARCHAR, effort_seconds VARCHAR, severity VARCHAR, error_type VARCHAR, impact_start VARCHAR,
--     impact_end VARCHAR, affected_count VARCHAR, cost_amount VARCHAR, cost_currency VARCHAR, cost_basis VARCHAR, score VARCHAR, label VARCHAR
-- )'''
--
-- Everything is read as text, so that a value of the wrong type is told of and not silently lost. Every closed set of
-- words stands in the vocabulary; a test holds the copies here against it.
with told as (
    select
        id, source, subject, traceparent, data,
        coalesce(not starts_with(type, 'dev.readback.outcome.'), false) as is_ignored,
        coalesce(regexp_extract(type, '^dev\.readback\.outcome\.([a-z_]+)\.v1$', 1), '') as kind,
        coalesce(data.occurred_at, time) as told_at,
        regexp_extract(subject, 'rb1:([\w-]+):([\w.:-]*[\w-])', ['trace_id', 'request_id']) as reference
    from records
),

checked as (
    select
        *,
        try_cast(told_at as timestamptz) as occurred_at,
        list_filter([
            {name: 'type', value: kind,
             words: 'review_requested, review_decision, override, rework, downstream_error, feedback, all_clear'},
            {name: 'decision', value: data.decision,
             words: 'approved, approved_with_edits, rejected, replaced, escalated, abstained, expired'},
            {name: 'override_target', value: data.override_target, words: 'output, routing, gate'},
            {name: 'rework_type', value: data.rework_type,
             words: 'reopened, regenerated, redone_manually, corrected, reverted, resubmitted, reexecuted'},
            {name: 'severity', value: data.severity, words: 'critical, high, moderate, low, info'},
            {name: 'error_type', value: data.error_type,
             words: 'incident, rollback, revert, data_quality, pipeline_failure, refund, chargeback, complaint, compliance, other'},
            {name: 'review_mode', value: data.review_mode, words: 'mandatory, sampled, voluntary'},
            {name: 'actor_kind', value: data.actor_kind, words: 'human, model, rule, system, unknown'},
            {name: 'artifact_type', value: data.artifact_type,
             words: 'ticket, pull_request, commit, deployment, payment, pipeline_run, document, task'},
            {name: 'cost_basis', value: data.cost_basis, words: 'measured, estimated, allocated'}
        ], lambda word: not list_contains(string_split(word.words, ', '), word.value))[1] as wrong_word,
        list_filter([
            {name: 'revision', value: data.revision, is_good: regexp_full_match(data.revision, '[0-9]{1,15}')},
            {name: 'retracted', value: data.retracted, is_good: try_cast(data.retracted as boolean) is not null},
            {name: 'edit_ratio', value: data.edit_ratio, is_good: try_cast(data.edit_ratio as double) between 0 and 1},
            {name: 'effort_seconds', value: data.effort_seconds, is_good: try_cast(data.effort_seconds as bigint) >= 0},
            {name: 'affected_count', value: data.affected_count, is_good: try_cast(data.affected_count as bigint) >= 0},
            {name: 'cost_amount', value: data.cost_amount, is_good: try_cast(data.cost_amount as double) between 0 and 1e15},
            {name: 'cost_currency', value: data.cost_currency, is_good: regexp_full_match(data.cost_currency, '[A-Z]{3}')},
            {name: 'score', value: data.score, is_good: isfinite(try_cast(data.score as double))},
            {name: 'impact_start', value: data.impact_start, is_good: isfinite(try_cast(data.impact_start as timestamptz))},
            {name: 'impact_end', value: data.impact_end, is_good: isfinite(try_cast(data.impact_end as timestamptz))}
        ], lambda reading: reading.value is not null and not coalesce(reading.is_good, false))[1].name as wrong_reading
    from told
)

select
    kind,
    coalesce(data.source_system, source) as source_system,
    coalesce(data.source_record_id, id) as source_record_id,
    try_cast(data.revision as bigint) as revision,
    try_cast(data.retracted as boolean) as retracted,
    case when not is_ignored and id is not null and source is not null then occurred_at end as occurred_at,
    'exact' as time_quality,
    coalesce(nullif(nullif(reference.trace_id, '-'), ''), nullif(regexp_extract(traceparent, '^[0-9a-f]{2}-([0-9a-f]{32})-', 1), '')) as trace_id,
    coalesce(data.request_id, nullif(reference.request_id, '-')) as request_id,
    coalesce(data.run_id, case when not starts_with(subject, 'rb1:') then subject end) as run_id,
    data.provider_response_id, data.session_id, data.artifact_type, data.artifact_id, data.workflow, data.actor_kind, data.actor_ref,
    data.decision, data.override_target, left(data.reason_code, 100) as reason_code, data.review_mode, data.rework_type, data.severity,
    data.error_type, data.cost_currency, data.cost_basis, left(data.label, 100) as label,
    try_cast(data.edit_ratio as double) as edit_ratio,
    try_cast(data.effort_seconds as bigint) as effort_seconds,
    try_cast(data.affected_count as bigint) as affected_count,
    try_cast(data.cost_amount as double) as cost_amount,
    try_cast(data.score as double) as score,
    try_cast(data.impact_start as timestamptz) as impact_start,
    try_cast(data.impact_end as timestamptz) as impact_end,
    case
        when is_ignored or id is null or source is null then null
        when wrong_word is not null then wrong_word.name || ' is none of ' || wrong_word.words
        when wrong_reading is not null then 'data.' || wrong_reading || ' is not of its kind'
        when occurred_at is null then 'neither data.occurred_at nor time gives a time'
        when kind = 'review_decision' and data.decision is null then 'data.decision is missing, which a review_decision needs'
        when kind = 'override' and data.override_target is null then 'data.override_target is missing, which an override needs'
        when kind = 'rework' and data.rework_type is null then 'data.rework_type is missing, which a rework needs'
        when kind = 'downstream_error' and (data.severity is null or data.error_type is null)
            then 'data.severity or data.error_type is missing, which a downstream_error needs'
        when try_cast(data.impact_end as timestamptz) < try_cast(data.impact_start as timestamptz) then 'data.impact_end is before data.impact_start'
        when (data.cost_amount is null) <> (data.cost_currency is null) then 'data.cost_amount and data.cost_currency need each other'
    end as problem,
    is_ignored
from checked
