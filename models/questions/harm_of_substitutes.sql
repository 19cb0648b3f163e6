-- [question]
-- ask = "Which substitutes did people redo more often than the preferred model, adjusted?"
select metric, member as substitute, estimate, low, high, crude_estimate, n_fallback, n_preferred, episodes, e_value, status, warning
from metric_effects
where dimension = 'model'
order by metric, estimate desc nulls last
