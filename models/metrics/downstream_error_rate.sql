-- [metric]
-- question   = "How many released outputs did harm outside the workflow?"
-- unit       = "fraction"
-- better     = "lower"
-- estimator  = "clustered_proportion"
-- lanes      = ["all", "preferred", "fallback"]
-- outcome    = "downstream_error"
-- model      = "served"
-- no_rows    = "null"
-- definition_version = 2
-- references = ["DORA guide (change fail rate)", "Kish 1965 (design effect)"]
--
-- Of released runs whose window has fully elapsed: what was rejected before release cannot do harm.
select
    day, workflow, workflow_class, team, cause, model, provider, lane,
    numerator, denominator, eligible, observable, unseen, weight_squares,
    cluster_count, cluster_n, cluster_n2, cluster_n3, cluster_x, cluster_x2, cluster_xn, closes_at
from run_days
where metric = 'downstream_error'
