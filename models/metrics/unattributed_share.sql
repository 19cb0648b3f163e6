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
--
-- Labels are not missing at random: most are missing where calls fail. So beside every rate by workflow stand the bounds that
-- the nameless leave. With x events of n units in a workflow, and v of u without a workflow, it lies between
-- x / (n + u - v), were all nameless units without an event this workflow's, and (x + v) / (n + v), were all with one.
-- `readback metrics --by workflow` prints them; `readback status` lists the labels that could name a workflow.
select
    day, team, model,
    sum(case when workflow is null then request_count else 0 end) as numerator,
    sum(request_count) as denominator,
    sum(request_count) as eligible,
    sum(request_count) as observable,
    sum(weight_squares) as weight_squares
from request_hours
group by day, team, model
