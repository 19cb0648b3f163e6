-- [metric]
-- question   = "For how many minutes were workflows off their preferred model?"
-- unit       = "minutes"
-- better     = "lower"
-- estimator  = "total"
-- needs      = ["chain", "served_model"]
-- model      = "preferred"
-- no_rows    = "null"
-- definition_version = 1
-- references = ["Davidovič 2021, Incident Metrics in SRE"]
--
-- Minutes of every episode that lie in the day; two episodes at once count twice, open ones up to the watermark.
-- Reads episodes, days(day, start_at, end_at), traffic_days: days on which requests were seen, so that a day without
-- an episode is a zero.
with stretches as (
    select *, opened_at + duration_s * interval '1 second' as closed_at from episodes
)

select
    days.day, stretches.workflow, stretches.workflow_class, stretches.team, stretches.preferred_model as model,
    stretches.provider, stretches.cause,
    round(
        sum(epoch(least(stretches.closed_at, days.end_at)) - epoch(greatest(stretches.opened_at, days.start_at))) / 60, 9
    ) as numerator
from stretches
inner join days on stretches.opened_at < days.end_at and stretches.closed_at > days.start_at
group by
    days.day, stretches.workflow, stretches.workflow_class, stretches.team, stretches.preferred_model,
    stretches.provider, stretches.cause
union all
select day, workflow, workflow_class, team, model, null, null, 0 from traffic_days
