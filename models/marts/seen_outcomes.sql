-- One row per kind of outcome, grain and period: the outcomes that occurred in it, and those of them tied to a run. An
-- override is told by a review decision. Reads current_outcomes, outcome_links, periods.
with told as (
    select
        kind, cast(occurred_at at time zone $timezone as date) as day,
        outcome_id in (select outcome_id from outcome_links) as is_linked
    from current_outcomes
    where not retracted
),

by_day as (
    select kind, day, count(*) as outcomes, count(*) filter (where is_linked) as linked from told group by kind, day
)

select
    d.kind,
    p.grain,
    p.period_start,
    cast(sum(d.outcomes) as bigint) as outcomes,
    cast(sum(d.linked) as bigint) as linked
from by_day as d
inner join periods as p on d.day = p.day
group by d.kind, p.grain, p.period_start
