-- [question]
-- ask = "Which substitutions did nobody allow and nobody see?"
select fallback_id, occurred_at, workflow, preferred_model, served_model, cause, verdict, verdict_reasons
from fallback_events
where is_silent
order by occurred_at, fallback_id
