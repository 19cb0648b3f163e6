-- [question]
-- ask = "What did the provider declare while we were off its model?"
select
    e.episode_id, e.workflow, e.opened_at, e.recovered_at, i.provider, i.title, i.impact, i.first_stage_at,
    i.resolved_at, e.recovery_lag_s
from episodes as e
inner join provider_incidents as i on e.incident_id = i.incident_id
order by e.opened_at, e.episode_id
