-- [metric]
-- question   = "How long did the episodes that are over last on average, as a mean time to recovery would have it?"
-- unit       = "minutes"
-- better     = "lower"
-- estimator  = "survival"
-- statistic  = "closed_mean"
-- grains     = ["week", "month", "all"]
-- minimum_n  = 8
-- needs      = ["chain", "served_model"]
-- model      = "preferred"
-- no_rows    = "null"
-- definition_version = 1
-- references = ["Davidovič 2021, Incident Metrics in SRE"]
--
-- For exports that ask for it: biased low, since the episodes that are still open are the long ones, and without an
-- interval. Read the restricted mean instead.
select
    cast(opened_at at time zone $timezone as date) as day,
    workflow, workflow_class, cause, preferred_model as model, provider, team, duration_s, is_recovered, state
from episodes
