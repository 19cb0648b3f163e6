-- One row per outcome metric, day, workflow and block of hours with mature runs: what the mix of a week is told from.
-- Reads run_clusters. n runs, x events, as `cluster_n` and `cluster_x` of the metric's daily rows count them.
select
    metric,
    day,
    workflow,
    case when extract(isodow from day) >= 6 then 'weekend' else block end as block,
    sum(sample_count) as n,
    sum(case when status = 'event' then sample_count else 0 end) as x
from run_clusters
where is_mature
group by metric, day, workflow, case when extract(isodow from day) >= 6 then 'weekend' else block end
