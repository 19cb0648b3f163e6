-- [source]
-- title     = "AWS CloudTrail, calls of Amazon Bedrock"
-- file      = "the files that a trail delivers to S3, .json.gz as they are"
-- emits     = "attempts"
-- grain     = "nested"
-- observer  = "provider"
-- recognize = ["Records"]
-- required  = ["Records"]
-- reports   = ["error", "served_model", "requested_model"]
-- ignored   = "holds no call of a model"
-- evidence  = "public documentation; error codes with a message are not verified for Bedrock"
-- limits    = ["use the invocation log where you have it (tokens, workflow), and not both: the two are not recognized as one call",
--              "no latency and no tokens; times in whole seconds", "every call stands alone: retries and fallbacks are not joined",
--              "another region for the same model is no fallback; it stands in `region`", "the role stands for the workflow"]
-- [columns]
-- Records = '''STRUCT(
--     eventID VARCHAR, eventTime VARCHAR, eventSource VARCHAR, eventName VARCHAR, awsRegion VARCHAR, requestID VARCHAR,
--     errorCode VARCHAR, errorMessage VARCHAR, userIdentity STRUCT(arn VARCHAR), requestParameters STRUCT(modelId VARCHAR),
--     additionalEventData STRUCT(inferenceRegion VARCHAR)
-- )[]'''
--
-- The role is a service; the session name behind it may be a person and is only ever hashed.
with events as (
    select line, unnest(Records) as event from records
),

calls as (
    select line, event.*, event.requestParameters.modelId as model, event.userIdentity.arn as arn
    from events
    where starts_with(event.eventSource, 'bedrock')
        and event.eventName in ('InvokeModel', 'InvokeModelWithResponseStream', 'InvokeModelWithBidirectionalStream', 'Converse', 'ConverseStream')
)

select
    line,
    eventID as attempt_key,
    coalesce(requestID, eventID) as request_key,
    'single_row' as chain_basis,
    try_cast(eventTime as timestamptz) as started_at,
    nullif(regexp_extract(arn, ':assumed-role/([^/]+)', 1), '') as service,
    nullif(regexp_extract(arn, ':(?:assumed-role/[^/]+|user)/(.+)$', 1), '') as user_ref,
    'bedrock' as provider,
    model as model_requested,
    case when errorCode is null and not contains(model, ':prompt-router/') then model end as model_served,
    'deployment' as served_model_source,
    nullif(concat_ws('/',
        nullif(regexp_extract(model, '(?:^|/)(us|us-gov|eu|apac|jp|au|ca|sa|global)\.[a-z0-9-]+\.', 1), ''),
        coalesce(additionalEventData.inferenceRegion, awsRegion)
    ), '') as region,
    case when errorCode is null then 'ok' else 'error' end as status,
    errorCode as error_code,
    errorCode as error_type,
    regexp_replace(errorMessage, '(:assumed-role/[^/ ]+|:user)/[^ ]+', '\1/<name>') as error_message,
    ends_with(eventName, 'Stream') as is_stream,
    requestID as provider_request_id,
    case
        when eventID is null then 'an event has no eventID'
        when try_cast(eventTime as timestamptz) is null then 'an event has no eventTime'
    end as problem
from calls
order by line, started_at, attempt_key
