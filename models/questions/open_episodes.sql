-- [question]
-- ask = "Which episodes have not recovered yet, and for how long?"
select episode_id, workflow, preferred_model, cause, state, opened_at, last_seen_at, duration_s, fallback_count
from episodes
where not is_recovered
order by duration_s desc
