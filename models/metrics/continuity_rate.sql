-- [metric]
-- question   = "How many requests did their preferred model, or a lane that the policy allows, take care of?"
-- unit       = "fraction"
-- better     = "higher"
-- estimator  = "clustered_proportion"
-- dimensions = ["all", "workflow", "workflow_class", "model", "provider", "team"]
-- needs      = ["chain", "served_model"]
-- model      = "preferred"
-- no_rows    = "null"
-- definition_version = 1
-- references = ["Wilson 1927", "Kish 1965 (design effect)"]
--
-- Holding correctly is success. A fallback that the evidence cannot judge is not counted as success.
with clusters as (
    select
        day, workflow, workflow_class, team, model, hour_at,
        sum(request_count) as eligible,
        sum(case when served_by is not null then request_count else 0 end) as observable,
        sum(case when served_by = 'preferred' or verdict = 'in_policy' then request_count else 0 end) as numerator,
        sum(case when served_by is not null then weight_squares else 0 end) as weight_squares,
        sum(case when served_by is not null then sample_count else 0 end) as n,
        sum(case when served_by = 'preferred' or verdict = 'in_policy' then sample_count else 0 end) as x
    from request_hours
    group by day, workflow, workflow_class, team, model, hour_at
)

select
    day, workflow, workflow_class, team, model,
    sum(numerator) as numerator,
    sum(observable) as denominator,
    sum(eligible) as eligible,
    sum(observable) as observable,
    sum(weight_squares) as weight_squares,
    cast(sum(case when n > 0 then 1 else 0 end) as double) as cluster_count,
    sum(n) as cluster_n,
    sum(n * n) as cluster_n2,
    sum(n * n * n) as cluster_n3,
    sum(x) as cluster_x,
    sum(x * x) as cluster_x2,
    sum(x * n) as cluster_xn
from clusters
group by day, workflow, workflow_class, team, model
