-- [source]
-- title        = "LiteLLM proxy, Prometheus counters"
-- file         = "text of GET /metrics, saved every few minutes: (echo \"# scraped_at $(date -u +%FT%TZ)\"; curl -s HOST/metrics) >> scrapes.prom, or one file each with the time in its name"
-- emits        = "counter_readings"
-- grain        = "nested"
-- counted_logs = ["litellm", "litellm_spend", "litellm_witness"]
-- recognize    = ["scraped_at", "litellm_deployment_success_responses_total"]
-- required     = ["instance"]
-- ignored      = "counts no request to a model"
-- evidence     = "own capture of 1.106.2 beside its log: model by model the same answers, save one that came from the cache"
-- limits       = ["answers only: failures are counted per deployment and retry, where the log writes one row for several",
--                 "an answer from the cache may be counted or not, so the log may hold more by as many",
--                 "one scrape alone says nothing: the rise between two of one instance is what was counted",
--                 "a restart loses what was counted since the scrape before it; the count is then a lower bound, and says so",
--                 "replicas behind one address cannot be told apart: scrape each, under a name of its own"]
-- [columns]
-- scraped_at         = "VARCHAR"
-- instance           = "VARCHAR"
-- process_started_at = "DOUBLE"
-- litellm_deployment_success_responses_total = '''STRUCT(series VARCHAR, instance VARCHAR, read_at VARCHAR, total DOUBLE, labels STRUCT(litellm_model_name VARCHAR))[]'''
--
with told as (
    select
        line, scraped_at, instance, process_started_at,
        'litellm_deployment_success_responses_total' as counter,
        unnest(coalesce(nullif(litellm_deployment_success_responses_total, []), [null])) as sample
    from records
    where litellm_deployment_success_responses_total is not null
)

select
    line,
    counter,
    'answers' as counts,
    coalesce(sample.instance, instance) as instance,
    sample.series as series,
    sample.labels.litellm_model_name as model,
    try_cast(coalesce(sample.read_at, scraped_at) as timestamptz) as read_at,
    sample.total as total,
    case when process_started_at between 0 and 253402300799 then to_timestamp(process_started_at) end as started_at
from told
order by line, model, series
