-- [metric]
-- question   = "How long did an episode last on average within its first four hours?"
-- unit       = "s"
-- better     = "lower"
-- estimator  = "survival"
-- horizon_s  = 14400
-- grains     = ["week", "month", "quarter", "all"]
-- minimum_n  = 8
-- needs      = ["chain", "served_model"]
-- model      = "preferred"
-- no_rows    = "null"
-- definition_version = 1
-- references = ["Royston & Parmar 2013"]
--
-- One row per episode, on the day it opened. An episode whose recovery was not seen is censored at its last sight,
-- never dropped; held and disabled are no recoveries.
select
    cast(opened_at at time zone $timezone as date) as day,
    workflow, workflow_class, cause, preferred_model as model, provider, team, duration_s, is_recovered, state
from episodes
