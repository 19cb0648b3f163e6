-- [metric]
-- question   = "What did fallbacks cost beyond the same work on the preferred model?"
-- unit       = "usd"
-- better     = "lower"
-- estimator  = "total"
-- needs      = ["cost"]
-- model      = "preferred"
-- no_rows    = "null"
-- definition_version = 1
--
-- May be negative. Coverage: fallbacks whose added cost is known / all. Without a fallback nothing was added.
select
    day, workflow, workflow_class, team, model, cause,
    coalesce(sum(added_cost_usd), 0) as numerator,
    sum(case when lane = 'fallback' then request_count else 0 end) as eligible,
    sum(case when lane = 'fallback' then costed_count else 0 end) as observable
from request_hours
where lane is not null
group by day, workflow, workflow_class, team, model, cause
