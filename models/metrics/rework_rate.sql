-- [metric]
-- question   = "How many released outputs had to be redone?"
-- unit       = "fraction"
-- better     = "lower"
-- estimator  = "clustered_proportion"
-- lanes      = ["all", "preferred", "fallback"]
-- outcome    = "rework"
-- model      = "served"
-- no_rows    = "null"
-- definition_version = 2
-- references = ["DORA guide (rework rate)", "Kish 1965 (design effect)"]
--
-- Of released runs whose window has fully elapsed, by the day the run began; never by the day of the rework. Where too few
-- are watched the bounds stand alone: all unseen runs whose window is over clear, or all of them with the event.
select
    day, workflow, workflow_class, team, cause, model, provider, lane,
    numerator, denominator, eligible, observable, unseen, weight_squares,
    cluster_count, cluster_n, cluster_n2, cluster_n3, cluster_x, cluster_x2, cluster_xn, closes_at
from run_days
where metric = 'rework'
