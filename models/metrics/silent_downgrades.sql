-- [metric]
-- question   = "How many requests did an unapproved or unmarked substitute answer without any sign to the user?"
-- unit       = "requests"
-- better     = "lower"
-- estimator  = "total"
-- interval   = "poisson"
-- needs      = ["chain", "served_model"]
-- model      = "preferred"
-- no_rows    = "null"
-- definition_version = 3
-- references = ["Garwood 1936 (Poisson interval)"]
--
-- A silent upgrade, an answer that cost more than twice what the preferred model does, is none (`verdict_reasons`).
-- Days on which requests were seen and none was silent are a zero; days without requests are absent.
select
    day, workflow, workflow_class, team, model, cause,
    sum(case when is_silent_downgrade then request_count else 0 end) as numerator,
    sum(request_count) as eligible,
    sum(case when lane is not null then request_count else 0 end) as observable
from request_hours
group by day, workflow, workflow_class, team, model, cause
