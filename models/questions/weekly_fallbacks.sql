-- [question]
-- ask = "How often did each workflow leave its preferred model, week by week?"
select member as workflow, period_start as week, value as fallback_frequency, low, high, denominator as requests, status
from metric_values
where metric = 'fallback_frequency' and grain = 'week' and dimension = 'workflow' and lane = 'all'
order by workflow, week
