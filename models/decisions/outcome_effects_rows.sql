-- One row: the adjusted comparison beside one fallback run that the outcome hit; the comparison alone where none is held.
-- Shown: $metric, $outcome, $dimension, $member.
with harmed as (
    select r.run_id, r.started_at, r.workflow, r.preferred_model, r.served_model, r.first_cause, r.episode_id, s.event_at
    from run_status as s
    inner join runs as r on s.run_id = r.run_id
    where
        s.metric = $outcome and s.status = 'event' and s.is_mature and s.lane = 'fallback'
        and case when $dimension = 'workflow' then coalesce(r.workflow, '(none)') else r.served_model end = $member
)

select
    e.metric, e.member, e.estimate, e.low, e.high, e.crude_estimate, e.n_fallback, e.events_fallback, e.n_preferred,
    e.events_preferred, h.*
from metric_effects as e
left join harmed as h on true
where e.metric = $metric and e.dimension = $dimension and e.member = $member
order by h.started_at, h.run_id
