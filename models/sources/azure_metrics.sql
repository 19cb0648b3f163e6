-- [source]
-- title             = "Azure Monitor, request counts of Azure OpenAI"
-- file              = "az monitor metrics list --resource ID --metric ModelRequests --aggregation Total --interval PT1H --filter \"ModelName eq '*' and StatusCode eq '*'\", saved as it is"
-- emits             = "counter_readings"
-- grain             = "nested"
-- observer          = "provider"
-- counted_providers = ["azure", "azure-openai", "azure_openai", "azure_ai"]
-- recognize         = ["value", "timespan", "interval", "namespace"]
-- required          = ["value", "interval"]
-- ignored           = "holds neither ModelRequests nor AzureOpenAIRequests"
-- evidence          = "documentation of the metrics API and public exports of it; names of the metrics by Microsoft's list"
-- limits            = ["with the dimension StatusCode the answers (2xx) are compared, without it all attempts",
--                      "a deployment's name says no model: without the dimension ModelName all models are compared together",
--                      "calls that reach no log that was read (other applications of the resource) are counted too",
--                      "requests over provisioned capacity that spill over are counted once, by the same model"]
-- [columns]
-- value    = '''STRUCT("name" STRUCT("value" VARCHAR), timeseries STRUCT(
--     metadatavalues STRUCT("name" STRUCT("value" VARCHAR), "value" VARCHAR)[], "data" STRUCT("timeStamp" VARCHAR, "total" DOUBLE, "count" DOUBLE)[]
-- )[])[]'''
-- interval = "VARCHAR"
--
-- The API writes the width of a point as PT1H, its command line as 1:00:00. A point without a total counted nothing.
with metrics as (
    select
        line, unnest(value) as metric,
        case
            when regexp_full_match(interval, 'PT?[0-9]+[MHD]')
                then cast(regexp_extract(interval, '([0-9]+)[MHD]$', 1) as bigint)
                    * case right(interval, 1) when 'M' then 60 when 'H' then 3600 else 86400 end
            else coalesce(cast(nullif(regexp_extract(interval, '^([0-9]+) day', 1), '') as bigint), 0) * 86400
                + epoch(try_cast(regexp_extract(interval, '([0-9]+:[0-9:]+)$', 1) as interval))
        end as width_s
    from records
),

series as (
    select line, metric.name.value as counter, width_s, unnest(metric.timeseries) as told from metrics
    where metric.name.value in ('ModelRequests', 'AzureOpenAIRequests')
),

named as (
    select
        *,
        list_filter(told.metadatavalues, lambda d: lower(d.name.value) = 'modelname')[1].value as model,
        list_filter(told.metadatavalues, lambda d: lower(d.name.value) = 'statuscode')[1].value as status_code,
        md5(array_to_string(list_sort(list_transform(told.metadatavalues, lambda d: lower(d.name.value) || '=' || d.value)), '/')) as labels,
        unnest(told.data) as point
    from series
)

select
    line,
    counter,
    case when status_code is null then 'attempts' else 'answers' end as counts,
    case when status_code is null or status_code like '2%' then labels end as series,
    case when status_code is null or status_code like '2%' then model end as model,
    try_cast(point.timestamp as timestamptz) as from_at,
    try_cast(point.timestamp as timestamptz) + to_seconds(width_s) as read_at,
    case when status_code is null or status_code like '2%' then coalesce(point.total, 0) end as total,
    case
        when width_s is null or width_s = 0 then 'interval is no length of time'
        when try_cast(point.timestamp as timestamptz) is null then 'a point has no time'
    end as problem
from named
order by line, counter, from_at, model, series
