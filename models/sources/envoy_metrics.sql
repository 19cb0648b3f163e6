-- [source]
-- title        = "Envoy AI Gateway, Prometheus counters"
-- file         = "text of GET /metrics, saved every few minutes: (echo \"# scraped_at $(date -u +%FT%TZ)\"; curl -s HOST/metrics) >> scrapes.prom, or one file each with the time in its name"
-- emits        = "counter_readings"
-- grain        = "nested"
-- counted_logs = ["envoy_ai_gateway"]
-- recognize    = ["scraped_at", "gen_ai_server_request_duration_seconds_count"]
-- required     = ["instance"]
-- ignored      = "counts no request to a model"
-- evidence     = "tests and documentation of the project name the metric and its labels; no own capture"
-- limits       = ["requests that ended in an error are left out on both sides",
--                 "another service with the same semantic conventions writes the same names: keep its scrapes apart",
--                 "the older name without a unit is read, but recognized by --source only",
--                 "one scrape alone says nothing: the rise between two of one instance is what was counted",
--                 "a restart loses what was counted since the scrape before it; the count is then a lower bound, and says so",
--                 "replicas behind one address cannot be told apart: scrape each, under a name of its own"]
-- [columns]
-- scraped_at         = "VARCHAR"
-- instance           = "VARCHAR"
-- process_started_at = "DOUBLE"
-- gen_ai_server_request_duration_seconds_count = '''STRUCT(series VARCHAR, instance VARCHAR, read_at VARCHAR, total DOUBLE, labels STRUCT(gen_ai_request_model VARCHAR, gen_ai_response_model VARCHAR, error_type VARCHAR))[]'''
-- gen_ai_server_request_duration_count = '''STRUCT(series VARCHAR, instance VARCHAR, read_at VARCHAR, total DOUBLE, labels STRUCT(gen_ai_request_model VARCHAR, gen_ai_response_model VARCHAR, error_type VARCHAR))[]'''
--
-- What is left out still shows that the counter was read.
with told as (
    select
        line, scraped_at, instance, process_started_at,
        case
            when gen_ai_server_request_duration_seconds_count is not null then 'gen_ai_server_request_duration_seconds_count'
            when gen_ai_server_request_duration_count is not null then 'gen_ai_server_request_duration_count'
        end as counter,
        unnest(coalesce(
            nullif(
                coalesce(
                    gen_ai_server_request_duration_seconds_count, gen_ai_server_request_duration_count
                ),
                []
            ),
            [null]
        )) as sample
    from records
    where coalesce(gen_ai_server_request_duration_seconds_count, gen_ai_server_request_duration_count) is not null
),

read as (
    select *, coalesce(sample.labels.error_type, '') = '' as is_counted from told
)

select
    line,
    counter,
    'answers' as counts,
    coalesce(sample.instance, instance) as instance,
    case when is_counted then sample.series end as series,
    case when is_counted then coalesce(absent(sample.labels.gen_ai_response_model), absent(sample.labels.gen_ai_request_model)) end as model,
    try_cast(coalesce(sample.read_at, scraped_at) as timestamptz) as read_at,
    case when is_counted then sample.total end as total,
    case when process_started_at between 0 and 253402300799 then to_timestamp(process_started_at) end as started_at
from read
order by line, model, series
