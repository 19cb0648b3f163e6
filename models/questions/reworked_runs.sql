-- [question]
-- ask = "Which runs of a workflow were reworked after a substitute had answered?"
-- [parameters]
-- workflow = "support-reply"
select s.run_id, s.workflow, r.served_model, s.released_at, s.event_at, r.episode_id
from run_status as s
inner join runs as r on s.run_id = r.run_id
where s.metric = 'rework' and s.status = 'event' and s.lane = 'fallback' and s.workflow = $workflow
order by s.event_at desc, s.run_id
limit 200
