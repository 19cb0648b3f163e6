-- [question]
-- ask = "Who stood in for whom?"
select workflow, preferred_model, served_model, count(*) as fallbacks, min(occurred_at) as first_at, max(occurred_at) as last_at
from fallback_events
where served_model is not null
group by workflow, preferred_model, served_model
order by fallbacks desc, workflow, served_model
