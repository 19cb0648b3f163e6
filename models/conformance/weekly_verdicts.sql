-- One row: one workflow class and week with how its fallbacks, and the requests that failed without one, were judged.
-- Reads: fallback_events, unanswered_requests. `unanswered_requests` holds those alone that a class covers.
-- Bound: $timezone of the project, $shift_days from Monday to the first day of its week.
-- `breaches` also holds fallbacks that were due and did not happen; what cannot be judged is no part of `judged`.
with judged as (
    select workflow_class, occurred_at, verdict, is_silent, false as is_missed from fallback_events
    union all
    select workflow_class, occurred_at, verdict, false, list_contains(verdict_reasons, 'missed_fallback')
    from unanswered_requests
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
    count(*) as total,
    cast(sum(case when verdict = 'in_policy' then 1 else 0 end) as bigint) as in_policy,
    cast(sum(case when verdict = 'out_of_policy' then 1 else 0 end) as bigint) as breaches,
    cast(sum(case when verdict = 'indeterminate' then 1 else 0 end) as bigint) as indeterminate,
    cast(sum(case when verdict <> 'indeterminate' then 1 else 0 end) as bigint) as judged,
    cast(sum(case when is_silent then 1 else 0 end) as bigint) as silent,
    cast(sum(case when is_missed then 1 else 0 end) as bigint) as missed
from dated
group by workflow_class, week_start
order by week_start desc, workflow_class nulls last
