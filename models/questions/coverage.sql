-- [question]
-- ask = "How much of each workflow could the outcome sources see?"
select metric, member as workflow, period_start as month, coverage, maturity, denominator as observed, status
from metric_values
where grain = 'month' and dimension = 'workflow' and lane = 'all'
    and metric in ('rework_rate', 'override_rate', 'downstream_error_rate')
order by metric, workflow, month
