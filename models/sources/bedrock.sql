-- [source]
-- title     = "Amazon Bedrock, model invocation log"
-- file      = "JSON lines or one JSON document from the S3 or CloudWatch delivery of model invocation logging (text delivery may stay off)"
-- emits     = "attempts"
-- observer  = "provider"
-- recognize = ["schemaType=ModelInvocationLog"]
-- required  = ["requestId", "timestamp", "modelId"]
-- reports   = ["error", "tokens", "requested_model", "served_model", "workflow"]
-- evidence  = "public documentation and parser fixtures; no own capture yet"
-- limits    = ["no latency: the log has one time and does not say whether it is start or end",
--              "an error code, never a message: a context overflow is a bare ValidationException",
--              "retries and fallbacks are joined only where requestMetadata carries gateway_request_id",
--              "another region for the same model is no fallback; it stands in `region`",
--              "what a prompt router chose stands in the answer's body, which is not read",
--              "no cost"]
-- [columns]
-- requestId       = "VARCHAR"
-- timestamp       = "VARCHAR"
-- region          = "VARCHAR"
-- inferenceRegion = "VARCHAR"
-- operation       = "VARCHAR"
-- modelId         = "VARCHAR"
-- errorCode       = "VARCHAR"
-- identity        = "STRUCT(arn VARCHAR)"
-- requestMetadata = "JSON"
-- input           = "STRUCT(inputTokenCount BIGINT)"
-- output          = "STRUCT(outputTokenCount BIGINT)"
--
-- `us.`, `eu.`, `apac.`, `global.` … before a model id is a routing scope: it goes before the region, as in us/us-west-2.
-- The role is a service; the session name behind it may be a person and is only ever hashed.
select
    requestId as attempt_key,
    coalesce(absent(json_extract_string(requestMetadata, '$.gateway_request_id')), requestId) as request_key,
    'single_row' as chain_basis,
    try_cast(timestamp as timestamptz) as started_at,
    nullif(regexp_extract(identity.arn, ':assumed-role/([^/]+)', 1), '') as service,
    nullif(regexp_extract(identity.arn, ':(?:assumed-role/[^/]+|user)/(.+)$', 1), '') as user_ref,
    'bedrock' as provider,
    modelId as model_requested,
    case when errorCode is null and not contains(modelId, ':prompt-router/') then modelId end as model_served,
    'deployment' as served_model_source,
    nullif(concat_ws('/',
        nullif(regexp_extract(modelId, '(?:^|/)(us|us-gov|eu|apac|jp|au|ca|sa|global)\.[a-z0-9-]+\.', 1), ''), coalesce(inferenceRegion, region)
    ), '') as region,
    case when errorCode is null then 'ok' else 'error' end as status,
    errorCode as error_code,
    input.inputTokenCount as input_tokens,
    output.outputTokenCount as output_tokens,
    ends_with(operation, 'Stream') as is_stream,
    requestId as provider_request_id,
    requestMetadata as metadata
from records
