-- [source]
-- title        = "Bifrost gateway, Prometheus counters"
-- file         = "text of GET /metrics, saved every few minutes: (echo \"# scraped_at $(date -u +%FT%TZ)\"; curl -s HOST/metrics) >> scrapes.prom, or one file each with the time in its name"
-- emits        = "counter_readings"
-- grain        = "nested"
-- counted_logs = ["bifrost"]
-- recognize    = ["scraped_at", "bifrost_success_requests_total"]
-- required     = ["instance"]
-- ignored      = "counts no request to a model"
-- evidence     = "source and documentation of the telemetry plugin; no own capture"
-- limits       = ["answers only; those from the gateway's cache are among them",
--                 "one scrape alone says nothing: the rise between two of one instance is what was counted",
--                 "a restart loses what was counted since the scrape before it; the count is then a lower bound, and says so",
--                 "replicas behind one address cannot be told apart: scrape each, under a name of its own"]
-- [columns]
-- scraped_at         = "VARCHAR"
-- instance           = "VARCHAR"
-- process_started_at = "DOUBLE"
-- bifrost_success_requests_total = '''STRUCT(series VARCHAR, instance VARCHAR, read_at VARCHAR, total DOUBLE, labels STRUCT(model VARCHAR))[]'''
--
with told as (
    select
        line, scraped_at, instance, process_started_at,
        'bifrost_success_requests_total' as counter,
        unnest(coalesce(nullif(bifrost_success_requests_total, []), [null])) as sample
    from records
    where bifrost_success_requests_total is not null
)

select
    line,
    counter,
    'answers' as counts,
    coalesce(sample.instance, instance) as instance,
    sample.series as series,
    sample.labels.model as model,
    try_cast(coalesce(sample.read_at, scraped_at) as timestamptz) as read_at,
    sample.total as total,
    case when process_started_at between 0 and 253402300799 then to_timestamp(process_started_at) end as started_at
from told
order by line, model, series
