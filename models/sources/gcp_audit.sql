-- [source]
-- title     = "Google Cloud Audit Logs, calls of Vertex AI"
-- file      = "JSON lines of a log sink, or the list of `gcloud logging read --format=json`: Data Access logs of aiplatform.googleapis.com (off by default)"
-- emits     = "attempts"
-- grain     = "nested"
-- observer  = "provider"
-- recognize = ["protoPayload.serviceName=aiplatform.googleapis.com", "logName", "insertId"]
-- required  = ["insertId", "timestamp", "protoPayload"]
-- reports   = ["error", "served_model", "requested_model"]
-- ignored   = "the second entry of one call, or a method that asks no model"
-- evidence  = "public parser fixtures (LogEntry, operations in two entries); errors beyond code 10 are documented, not seen"
-- limits    = ["no tokens, and a duration only where a call has two entries",
--              "whether calls refused before admission (429) are written is not known: none here is no proof of none",
--              "every call stands alone: retries and fallbacks are not joined, and neither are the same calls in the request-response log",
--              "the model that answered is the one asked for: the log names no other", "the service account stands for the workflow"]
-- [columns]
-- insertId     = "VARCHAR"
-- timestamp    = "VARCHAR"
-- operation    = "STRUCT(id VARCHAR, \"first\" BOOLEAN, \"last\" BOOLEAN)"
-- resource     = "STRUCT(labels STRUCT(project_id VARCHAR))"
-- protoPayload = '''STRUCT(
--     serviceName VARCHAR, methodName VARCHAR, resourceName VARCHAR, status STRUCT(code BIGINT, message VARCHAR),
--     authenticationInfo STRUCT(principalEmail VARCHAR), request STRUCT(setup STRUCT(model VARCHAR))
-- )'''
--
-- No status, or an empty one, is success. A code of google.rpc gets its name and the class that Google's client raises.
-- A refusal that names a Vertex AI constraint is an admin's switch, whatever its code.
-- A person's address is only ever hashed; a service account's is a name.
with calls as (
    select
        line,
        coalesce(absent(operation.id), insertId) as call_id,
        operation.last as is_last,
        try_cast(timestamp as timestamptz) as told_at,
        regexp_extract(protoPayload.methodName, '([^.]+)$', 1) as method,
        coalesce(absent(protoPayload.resourceName), protoPayload.request.setup.model) as resource_name,
        nullif(protoPayload.status.code, 0) as code,
        protoPayload.status.message as message,
        protoPayload.authenticationInfo.principalEmail as principal
    from records
    where protoPayload.serviceName = 'aiplatform.googleapis.com'
        and regexp_matches(
            protoPayload.methodName, '\.(BidiGenerateContent|(Server)?(Stream(ing)?)?(Raw)?(Predict|GenerateContent)|ChatCompletions|EmbedContent)$'
        )
),

folded as (
    select
        call_id,
        min(line) as line,
        min(told_at) as started_at,
        case when count(*) > 1 then max(told_at) filter (where is_last) end as ended_at,
        min(method) as method,
        min(resource_name) as resource_name,
        max(code) as code,
        max(message) as message,
        min(principal) as principal
    from calls
    group by call_id
)

select
    line,
    call_id as attempt_key,
    call_id as request_key,
    'single_row' as chain_basis,
    started_at,
    ended_at,
    case when ends_with(principal, '.gserviceaccount.com') then split_part(principal, '@', 1) end as service,
    case when not ends_with(principal, '.gserviceaccount.com') then principal end as user_ref,
    'vertex_ai' as provider,
    nullif(regexp_extract(resource_name, '/models/([^/:]+)', 1), '') as model_requested,
    case when code is null then nullif(regexp_extract(resource_name, '/models/([^/:]+)', 1), '') end as model_served,
    'deployment' as served_model_source,
    nullif(regexp_extract(resource_name, '/endpoints/([^/:]+)', 1), '') as deployment,
    nullif(regexp_extract(resource_name, '/locations/([^/]+)', 1), '') as region,
    case when code is null then 'ok' when code = 1 then 'cancelled' else 'error' end as status,
    case when regexp_matches(message, 'constraints/vertexai\.') then 'admin_disabled' end as stated_cause,
    coalesce([
        'CANCELLED', 'UNKNOWN', 'INVALID_ARGUMENT', 'DEADLINE_EXCEEDED', 'NOT_FOUND', 'ALREADY_EXISTS', 'PERMISSION_DENIED',
        'RESOURCE_EXHAUSTED', 'FAILED_PRECONDITION', 'ABORTED', 'OUT_OF_RANGE', 'UNIMPLEMENTED', 'INTERNAL', 'UNAVAILABLE',
        'DATA_LOSS', 'UNAUTHENTICATED'
    ][code], cast(code as varchar)) as error_code,
    [
        'Cancelled', 'Unknown', 'InvalidArgument', 'DeadlineExceeded', 'NotFound', 'AlreadyExists', 'PermissionDenied',
        'ResourceExhausted', 'FailedPrecondition', 'Aborted', 'OutOfRange', 'MethodNotImplemented', 'InternalServerError',
        'ServiceUnavailable', 'DataLoss', 'Unauthenticated'
    ][code] as error_type,
    message as error_message,
    method in ('BidiGenerateContent', 'StreamGenerateContent', 'StreamRawPredict', 'ServerStreamingPredict', 'StreamingPredict') as is_stream,
    case when started_at is null then 'timestamp is no time' end as problem
from folded
order by line
