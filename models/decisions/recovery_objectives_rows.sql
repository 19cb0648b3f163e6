-- One row: one fallback of the episode; the episode alone where its fallbacks are not held any more.
-- Shown: $episode_id.
select
    e.episode_id, e.workflow, e.state, e.opened_at, e.recovered_at, e.duration_s,
    f.request_id, f.occurred_at, f.served_model, f.served_by, f.cause, f.verdict
from episodes as e
left join fallback_events as f on e.episode_id = f.episode_id
where e.episode_id = $episode_id
order by f.occurred_at, f.request_id
