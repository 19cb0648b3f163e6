-- [metric]
-- question   = "How many episodes were back on the preferred model within an hour?"
-- unit       = "fraction"
-- better     = "higher"
-- estimator  = "survival"
-- horizon_s  = 3600
-- grains     = ["week", "month", "quarter", "all"]
-- minimum_n  = 8
-- needs      = ["chain", "served_model"]
-- model      = "preferred"
-- no_rows    = "null"
-- definition_version = 2
-- references = ["Aalen & Johansen 1978"]
--
-- One row per episode, on the day it opened. An episode whose recovery was not seen is censored at its last sight,
-- never dropped; held and disabled end it otherwise: competing, neither recovered nor censored (version 2).
select
    cast(opened_at at time zone $timezone as date) as day,
    workflow, workflow_class, cause, preferred_model as model, provider, team, duration_s, is_recovered, state
from episodes
