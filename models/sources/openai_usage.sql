-- [source]
-- title             = "OpenAI, organization usage: completions"
-- file              = "pages of GET /v1/organization/usage/completions?bucket_width=1h&group_by=model (also 1m, 1d), saved as they are or one a line"
-- emits             = "counter_readings"
-- grain             = "nested"
-- observer          = "provider"
-- counted_providers = ["openai"]
-- recognize         = ["object=page", "data.0.start_time"]
-- required          = ["data"]
-- ignored           = "holds no bucket"
-- evidence          = "public OpenAPI description and public parser fixtures"
-- limits            = ["requests that were answered: errors are not counted",
--                      "calls that reach no log that was read (other teams, other keys) are counted too: group by project and keep those that are logged",
--                      "embeddings, images and audio are counted by other endpoints, which are not read",
--                      "figures of the last hours still grow: export them again, the greater count holds",
--                      "without group_by=model all models are compared together"]
-- [columns]
-- data = '''STRUCT(start_time BIGINT, end_time BIGINT,
--     results STRUCT("object" VARCHAR, num_model_requests BIGINT, model VARCHAR, project_id VARCHAR, api_key_id VARCHAR, user_id VARCHAR, batch BOOLEAN, service_tier VARCHAR)[],
--     "result" STRUCT("object" VARCHAR, num_model_requests BIGINT, model VARCHAR, project_id VARCHAR, api_key_id VARCHAR, user_id VARCHAR, batch BOOLEAN, service_tier VARCHAR)[])[]'''
--
-- A bucket without results was counted, too: nothing happened in it.
with buckets as (
    select line, unnest(data) as bucket from records
),

told as (
    select line, bucket, unnest(coalesce(nullif(coalesce(bucket.results, bucket.result), []), [null])) as result from buckets
)

select
    line,
    'organization.usage.completions' as counter,
    'answers' as counts,
    case when result is not null then md5(concat_ws(
        '/', result.project_id, result.api_key_id, result.user_id, cast(result.batch as varchar), result.service_tier
    )) end as series,
    result.model as model,
    case when bucket.start_time between 0 and 253402300799 then to_timestamp(bucket.start_time) end as from_at,
    case when bucket.end_time between 0 and 253402300799 then to_timestamp(bucket.end_time) end as read_at,
    cast(result.num_model_requests as double) as total,
    case when bucket.start_time is null or bucket.start_time not between 0 and 253402300799 then 'a bucket has no start' end as problem
from told
where result is null or result.object is null or result.object = 'organization.usage.completions.result'
order by line, from_at, model, series
