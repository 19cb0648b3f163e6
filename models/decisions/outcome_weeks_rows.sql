-- One row: one week of the outcome metric of the workflow, with interval and coverage.
-- Shown: $metric, $workflow.
select period_start, numerator, denominator, value, low, high, effective_n, coverage, maturity, status
from metric_values
where metric = $metric and grain = 'week' and dimension = 'workflow' and member = $workflow and lane = 'all'
order by period_start
