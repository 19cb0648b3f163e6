-- [source]
-- title     = "Google Cloud organization policy, models allowed in Vertex AI"
-- file      = "JSON lines of a log sink, or the list of `gcloud logging read --format=json`: Admin Activity logs of orgpolicy.googleapis.com"
-- emits     = "admin_changes"
-- grain     = "nested"
-- observer  = "provider"
-- recognize = ["protoPayload.serviceName=orgpolicy.googleapis.com", "logName", "insertId"]
-- required  = ["insertId", "timestamp", "protoPayload"]
-- ignored   = "changes no policy on the models of Vertex AI"
-- evidence  = "public API types and documentation of the constraint vertexai.allowedModels; the request inside an audit entry is not verified"
-- limits    = ["a policy takes minutes to take effect, and which projects it reaches follows from the hierarchy, which is not read",
--              "a whole publisher stands as `publishers/…` and is matched to no model", "conditions on tags are not read"]
-- [columns]
-- insertId     = "VARCHAR"
-- timestamp    = "VARCHAR"
-- protoPayload = '''STRUCT(
--     methodName VARCHAR, resourceName VARCHAR, status STRUCT(code BIGINT), authenticationInfo STRUCT(principalEmail VARCHAR),
--     request STRUCT("name" VARCHAR, policy STRUCT("name" VARCHAR, spec STRUCT(
--         "reset" BOOLEAN, rules STRUCT("allowAll" BOOLEAN, denyAll BOOLEAN, "values" STRUCT(allowedValues VARCHAR[], deniedValues VARCHAR[]))[]
--     )))
-- )'''
--
-- An allow list bans everything else: the ban comes first, and what the same change allows a microsecond later.
with changes as (
    select
        line, insertId, try_cast(timestamp as timestamptz) as told_at,
        regexp_extract(protoPayload.methodName, '([^.]+)$', 1) as method,
        coalesce(protoPayload.request.policy.name, protoPayload.request.name, protoPayload.resourceName) as policy_name,
        coalesce(protoPayload.request.policy.spec.rules, []) as rules,
        coalesce(protoPayload.request.policy.spec.reset, false) as is_reset,
        protoPayload.authenticationInfo.principalEmail as principal
    from records
    where coalesce(protoPayload.status.code, 0) = 0
),

switches as (
    select *, unnest(list_concat(
        case when method = 'DeletePolicy' or is_reset then [{model: null, is_on: true, later: 0}] else [] end,
        list_transform(list_filter(rules, lambda rule: rule.allowAll), lambda rule: {model: null, is_on: true, later: 0}),
        list_transform(list_filter(rules, lambda rule: rule.denyAll or len(rule.values.allowedValues) > 0), lambda rule: {model: null, is_on: false, later: 0}),
        list_transform(
            flatten(list_transform(rules, lambda rule: coalesce(rule.values.allowedValues, []))), lambda name: {model: name, is_on: true, later: 1}
        ),
        list_transform(
            flatten(list_transform(rules, lambda rule: coalesce(rule.values.deniedValues, []))), lambda name: {model: name, is_on: false, later: 1}
        )
    )) as switch
    from changes
    where regexp_matches(policy_name, '/policies/vertexai\.allowedModels$') and method in ('CreatePolicy', 'UpdatePolicy', 'DeletePolicy')
),

calling as (
    select * from switches where switch.model is null or not regexp_matches(switch.model, ':(tune|deploy)$')
)

select
    line,
    concat_ws('/', insertId, switch.is_on, switch.model) as change_key,
    regexp_extract(policy_name, '^(.*)/policies/', 1) as scope,
    'vertex_ai' as provider,
    coalesce(nullif(regexp_extract(switch.model, '/models/([^:@]+)', 1), ''), switch.model) as model,
    switch.is_on as is_enabled,
    told_at + to_microseconds(switch.later) as effective_at,
    told_at as seen_at,
    principal as actor_ref,
    case when told_at is null then 'timestamp is no time' end as problem
from calling
order by line, effective_at, change_key
