-- [source]
-- title             = "Anthropic, usage report of messages"
-- file              = "pages of GET /v1/organizations/usage_report/messages?bucket_width=1h&group_by[]=model (also 1m, 1d), saved as they are or one a line"
-- emits             = "counter_readings"
-- grain             = "nested"
-- observer          = "provider"
-- counted_providers = ["anthropic"]
-- recognize         = ["data.0.starting_at", "has_more"]
-- required          = ["data"]
-- ignored           = "holds no bucket"
-- evidence          = "documentation of the Admin API and public clients"
-- limits            = ["counts tokens, not requests: output tokens are compared",
--                      "calls that reach no log that was read (other teams, other keys) are counted too: group by workspace and keep those that are logged",
--                      "tokens of an answer that the client broke off are counted whole by one side and in part by the other",
--                      "figures of the last minutes still grow: export them again, the greater count holds",
--                      "calls by way of Bedrock or Vertex AI are not in it",
--                      "without group_by[]=model all models are compared together"]
-- [columns]
-- data = '''STRUCT(starting_at VARCHAR, ending_at VARCHAR, results STRUCT(
--     output_tokens BIGINT, model VARCHAR, workspace_id VARCHAR, api_key_id VARCHAR, service_tier VARCHAR, context_window VARCHAR, inference_geo VARCHAR
-- )[])[]'''
--
-- A bucket without results was counted, too: nothing happened in it.
with buckets as (
    select line, unnest(data) as bucket from records
),

told as (
    select line, bucket, unnest(coalesce(nullif(bucket.results, []), [null])) as result from buckets
    where bucket.starting_at is not null
)

select
    line,
    'usage_report.messages' as counter,
    'output_tokens' as counts,
    case when result is not null then md5(concat_ws(
        '/', result.workspace_id, result.api_key_id, result.service_tier, result.context_window, result.inference_geo
    )) end as series,
    result.model as model,
    try_cast(bucket.starting_at as timestamptz) as from_at,
    try_cast(bucket.ending_at as timestamptz) as read_at,
    cast(result.output_tokens as double) as total,
    case when try_cast(bucket.starting_at as timestamptz) is null then 'a bucket has no start' end as problem
from told
order by line, from_at, model, series
