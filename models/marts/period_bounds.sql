-- One row per day, week, month and quarter that the logs reach into: where the period before it starts, whether or not
-- the logs reach into that, and where it ends. Reads periods.
with lengths as (
    select 'day' as grain, interval '1 day' as length
    union all
    select 'week', interval '7 days'
    union all
    select 'month', interval '1 month'
    union all
    select 'quarter', interval '3 months'
)

select distinct
    p.grain,
    p.period_start,
    ((p.period_start at time zone $timezone) - l.length) at time zone $timezone as previous_start,
    ((p.period_start at time zone $timezone) + l.length) at time zone $timezone as ends_at
from periods as p
inner join lengths as l on p.grain = l.grain
