-- Mean cost of an answer by the preferred model, by workflow and day: what a substitute's cost is held against.
select workflow, preferred_model, cast(started_at as date) as day, avg(cost_usd) as mean_cost_usd
from requests
where served_by = 'preferred' and cost_usd is not null and started_at >= $from_at and started_at < $to_at
group by workflow, preferred_model, cast(started_at as date)
