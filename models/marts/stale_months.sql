-- One row per month whose recovery under other rules no longer holds: what changed since $since reaches into it, or nobody
-- has told it yet. Read from $lead_s before it (an episode may be going on) to a week after it, or to $as_of.
-- Reads periods, recovery_sensitivity.
with months as (
    select distinct
        period_start as month_at,
        ((period_start at time zone $timezone) + interval '1 month') at time zone $timezone as ends_at
    from periods
    where grain = 'month'
),

tried as (
    select distinct period_start from recovery_sensitivity
)

select
    m.month_at,
    m.ends_at,
    m.month_at - to_seconds($lead_s) as from_at,
    least(m.ends_at + interval '7 days', $as_of) as until_at
from months as m
left join tried as t on m.month_at = t.period_start
where t.period_start is null or (m.ends_at + interval '7 days' >= $since and m.month_at - to_seconds($lead_s) <= $until)
