-- One row per week, month and quarter that the logs reach into, with the start of the period before it, whether or not
-- the logs reach into that. Reads periods.
select distinct
    grain,
    period_start,
    ((period_start at time zone $timezone) - case grain
        when 'week' then interval '7 days' when 'month' then interval '1 month' else interval '3 months'
    end) at time zone $timezone as previous_start
from periods
where grain in ('week', 'month', 'quarter')
