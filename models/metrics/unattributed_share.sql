-- [metric]
-- question   = "How many requests name no workflow, so that no figure by workflow knows of them?"
-- unit       = "fraction"
-- better     = "lower"
-- estimator  = "proportion"
-- dimensions = ["all", "model", "provider", "team"]
-- needs      = ["workflow"]
-- model      = "preferred"
-- no_rows    = "null"
-- definition_version = 1
-- references = ["Wilson 1927"]
select
    day, team, model,
    sum(case when workflow is null then request_count else 0 end) as numerator,
    sum(request_count) as denominator,
    sum(request_count) as eligible,
    sum(request_count) as observable,
    sum(weight_squares) as weight_squares
from request_hours
group by day, team, model
