-- One row per outcome metric, day, workflow, class, team, cause, model, provider and lane. Reads run_clusters.
--
-- The headline counts mature runs only: an early event would enter before the early non-events.
-- cluster_*: sums over clusters of their mature runs n and events x, from which the design effect follows.
with clusters as (
    select
        metric, day, workflow, workflow_class, team, cause, model, provider, lane, cluster_id, hour_at,
        sum(case when is_mature and status = 'event' then run_count else 0 end) as numerator,
        sum(case when is_mature then run_count else 0 end) as denominator,
        sum(case when status <> 'not_eligible' then run_count else 0 end) as eligible,
        sum(case when status not in ('not_eligible', 'uncovered') then run_count else 0 end) as observable,
        sum(case when is_unseen then run_count else 0 end) as unseen,
        sum(case when is_mature then weight_squares else 0 end) as weight_squares,
        sum(case when is_mature then sample_count else 0 end) as n,
        sum(case when is_mature and status = 'event' then sample_count else 0 end) as x,
        max(closes_at) as closes_at
    from run_clusters
    group by metric, day, workflow, workflow_class, team, cause, model, provider, lane, cluster_id, hour_at
)

select
    metric, day, workflow, workflow_class, team, cause, model, provider, lane,
    sum(numerator) as numerator,
    sum(denominator) as denominator,
    sum(eligible) as eligible,
    sum(observable) as observable,
    sum(unseen) as unseen,
    sum(weight_squares) as weight_squares,
    cast(sum(case when n > 0 then 1 else 0 end) as double) as cluster_count,
    sum(n) as cluster_n,
    sum(n * n) as cluster_n2,
    sum(n * n * n) as cluster_n3,
    sum(x) as cluster_x,
    sum(x * x) as cluster_x2,
    sum(x * n) as cluster_xn,
    max(closes_at) as closes_at
from clusters
group by metric, day, workflow, workflow_class, team, cause, model, provider, lane
