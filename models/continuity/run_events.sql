-- One row per run and metric of which something was told that counts, among touched_runs.
-- Reads touched_runs, runs, run_windows, reviews, outcome_links, outcomes; `$override_edit_ratio`.
--
-- rework, downstream_error: told after the release and inside the window, and not taken back. What the requester wants
-- beyond the task (user_preference) is no rework. An all-clear counts whenever it is given after the release.
-- override: a decision inside the review window, which opens when the output is there. It is an event when a person
-- rejected, replaced, or edited more than a trifle; an edit of unknown size is one too. Escalated is not.
-- event_at is NULL where no source knows the time of the event: it counts in a rate and stays out of a curve.
with windows as (
    select
        runs.run_id,
        usual.metric,
        case when usual.metric = 'override' then coalesce(runs.ended_at, runs.started_at) else runs.released_at end
            as opens_at,
        coalesce(own.window_s, usual.window_s) as window_s
    from runs
    inner join touched_runs using (run_id)
    inner join run_windows as usual on usual.workflow_class is null
    left join run_windows as own on own.workflow_class = runs.workflow_class and own.metric = usual.metric
),

-- Few outcomes are tied to the runs that are touched: they are found first, so that the others are never joined.
ties as materialized (
    select outcome_id, run_id, weight from outcome_links where run_id in (select run_id from touched_runs)
),

tied as materialized (
    select * from outcomes where outcome_id in (select outcome_id from ties)
),

told as (
    select
        windows.run_id, windows.metric, links.weight,
        outcomes.occurred_at, outcomes.time_quality, outcomes.kind <> 'all_clear' as is_event, outcomes.effort_seconds,
        outcomes.cost_amount, outcomes.cost_currency, outcomes.severity,
        array_position(['critical', 'high', 'moderate', 'low', 'info'], outcomes.severity) as severity_rank
    from windows
    inner join ties as links using (run_id)
    inner join tied as outcomes using (outcome_id)
    where not outcomes.retracted
      and outcomes.occurred_at > windows.opens_at
      and windows.metric <> 'override'
      and (
          outcomes.kind = 'all_clear'
          or outcomes.kind = windows.metric
          and outcomes.occurred_at <= windows.opens_at + windows.window_s * interval '1 second'
          and not (outcomes.kind = 'rework' and coalesce(outcomes.reason_code, '') = 'user_preference')
      )
),

decided as (
    select
        windows.run_id, windows.metric, reviews.decided_at, reviews.decision,
        case reviews.decision
            when 'approved_with_edits' then coalesce(reviews.edit_ratio >= $override_edit_ratio, true)
            else reviews.decision in ('rejected', 'replaced')
        end as is_event
    from windows
    inner join reviews using (run_id)
    where windows.metric = 'override'
      and reviews.decided_at <= windows.opens_at + windows.window_s * interval '1 second'
)

select
    run_id,
    metric,
    count(*) filter (where is_event) > 0 as is_event,
    min(occurred_at) filter (where is_event and time_quality in ('exact', 'snapshot')) as event_at,
    count(*) filter (where is_event) as event_count,
    cast(null as varchar) as decision,
    arg_min(severity, severity_rank) as max_severity,
    sum(weight * cost_amount) filter (where is_event and cost_currency = 'USD') as cost_usd,
    count(*) filter (where is_event and (cost_amount is null or cost_currency <> 'USD')) as unknown_cost_count,
    cast(sum(effort_seconds) filter (where is_event) as bigint) as effort_seconds
from told
group by run_id, metric
union all
select
    run_id, metric, is_event, case when is_event then decided_at end, cast(is_event as bigint), decision,
    null, null, 0, null
from decided
