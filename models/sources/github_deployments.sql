-- [source]
-- title     = "GitHub deployments"
-- file      = "JSON lines of `deployment_status` (and `deployment`) webhook bodies, as GitHub delivered them"
-- emits     = "outcomes"
-- grain     = "nested"
-- observer  = "application"
-- recognize = ["deployment.sha", "deployment.environment", "repository.full_name"]
-- required  = ["deployment", "repository"]
-- ignored   = "is no failure and no rollback of a production deployment"
-- reports   = ["outcomes"]
-- evidence  = "VERIFIED: payload schemas of octokit/webhooks"
-- limits    = ["tied to a run by `rb1:<trace>:<request>` in the payload of the deployment that failed or was rolled back, else by its id",
--              "a rollback is a return to a commit that was first deployed before the one it replaces: only what this file holds is known",
--              "production is what GitHub marks as such, or an environment named prod or production", "a revert by a new commit is not seen",
--              "GitHub states no severity"]
-- [columns]
-- deployment        = "STRUCT(id VARCHAR, sha VARCHAR, task VARCHAR, payload JSON, environment VARCHAR, production_environment VARCHAR)"
-- deployment_status = "STRUCT(id VARCHAR, state VARCHAR, created_at VARCHAR)"
-- repository        = "STRUCT(full_name VARCHAR)"
--
with statuses as (
    select
        line,
        repository.full_name || '/' || deployment.environment as place,
        repository.full_name as repository_name,
        deployment.id as deployment_id,
        deployment.sha as sha,
        deployment_status.id as status_id,
        lower(deployment_status.state) as state,
        try_cast(deployment_status.created_at as timestamptz) as changed_at,
        regexp_extract(cast(deployment.payload as varchar), 'rb1:([\w-]+):([\w.:-]*[\w-])', ['trace_id', 'request_id']) as told
    from records
    where deployment_status is not null
      and (try_cast(deployment.production_environment as boolean) or regexp_full_match(lower(deployment.environment), 'prod|production'))
),

released as (
    select
        place, deployment_id, any_value(repository_name) as repository_name, any_value(sha) as sha, any_value(told) as told,
        min(changed_at) as released_at, arg_min(line, changed_at) as line
    from statuses
    where state = 'success' and isfinite(changed_at)
    group by place, deployment_id
),

commits as (
    select place, sha, min(released_at) as first_released_at from released group by place, sha
),

followed as (
    select
        *,
        lead({sha: sha, deployment_id: deployment_id, released_at: released_at, line: line})
            over (partition by place order by released_at, deployment_id) as next
    from released
),

errors as (
    select
        followed.next.line as line, followed.repository_name, followed.deployment_id, 'rollback' as error_type,
        followed.next.deployment_id as record_key, followed.next.released_at as occurred_at, followed.released_at as impact_start,
        followed.next.released_at as impact_end, followed.told
    from followed
    inner join commits as own on followed.place = own.place and followed.sha = own.sha
    inner join commits as other on followed.place = other.place and followed.next.sha = other.sha
    where other.first_released_at < own.first_released_at
    union all
    select line, repository_name, deployment_id, 'pipeline_failure', status_id, changed_at, null, null, told
    from statuses
    where state in ('failure', 'error')
)

select
    line,
    'downstream_error' as kind,
    'github' as source_system,
    repository_name || '/' || error_type || '/' || record_key as source_record_id,
    occurred_at,
    'exact' as time_quality,
    nullif(told.trace_id, '-') as trace_id,
    nullif(told.request_id, '-') as request_id,
    'deployment' as artifact_type,
    deployment_id as artifact_id,
    'system' as actor_kind,
    error_type,
    impact_start,
    impact_end,
    case
        when deployment_id is null or record_key is null or repository_name is null then 'an id or the name of the repository is missing'
        when occurred_at is null then 'deployment_status.created_at is missing or no time'
    end as problem
from errors
order by line, source_record_id
