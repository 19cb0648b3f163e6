-- [metric]
-- question   = "What did downstream errors cost?"
-- unit       = "usd"
-- better     = "lower"
-- estimator  = "total"
-- lanes      = ["all", "preferred", "fallback"]
-- outcome    = "downstream_error"
-- model      = "served"
-- no_rows    = "null"
-- definition_version = 1
-- references = ["DORA guide (change fail rate)"]
--
-- Of mature runs, each error's cost shared among the runs it is tied to. Coverage: errors whose cost in US dollars is
-- known / all. Mature runs without an error cost nothing.
select
    day, workflow, workflow_class, team, cause, model, provider, lane,
    coalesce(sum(case when status = 'event' then error_cost_usd end), 0) as numerator,
    sum(case when status = 'event' then run_count else 0 end) as eligible,
    sum(case when status = 'event' then costed_count else 0 end) as observable
from run_clusters
where metric = 'downstream_error' and is_mature
group by day, workflow, workflow_class, team, cause, model, provider, lane
