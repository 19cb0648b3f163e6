-- [metric]
-- question   = "How much longer did the slowest twentieth of fallbacks wait before the winning attempt started?"
-- unit       = "ms"
-- better     = "lower"
-- estimator  = "quantile"
-- quantile   = 0.95
-- dimensions = ["all", "workflow", "model"]
-- needs      = ["latency"]
-- model      = "served"
-- no_rows    = "null"
-- definition_version = 2
-- references = ["Masson, Rim & Lee 2019 (DDSketch)", "Manski 2003 (bounds)"]
--
-- A fallback that nobody answered waited for longer than its whole time (version 2): where such calls hide the quantile it
-- reads "> 30 s" (`at_least`).
-- Read off the daily logarithmic histograms: within 1% of the exact quantile. Percentiles are never averaged.
select
    cast(period_start at time zone $timezone as date) as day, workflow, model, is_cut, bucket,
    requests as bucket_count, cut_after_ms
from latency_histograms
where measure = 'added_latency_ms'
