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
    case
        when sum(case when is_mature then 1 else 0 end) > 0
            then coalesce(sum(case when is_mature and status = 'event' then error_cost_usd end), 0)
    end as numerator,
    sum(case when is_mature and status = 'event' then run_count else 0 end) as eligible,
    sum(case when is_mature and status = 'event' then costed_count else 0 end) as observable,
    max(closes_at) as closes_at
from run_clusters
where metric = 'downstream_error'
group by day, workflow, workflow_class, team, cause, model, provider, lane
