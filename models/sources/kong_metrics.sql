-- [source]
-- title        = "Kong AI Gateway, Prometheus counters"
-- file         = "text of GET /metrics, saved every few minutes: (echo \"# scraped_at $(date -u +%FT%TZ)\"; curl -s HOST/metrics) >> scrapes.prom, or one file each with the time in its name"
-- emits        = "counter_readings"
-- grain        = "nested"
-- counted_logs = ["kong_ai_gateway"]
-- recognize    = ["scraped_at", "kong_ai_llm_requests_total"]
-- required     = ["instance"]
-- ignored      = "counts no request to a model"
-- evidence     = "documentation of the prometheus plugin with ai_metrics; no own capture (ai_metrics is an enterprise feature)"
-- limits       = ["requests, whether they were answered or not, as the log plugin writes them",
--                 "without ai_metrics = true the plugin counts none",
--                 "older names are read, but recognized by --source only",
--                 "one scrape alone says nothing: the rise between two of one instance is what was counted",
--                 "a restart loses what was counted since the scrape before it; the count is then a lower bound, and says so",
--                 "replicas behind one address cannot be told apart: scrape each, under a name of its own"]
-- [columns]
-- scraped_at         = "VARCHAR"
-- instance           = "VARCHAR"
-- process_started_at = "DOUBLE"
-- kong_ai_llm_requests_total = '''STRUCT(series VARCHAR, instance VARCHAR, read_at VARCHAR, total DOUBLE, labels STRUCT(ai_model VARCHAR))[]'''
-- ai_llm_requests_total = '''STRUCT(series VARCHAR, instance VARCHAR, read_at VARCHAR, total DOUBLE, labels STRUCT(ai_model VARCHAR))[]'''
-- ai_requests_total = '''STRUCT(series VARCHAR, instance VARCHAR, read_at VARCHAR, total DOUBLE, labels STRUCT(ai_model VARCHAR))[]'''
--
with told as (
    select
        line, scraped_at, instance, process_started_at,
        case
            when kong_ai_llm_requests_total is not null then 'kong_ai_llm_requests_total'
            when ai_llm_requests_total is not null then 'ai_llm_requests_total'
            when ai_requests_total is not null then 'ai_requests_total'
        end as counter,
        unnest(coalesce(
            nullif(
                coalesce(
                    kong_ai_llm_requests_total, ai_llm_requests_total, ai_requests_total
                ),
                []
            ),
            [null]
        )) as sample
    from records
    where coalesce(kong_ai_llm_requests_total, ai_llm_requests_total, ai_requests_total) is not null
)

select
    line,
    counter,
    'requests' as counts,
    coalesce(sample.instance, instance) as instance,
    sample.series as series,
    sample.labels.ai_model as model,
    try_cast(coalesce(sample.read_at, scraped_at) as timestamptz) as read_at,
    sample.total as total,
    case when process_started_at between 0 and 253402300799 then to_timestamp(process_started_at) end as started_at
from told
order by line, model, series
