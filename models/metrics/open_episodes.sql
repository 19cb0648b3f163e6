-- [metric]
-- question   = "How many episodes were open at the end of the period?"
-- unit       = "episodes"
-- better     = "lower"
-- estimator  = "total"
-- is_stock   = true
-- needs      = ["chain", "served_model"]
-- model      = "preferred"
-- no_rows    = "null"
-- definition_version = 1
-- references = ["Davidovič 2021, Incident Metrics in SRE"]
--
-- Reads episodes, days(day, start_at, end_at; the last one ends at the watermark), traffic_days: days on which requests
-- were seen, so that an open-free day is a zero. An open episode lasts to the watermark, a quiet one to its last sight.
with stretches as (
    select *, opened_at + duration_s * interval '1 second' as closed_at from episodes
)

select
    days.day, stretches.workflow, stretches.workflow_class, stretches.team, stretches.preferred_model as model,
    stretches.provider, stretches.cause,
    sum(
        case
            when stretches.closed_at > days.end_at then 1.0
            when not stretches.is_recovered and (stretches.state = 'open' or stretches.closed_at = days.end_at) then 1.0
            else 0.0
        end
    ) as numerator
from stretches
inner join days
    on stretches.opened_at < days.end_at and (stretches.closed_at >= days.start_at or stretches.state = 'open')
group by
    days.day, stretches.workflow, stretches.workflow_class, stretches.team, stretches.preferred_model,
    stretches.provider, stretches.cause
union all
select day, workflow, workflow_class, team, model, null, null, 0 from traffic_days
