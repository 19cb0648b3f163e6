-- [question]
-- ask = "Which published figures did later data change, and by how much?"
select metric, grain, period_start, member, previous_as_of, as_of, previous_value, value, numerator_change
from restatements
where dimension = 'all'
order by as_of desc, metric, grain, period_start
limit 200
