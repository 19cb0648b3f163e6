-- One row per fraction by workflow, period and lane: the least and the greatest that it can be, whatever workflow the units
-- without one belong to. Reads metric_values.
--
-- Least: all of them that show no event are this workflow's; greatest: all that show one. Where every unit has a
-- workflow, both are the figure itself. A figure that is withheld, or no plain share of its units, has no bounds.
with shown as (
    select * from metric_values where dimension = 'workflow' and unit = 'fraction' and denominator > 0
),

nameless as (
    select metric, grain, period_start, lane, numerator as events, denominator as units from shown where member = '(none)'
),

totals as (
    select metric, grain, period_start, lane, sum(denominator) as units from shown group by metric, grain, period_start, lane
)

select
    s.metric, s.grain, s.period_start, s.member, s.lane,
    coalesce(n.units, 0) / t.units as unattributed_share,
    s.numerator / (s.denominator + coalesce(n.units - n.events, 0)) as bound_low,
    (s.numerator + coalesce(n.events, 0)) / (s.denominator + coalesce(n.events, 0)) as bound_high
from shown as s
inner join totals as t
    on s.metric = t.metric and s.grain = t.grain and s.period_start = t.period_start and s.lane = t.lane
left join nameless as n
    on s.metric = n.metric and s.grain = n.grain and s.period_start = n.period_start and s.lane = n.lane
where s.member <> '(none)' and abs(s.value - s.numerator / s.denominator) < 1e-6
