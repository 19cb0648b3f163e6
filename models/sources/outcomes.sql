-- [source]
-- title     = "readback outcomes, the native format"
-- file      = "JSON lines or CSV with the columns of the `outcomes` table, written by you or by an export script"
-- emits     = "outcomes"
-- grain     = "line"
-- recognize = ["kind", "occurred_at", "source_system", "source_record_id"]
-- required  = ["kind", "occurred_at", "source_system", "source_record_id"]
-- reports   = ["outcomes"]
-- evidence  = "readback's own format"
-- limits    = ["a time without an offset is read as UTC", "a record without any join key is kept and tied to no run"]
-- [columns]
-- kind                 = "VARCHAR"
-- source_system        = "VARCHAR"
-- source_record_id     = "VARCHAR"
-- revision             = "VARCHAR"
-- retracted            = "VARCHAR"
-- occurred_at          = "VARCHAR"
-- recorded_at          = "VARCHAR"
-- time_quality         = "VARCHAR"
-- request_id           = "VARCHAR"
-- gateway_request_id   = "VARCHAR"
-- trace_id             = "VARCHAR"
-- provider_response_id = "VARCHAR"
-- session_id           = "VARCHAR"
-- run_id               = "VARCHAR"
-- artifact_type        = "VARCHAR"
-- artifact_id          = "VARCHAR"
-- workflow             = "VARCHAR"
-- workflow_class       = "VARCHAR"
-- actor_kind           = "VARCHAR"
-- actor_ref            = "VARCHAR"
-- decision             = "VARCHAR"
-- override_target      = "VARCHAR"
-- reason_code          = "VARCHAR"
-- appropriate          = "VARCHAR"
-- review_mode          = "VARCHAR"
-- edit_ratio           = "VARCHAR"
-- rework_type          = "VARCHAR"
-- effort_seconds       = "VARCHAR"
-- severity             = "VARCHAR"
-- severity_raw         = "VARCHAR"
-- error_type           = "VARCHAR"
-- impact_start         = "VARCHAR"
-- impact_end           = "VARCHAR"
-- affected_count       = "VARCHAR"
-- cost_amount          = "VARCHAR"
-- cost_currency        = "VARCHAR"
-- cost_basis           = "VARCHAR"
-- score                = "VARCHAR"
-- label                = "VARCHAR"
--
-- Everything is read as text, so that a value of the wrong type is told of and not silently lost. Every closed set of
-- words stands in the vocabulary; a test holds the copies here against it.
with present as (
    select absent(trim(columns(* exclude (time_quality)))), nullif(trim(time_quality), '') as time_quality
    from records
),

plain as (
    select * replace (
        lower(kind) as kind, lower(decision) as decision, lower(override_target) as override_target,
        lower(review_mode) as review_mode, lower(rework_type) as rework_type, lower(severity) as severity,
        lower(error_type) as error_type, lower(artifact_type) as artifact_type, lower(cost_basis) as cost_basis,
        upper(cost_currency) as cost_currency, coalesce(lower(actor_kind), 'unknown') as actor_kind,
        coalesce(lower(time_quality), 'exact') as time_quality,
        coalesce(request_id, gateway_request_id) as request_id, coalesce(workflow, workflow_class) as workflow,
        coalesce(revision, '0') as revision, coalesce(retracted, 'false') as retracted
    )
    from present
),

words as (
    select *, list_filter([
        {name: 'kind', value: kind,
         words: 'review_requested, review_decision, override, rework, downstream_error, feedback, all_clear'},
        {name: 'decision', value: decision,
         words: 'approved, approved_with_edits, rejected, replaced, escalated, abstained, expired'},
        {name: 'override_target', value: override_target, words: 'output, routing, gate'},
        {name: 'rework_type', value: rework_type,
         words: 'reopened, regenerated, redone_manually, corrected, reverted, resubmitted, reexecuted'},
        {name: 'severity', value: severity, words: 'critical, high, moderate, low, info'},
        {name: 'error_type', value: error_type,
         words: 'incident, rollback, revert, data_quality, pipeline_failure, refund, chargeback, complaint, '
            || 'compliance, other'},
        {name: 'review_mode', value: review_mode, words: 'mandatory, sampled, voluntary'},
        {name: 'actor_kind', value: actor_kind, words: 'human, model, rule, system, unknown'},
        {name: 'time_quality', value: time_quality, words: 'exact, snapshot, batch, unknown'},
        {name: 'artifact_type', value: artifact_type,
         words: 'ticket, pull_request, commit, deployment, payment, pipeline_run, document, task'},
        {name: 'cost_basis', value: cost_basis, words: 'measured, estimated, allocated'}
    ], lambda word: not list_contains(string_split(word.words, ', '), word.value))[1] as wrong_word
    from plain
),

typed as (
    select
        * replace (
            try_cast(occurred_at as timestamptz) as occurred_at, try_cast(recorded_at as timestamptz) as recorded_at,
            try_cast(impact_start as timestamptz) as impact_start, try_cast(impact_end as timestamptz) as impact_end,
            try_cast(revision as bigint) as revision, try_cast(edit_ratio as double) as edit_ratio,
            try_cast(effort_seconds as bigint) as effort_seconds, try_cast(affected_count as bigint) as affected_count,
            try_cast(cost_amount as double) as cost_amount, try_cast(score as double) as score,
            try_cast(retracted as boolean) as retracted, try_cast(appropriate as boolean) as appropriate
        ),
        [
            {name: 'occurred_at', value: occurred_at, is_good: isfinite(try_cast(occurred_at as timestamptz)),
         expected: 'a time such as 2026-10-01T08:30:00Z'},
            {name: 'recorded_at', value: recorded_at, is_good: isfinite(try_cast(recorded_at as timestamptz)),
         expected: 'a time such as 2026-10-01T08:30:00Z'},
            {name: 'impact_start', value: impact_start, is_good: isfinite(try_cast(impact_start as timestamptz)),
         expected: 'a time such as 2026-10-01T08:30:00Z'},
            {name: 'impact_end', value: impact_end, is_good: isfinite(try_cast(impact_end as timestamptz)),
         expected: 'a time such as 2026-10-01T08:30:00Z'},
            {name: 'revision', value: revision, is_good: regexp_full_match(revision, '[0-9]{1,9}'),
         expected: 'a whole number of at least 0'},
            {name: 'edit_ratio', value: edit_ratio, is_good: try_cast(edit_ratio as double) between 0 and 1,
         expected: 'a number from 0 to 1'},
            {name: 'effort_seconds', value: effort_seconds, is_good: try_cast(effort_seconds as bigint) >= 0,
         expected: 'a number of at least 0'},
            {name: 'affected_count', value: affected_count, is_good: try_cast(affected_count as bigint) >= 0,
         expected: 'a number of at least 0'},
            {name: 'cost_amount', value: cost_amount, is_good: try_cast(cost_amount as double) between 0 and 1e15,
         expected: 'a number of at least 0'},
            {name: 'cost_currency', value: cost_currency, is_good: regexp_full_match(cost_currency, '[A-Z]{3}'),
         expected: 'an ISO 4217 code such as USD'},
            {name: 'score', value: score, is_good: isfinite(try_cast(score as double)), expected: 'a number'},
            {name: 'retracted', value: retracted, is_good: try_cast(retracted as boolean) is not null,
         expected: 'true or false'},
            {name: 'appropriate', value: appropriate, is_good: try_cast(appropriate as boolean) is not null,
         expected: 'true or false'}
        ] as readings
    from words
),

judged as (
    select
        *,
        list_filter(readings, lambda reading: reading.value is not null and not coalesce(reading.is_good, false))[1]
            as wrong_reading
    from typed
)

select
    kind, source_system, source_record_id, revision, retracted, occurred_at, recorded_at, time_quality, request_id,
    lower(replace(trace_id, '-', '')) as trace_id, provider_response_id, session_id, run_id, artifact_type, artifact_id,
    workflow, actor_kind, actor_ref, decision, override_target, left(reason_code, 100) as reason_code, appropriate,
    review_mode, edit_ratio, rework_type, effort_seconds, severity, left(severity_raw, 100) as severity_raw, error_type,
    impact_start, impact_end, affected_count, cost_amount, cost_currency, cost_basis, score, left(label, 100) as label,
    case
        when kind is null then 'kind is missing'
        when source_system is null then 'source_system is missing'
        when source_record_id is null then 'source_record_id is missing'
        when wrong_word is not null
            then wrong_word.name || ' is ''' || coalesce(nullif(regexp_extract(wrong_word.value, '^[\w.-]{1,40}$'), ''), 'a text')
                || '''; expected one of '
                || wrong_word.words
        when wrong_reading is not null
            then wrong_reading.name || ' is ''' || coalesce(nullif(regexp_extract(wrong_reading.value, '^[\w.:+-]{1,40}$'), ''), 'a text')
                || '''; expected '
                || wrong_reading.expected
        when occurred_at is null then 'occurred_at is missing'
        when kind = 'review_decision' and decision is null then 'decision is missing, which a review_decision needs'
        when kind = 'override' and override_target is null then 'override_target is missing, which an override needs'
        when kind = 'rework' and rework_type is null then 'rework_type is missing, which a rework needs'
        when kind = 'downstream_error' and severity is null then 'severity is missing, which a downstream_error needs'
        when kind = 'downstream_error' and error_type is null
            then 'error_type is missing, which a downstream_error needs'
        when impact_end < impact_start then 'impact_end is before impact_start'
        when cost_amount is not null and cost_currency is null
            then 'cost_currency is missing, which a cost_amount needs'
        when cost_currency is not null and cost_amount is null
            then 'cost_amount is missing, which a cost_currency needs'
    end as problem
from judged
