-- [metric]
-- question   = "How often did requests leave their preferred model?"
-- unit       = "fraction"
-- better     = "lower"
-- estimator  = "clustered_proportion"
-- undivided  = ["cause"]          # by cause: share of all requests that fell back for it
-- needs      = ["chain", "served_model"]
-- model      = "preferred"
-- no_rows    = "null"
-- definition_version = 2
-- references = ["Wilson 1927", "Kish 1965 (design effect)"]
--
-- Observable: requests of which the log can tell whether they fell back. A cluster is one workflow within one hour.
with clusters as (
    select
        day, workflow, workflow_class, team, model, hour_at,
        sum(request_count) as eligible,
        sum(case when lane is not null then request_count else 0 end) as observable,
        sum(case when lane is not null then weight_squares else 0 end) as weight_squares,
        sum(case when lane is not null then sample_count else 0 end) as n,
        sum(case when lane = 'fallback' then sample_count else 0 end) as x
    from request_hours
    group by day, workflow, workflow_class, team, model, hour_at
)

select
    day, workflow, workflow_class, team, model,
    cast(null as varchar) as cause,
    0.0 as numerator,
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
union all
select
    day, workflow, workflow_class, team, model, cause,
    sum(request_count) as numerator,
    null, null, null, null, null, null, null, null, null, null, null
from request_hours
where lane = 'fallback'
group by day, workflow, workflow_class, team, model, cause
