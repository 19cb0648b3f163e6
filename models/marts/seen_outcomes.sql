-- One row per kind of outcome, grain and period: the outcomes that occurred in it, and those of them tied to a run. An
-- override is told by a review decision. Reads outcomes, outcome_links, periods.
with told as (
    select outcome_id, kind, min(occurred_at) as occurred_at
    from outcomes
    where not retracted
    group by outcome_id, kind
),

linked as (
    select distinct outcome_id from outcome_links
)

select
    t.kind,
    p.grain,
    p.period_start,
    count(*) as outcomes,
    count(l.outcome_id) as linked
from told as t
left join linked as l on t.outcome_id = l.outcome_id
inner join periods as p on cast(t.occurred_at at time zone $timezone as date) = p.day
group by t.kind, p.grain, p.period_start
