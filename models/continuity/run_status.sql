-- One row per run and metric: exactly one of not_eligible, uncovered, event, clear, censored.
-- Reads runs, run_windows, coverage_spans, run_events, clock(as_of). A view: hash joins with small tables only.
--
-- not_eligible  never released and never decided; or the review window went by without a decision by a person
-- uncovered     no source was watching when the window opened, whatever was told; or only a sample was watched and
--               nothing was told of this run
-- event, clear  told inside the window; or its end was reached, in the logs' clock and in every watching source,
--               without an event (explicit all-clears and decisions that changed nothing are clear at once)
-- censored      the end was not reached
-- Only event and clear whose window has ended are mature. Events come before non-events: counting an event early
-- would inflate the newest periods.
-- closes_at: the last moment of which an outcome can still change the row: the end of its window, and of the review
-- window, since a decision may release a run later or not at all. NULL while a watching source was not read so far.
with metrics(metric, kind) as (
    values ('rework', 'rework'), ('override', 'review_decision'), ('downstream_error', 'downstream_error')
),

windows as (
    select
        runs.run_id,
        metrics.metric,
        metrics.kind,
        runs.workflow,
        runs.started_at,
        runs.is_fallback,
        runs.released_at is not null as is_released,
        case when metrics.metric = 'override' then coalesce(runs.ended_at, runs.started_at) else runs.released_at end
            as opens_at,
        coalesce(own.window_s, usual.window_s) as window_s,
        coalesce(runs.ended_at, runs.started_at)
        + coalesce(own_review.window_s, usual_review.window_s) * interval '1 second' as reviewed_at
    from runs
    cross join metrics
    inner join run_windows as usual on usual.metric = metrics.metric and usual.workflow_class is null
    left join run_windows as own on own.metric = metrics.metric and own.workflow_class = runs.workflow_class
    left join run_windows as usual_review on usual_review.metric = 'override' and usual_review.workflow_class is null
    left join run_windows as own_review
        on own_review.metric = 'override' and own_review.workflow_class = runs.workflow_class
),

observed as (
    select
        windows.*,
        spans.kind is not null as is_covered,
        coalesce(spans.is_complete, false) as is_complete,
        coalesce(spans.weight, 1.0) as weight,
        events.is_event,
        events.event_at,
        coalesce(
            windows.opens_at + windows.window_s * interval '1 second' <= least(spans.watermark_at, clock.as_of), false
        ) as is_elapsed
    from windows
    cross join clock
    left join coverage_spans as spans
        on spans.kind = windows.kind
        and spans.workflow = coalesce(windows.workflow, '')
        and windows.opens_at >= spans.from_at
        and windows.opens_at < spans.to_at
    left join run_events as events on events.run_id = windows.run_id and events.metric = windows.metric
),

judged as (
    select
        *,
        case
            when is_event is null and not is_released then 'not_eligible'
            when not is_covered then 'uncovered'
            when is_event then 'event'
            when not is_event then 'clear'
            when metric = 'override' then case when is_elapsed then 'not_eligible' else 'censored' end
            when not is_complete then 'uncovered'
            when is_elapsed then 'clear'
            else 'censored'
        end as status
    from observed
)

select
    run_id, metric, status, is_elapsed and status in ('event', 'clear') as is_mature, event_at, started_at, opens_at as released_at,
    window_s, workflow, case when is_fallback then 'fallback' when not is_fallback then 'preferred' end as lane, weight,
    case
        when not is_covered then reviewed_at
        when is_elapsed then greatest(opens_at + window_s * interval '1 second', reviewed_at)
    end as closes_at
from judged
