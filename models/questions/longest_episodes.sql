-- [question]
-- ask = "Which episodes of recovered workflows were the longest, and which part could a policy have tuned?"
select
    episode_id, workflow, cause, opened_at, recovered_at, duration_s, outage_low_s, outage_s, is_probed, return_lag_s,
    fallback_count
from episodes
where is_recovered
order by duration_s desc, episode_id
limit 20
