-- One row: one workflow class and week with how its fallbacks, and the requests that failed without one, were judged.
-- Reads: fallback_events, unanswered_requests; the latter holds those alone that a class covers.
-- Bound: $timezone of the project, $shift_days from Monday to the first day of its week.
-- `breaches` also holds fallbacks that were due and did not happen; what cannot be judged is no part of `judged`.
with judged as (
    select workflow_class, occurred_at, verdict, verdict_reasons, true as has_left from fallback_events
    union all
    select workflow_class, occurred_at, verdict, verdict_reasons, false as has_left from unanswered_requests
),

dated as (
    select
        *,
        cast(date_trunc('week', (occurred_at at time zone $timezone) - to_days($shift_days)) + to_days($shift_days) as date)
            as week_start
    from judged
)

select
    workflow_class,
    week_start,
    count(*) as request_count,
    count(*) filter (where verdict = 'in_policy') as in_policy,
    count(*) filter (where verdict = 'out_of_policy') as breaches,
    count(*) filter (where verdict = 'indeterminate') as indeterminate,
    count(*) filter (where verdict <> 'indeterminate') as judged,
    count(*) filter (where list_contains(verdict_reasons, 'silent_downgrade')) as silent_downgrades,
    count(*) filter (where list_contains(verdict_reasons, 'silent_upgrade')) as silent_upgrades,
    count(*) filter (where list_contains(verdict_reasons, 'wrong_order')) as wrong_order,
    count(*) filter (where list_contains(verdict_reasons, 'missed_fallback')) as missed_fallbacks,
    count(*) filter (where has_left and list_contains(verdict_reasons, 'cause_not_logged')) as without_reason
from dated
group by workflow_class, week_start
order by week_start desc, workflow_class nulls last
