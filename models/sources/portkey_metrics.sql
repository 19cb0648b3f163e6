-- [source]
-- title        = "Portkey Enterprise gateway, Prometheus counters"
-- file         = "text of GET /metrics, saved every few minutes: (echo \"# scraped_at $(date -u +%FT%TZ)\"; curl -s HOST/metrics) >> scrapes.prom, or one file each with the time in its name"
-- emits        = "counter_readings"
-- grain        = "nested"
-- counted_logs = ["portkey_export", "portkey_gateway"]
-- recognize    = ["scraped_at", "request_count_total", "llm_request_duration_milliseconds_count"]
-- required     = ["instance"]
-- ignored      = "counts no request to a model"
-- evidence     = "documentation of the enterprise gateway; no own capture, and the open-source gateway counts nothing"
-- limits       = ["answers only: requests with a 2xx code",
--                 "one scrape alone says nothing: the rise between two of one instance is what was counted",
--                 "a restart loses what was counted since the scrape before it; the count is then a lower bound, and says so",
--                 "replicas behind one address cannot be told apart: scrape each, under a name of its own"]
-- [columns]
-- scraped_at         = "VARCHAR"
-- instance           = "VARCHAR"
-- process_started_at = "DOUBLE"
-- request_count_total = '''STRUCT(series VARCHAR, instance VARCHAR, read_at VARCHAR, total DOUBLE, labels STRUCT(code VARCHAR, model VARCHAR))[]'''
--
-- The counter's own name is request_count; the reader of the format adds _total.
-- What is left out still shows that the counter was read.
with told as (
    select
        line, scraped_at, instance, process_started_at,
        'request_count_total' as counter,
        unnest(coalesce(nullif(request_count_total, []), [null])) as sample
    from records
    where request_count_total is not null
),

read as (
    select *, coalesce(sample.labels.code like '2%', false) as is_counted from told
)

select
    line,
    counter,
    'answers' as counts,
    coalesce(sample.instance, instance) as instance,
    case when is_counted then sample.series end as series,
    case when is_counted then sample.labels.model end as model,
    try_cast(coalesce(sample.read_at, scraped_at) as timestamptz) as read_at,
    case when is_counted then sample.total end as total,
    case when process_started_at between 0 and 253402300799 then to_timestamp(process_started_at) end as started_at
from read
order by line, model, series
