-- [source]
-- title        = "TensorZero gateway, Prometheus counters"
-- file         = "text of GET /metrics, saved every few minutes: (echo \"# scraped_at $(date -u +%FT%TZ)\"; curl -s HOST/metrics) >> scrapes.prom, or one file each with the time in its name"
-- emits        = "counter_readings"
-- grain        = "nested"
-- counted_logs = ["tensorzero"]
-- recognize    = ["scraped_at", "tensorzero_inferences_total"]
-- required     = ["instance"]
-- ignored      = "counts no request to a model"
-- evidence     = "source of the gateway; no own capture"
-- limits       = ["counted by function, not by model: all models are compared together",
--                 "an inference is counted when it begins: one that every variant failed is counted, and never written",
--                 "one scrape alone says nothing: the rise between two of one instance is what was counted",
--                 "a restart loses what was counted since the scrape before it; the count is then a lower bound, and says so",
--                 "replicas behind one address cannot be told apart: scrape each, under a name of its own"]
-- [columns]
-- scraped_at         = "VARCHAR"
-- instance           = "VARCHAR"
-- process_started_at = "DOUBLE"
-- tensorzero_inferences_total = '''STRUCT(series VARCHAR, instance VARCHAR, read_at VARCHAR, total DOUBLE, labels STRUCT(endpoint VARCHAR))[]'''
--
with told as (
    select
        line, scraped_at, instance, process_started_at,
        'tensorzero_inferences_total' as counter,
        unnest(coalesce(nullif(tensorzero_inferences_total, []), [null])) as sample
    from records
    where tensorzero_inferences_total is not null
)

select
    line,
    counter,
    'requests' as counts,
    coalesce(sample.instance, instance) as instance,
    sample.series as series,
    cast(null as varchar) as model,
    try_cast(coalesce(sample.read_at, scraped_at) as timestamptz) as read_at,
    sample.total as total,
    case when process_started_at between 0 and 253402300799 then to_timestamp(process_started_at) end as started_at
from told
order by line, model, series
