-- One row per clustered metric, lane, workflow, month and month in which the last window of its runs ended (NULL of
-- metrics that no outcome tells): sums over clusters, from which their correlation is pooled. Reads member_days, periods.
select
    days.metric,
    days.lane,
    days.member as workflow,
    periods.period_start as month_at,
    cast(date_trunc('month', days.closes_at) as timestamptz) as closing_at,
    sum(days.cluster_count) as cluster_count,
    sum(days.cluster_n) as n,
    sum(days.cluster_n2) as n2,
    sum(days.cluster_n3) as n3,
    sum(days.cluster_x) as x,
    sum(days.cluster_x2) as x2,
    sum(days.cluster_xn) as xn
from member_days as days
inner join periods on periods.day = days.day and periods.grain = 'month'
where days.dimension = 'workflow' and days.cluster_n > 0
group by days.metric, days.lane, days.member, periods.period_start, cast(date_trunc('month', days.closes_at) as timestamptz)
order by days.metric, days.lane, days.member, periods.period_start, closing_at
