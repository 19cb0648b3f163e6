-- [metric]
-- question   = "How many outputs did the people who reviewed them reject, replace or materially edit?"
-- unit       = "fraction"
-- better     = "lower"
-- estimator  = "clustered_proportion"
-- lanes      = ["all", "preferred", "fallback"]
-- outcome    = "review_decision"
-- model      = "served"
-- no_rows    = "null"
-- definition_version = 2
-- references = ["Poly et al. 2020, JMIR Med Inform 8(7):e15653"]
--
-- Of runs with a human decision and an elapsed review window. An override rate is no error rate: read it beside review_coverage.
select
    day, workflow, workflow_class, team, cause, model, provider, lane,
    numerator, denominator, eligible, observable, unseen, weight_squares,
    cluster_count, cluster_n, cluster_n2, cluster_n3, cluster_x, cluster_x2, cluster_xn, closes_at
from run_days
where metric = 'override'
