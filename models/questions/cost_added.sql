-- [question]
-- ask = "What did substitutes cost more, or less, than the preferred model?"
select workflow, served_model, count(added_cost_usd) as fallbacks, round(sum(added_cost_usd), 2) as added_cost_usd
from fallback_events
group by workflow, served_model
order by added_cost_usd desc nulls last, workflow, served_model
