-- One row per metric, grain, period, dimension, member and lane: sums of the days. Reads member_days, periods, asked.
--
-- A stock is what stands at the close of a period; its other days only show that somebody looked. Where a dimension does
-- not divide the denominator, that of dimension all is taken.
with summed as (
    select
        days.metric, asked.grain, periods.period_start, days.dimension, days.member, days.lane, asked.is_undivided,
        sum(case when asked.is_stock and days.day <> periods.closing_day then 0 else days.numerator end) as numerator,
        sum(days.denominator) as denominator,
        sum(days.eligible) as eligible,
        sum(days.observable) as observable,
        sum(days.unseen) as unseen,
        sum(days.weight_squares) as weight_squares,
        sum(days.cluster_count) as cluster_count,
        sum(days.cluster_n) as cluster_n,
        sum(days.cluster_n2) as cluster_n2,
        sum(days.cluster_n3) as cluster_n3,
        sum(days.cluster_x) as cluster_x,
        sum(days.cluster_x2) as cluster_x2,
        sum(days.cluster_xn) as cluster_xn,
        max(days.closes_at) as closes_at
    from member_days as days
    inner join asked
        on asked.metric = days.metric and asked.dimension = days.dimension and asked.lane = days.lane
    inner join periods on periods.day = days.day and periods.grain = asked.grain
    group by
        days.metric, asked.grain, periods.period_start, days.dimension, days.member, days.lane, asked.is_undivided
)

select
    summed.metric, summed.grain, summed.period_start, summed.dimension, summed.member, summed.lane, summed.numerator,
    case when summed.is_undivided then whole.denominator else summed.denominator end as denominator,
    case when summed.is_undivided then whole.eligible else summed.eligible end as eligible,
    case when summed.is_undivided then whole.observable else summed.observable end as observable,
    case when summed.is_undivided then whole.weight_squares else summed.weight_squares end as weight_squares,
    case when summed.is_undivided then whole.cluster_count else summed.cluster_count end as cluster_count,
    case when summed.is_undivided then whole.cluster_n else summed.cluster_n end as cluster_n,
    case when summed.is_undivided then whole.cluster_n2 else summed.cluster_n2 end as cluster_n2,
    summed.cluster_n3, summed.cluster_x, summed.cluster_x2, summed.cluster_xn, summed.unseen, summed.closes_at
from summed
left join summed as whole
    on summed.is_undivided
    and whole.dimension = 'all'
    and whole.metric = summed.metric
    and whole.grain = summed.grain
    and whole.period_start = summed.period_start
    and whole.lane = summed.lane
order by summed.metric, summed.grain, summed.period_start, summed.dimension, summed.member, summed.lane
