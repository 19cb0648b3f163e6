-- One row per day and grain: the period that the day lies in. Reads calendar(day): every day from the first data to as_of.
-- `$week_offset` is 0 where weeks start on Monday, 1 on Sunday. closing_day: the last day of the period so far.
with dated as (
    select day, 'day' as grain, day as start_day from calendar
    union all
    select day, 'week', cast(date_trunc('week', day + cast($week_offset as integer)) as date) - cast($week_offset as integer)
    from calendar
    union all
    select day, 'month', cast(date_trunc('month', day) as date) from calendar
    union all
    select day, 'quarter', cast(date_trunc('quarter', day) as date) from calendar
    union all
    select day, 'all', (select min(day) from calendar) from calendar
)

select
    day,
    grain,
    cast(start_day as timestamp) at time zone $timezone as period_start,
    max(day) over (partition by grain, start_day) as closing_day
from dated
