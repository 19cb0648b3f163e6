-- [question]
-- ask = "What are the five metrics of each month, with their intervals?"
select period_start as month, metric, value, low, high, effective_n, coverage, maturity, status
from metric_values
where grain = 'month' and dimension = 'all' and lane = 'all'
    and metric in (
        'fallback_frequency', 'recovery_time_median_s', 'rework_rate', 'override_rate', 'downstream_error_rate'
    )
order by month, metric
