-- [metric]
-- question   = "For how long has the oldest open episode been open?"
-- unit       = "s"
-- better     = "lower"
-- estimator  = "survival"
-- statistic  = "oldest_open"
-- grains     = ["all"]
-- minimum_n  = 0
-- needs      = ["chain", "served_model"]
-- model      = "preferred"
-- no_rows    = "null"
-- definition_version = 1
-- references = ["Davidovič 2021, Incident Metrics in SRE"]
--
-- Up to the watermark; NULL where none is open.
select
    cast(opened_at at time zone $timezone as date) as day,
    workflow, workflow_class, cause, preferred_model as model, provider, team, duration_s, is_recovered, state
from episodes
