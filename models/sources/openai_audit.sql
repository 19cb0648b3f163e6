-- [source]
-- title     = "OpenAI, organization audit log"
-- file      = "JSON lines of the `data` of GET /v1/organization/audit_logs"
-- emits     = "admin_changes"
-- observer  = "provider"
-- recognize = ["effective_at", "actor", "type", "id"]
-- required  = ["id", "type", "effective_at"]
-- ignored   = "switches no model and no project on or off"
-- evidence  = "public OpenAPI description and one public parser fixture"
-- limits    = ["allowing or denying a model for a project leaves no event: save snapshots for openai_model_permissions",
--              "a limit counts as on or off only (0 is off); the limit before is not told",
--              "a removed limit is told as on: the organization's own limit may still bind"]
-- [columns]
-- id                   = "VARCHAR"
-- type                 = "VARCHAR"
-- effective_at         = "BIGINT"
-- project              = "STRUCT(id VARCHAR)"
-- actor                = '''STRUCT(session STRUCT("user" STRUCT(id VARCHAR)), api_key STRUCT(id VARCHAR))'''
-- "rate_limit.updated" = "STRUCT(id VARCHAR, changes_requested STRUCT(max_requests_per_1_minute BIGINT, max_tokens_per_1_minute BIGINT, max_requests_per_1_day BIGINT))"
-- "rate_limit.deleted" = "STRUCT(id VARCHAR)"
-- "project.archived"   = "STRUCT(id VARCHAR)"
-- "project.deleted"    = "STRUCT(id VARCHAR)"
--
-- The id of a rate limit is `rl-` and the model's name.
with told as (
    select
        *,
        case when effective_at between 0 and 253402300799 then to_timestamp(effective_at) end as told_at,
        coalesce("rate_limit.updated".id, "rate_limit.deleted".id) as limit_id,
        coalesce("project.archived".id, "project.deleted".id, project.id) as project_id,
        least(
            "rate_limit.updated".changes_requested.max_requests_per_1_minute,
            "rate_limit.updated".changes_requested.max_tokens_per_1_minute,
            "rate_limit.updated".changes_requested.max_requests_per_1_day
        ) as limit_set
    from records
),

judged as (
    select *, case
        when type in ('project.archived', 'project.deleted') then false
        when type = 'rate_limit.deleted' and limit_id is not null then true
        when type = 'rate_limit.updated' and limit_id is not null then limit_set > 0
    end as is_on
    from told
)

select
    id as change_key,
    project_id as scope,
    'openai' as provider,
    nullif(regexp_replace(limit_id, '^rl[-_]', ''), '') as model,
    is_on as is_enabled,
    told_at as effective_at,
    told_at as seen_at,
    coalesce(actor.session.user.id, actor.api_key.id) as actor_ref,
    id is not null and effective_at is not null and is_on is null as is_ignored,
    case when told_at is null and effective_at is not null then 'effective_at is no time' end as problem
from judged
