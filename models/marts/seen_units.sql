-- One row per metric, grain and period: the units that there were, those that could be observed, and those counted.
-- Reads marts.metric_daily, periods.
select
    d.metric,
    p.grain,
    p.period_start,
    coalesce(sum(d.eligible), 0) as eligible,
    coalesce(sum(d.observable), 0) as observable,
    coalesce(sum(d.denominator), 0) as denominator,
    coalesce(sum(d.numerator), 0) as numerator
from marts.metric_daily as d
inner join periods as p on d.day = p.day
group by d.metric, p.grain, p.period_start
