-- [metric]
-- question   = "How long did all but the slowest twentieth of calls to a model take at most to be answered in full?"
-- unit       = "ms"
-- better     = "lower"
-- estimator  = "quantile"
-- quantile   = 0.95
-- dimensions = ["all", "workflow", "model"]
-- needs      = ["latency"]
-- model      = "served"
-- no_rows    = "null"
-- definition_version = 1
-- references = ["Masson, Rim & Lee 2019 (DDSketch)", "Manski 2003 (bounds)"]
--
-- Per attempt on a model, as the gateway saw it. Attempts that timed out or that the caller gave up took longer than they
-- were seen: where they hide the quantile it reads "> 30 s" (`at_least`). Other failures, and answers from a cache, say
-- nothing of it.
-- Read off the daily logarithmic histograms: within 1% of the exact quantile. Percentiles are never averaged.
select
    cast(period_start at time zone $timezone as date) as day, workflow, model, is_cut, bucket,
    requests as bucket_count, cut_after_ms
from latency_histograms
where measure = 'answer_ms'
