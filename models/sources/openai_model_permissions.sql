-- [source]
-- title     = "OpenAI, model permissions of a project, dated snapshots"
-- file      = "JSON lines: each answer of GET /v1/organization/projects/{id}/model_permissions, with `project_id` and `fetched_at` added by the script that saves it"
-- emits     = "admin_changes"
-- grain     = "nested"
-- observer  = "provider"
-- recognize = ["object=project.model_permissions", "mode", "model_ids"]
-- required  = ["mode", "model_ids"]
-- ignored   = "says the same as the snapshot before it"
-- evidence  = "public OpenAPI description; no own capture yet"
-- limits    = ["the audit log has no event for this change: its time is known between two snapshots only, and the later one is told",
--              "who changed it is not told", "snapshots in different files are each told, also where nothing changed"]
-- [columns]
-- mode       = "VARCHAR"
-- model_ids  = "VARCHAR[]"
-- project_id = "VARCHAR"
-- fetched_at = "VARCHAR"
--
-- An allow list bans everything else: the ban comes first, and what it allows a microsecond later. A deny list the
-- other way round.
with snapshots as (
    select
        line, project_id, mode, list_sort(list_distinct(model_ids)) as models, list_transform([fetched_at], lambda word: case
            when try_cast(word as double) is null then try_cast(word as timestamptz)
            when try_cast(word as double) between 0 and 1e11 then to_timestamp(cast(word as double))
        end)[1] as seen_at
    from records
),

changed as (
    select * from snapshots
    qualify seen_at is null or project_id is null or (mode, models) is distinct from lag((mode, models)) over (partition by project_id order by seen_at, line)
),

switches as (
    select *, unnest(list_concat(
        [{model: null, is_on: mode = 'deny_list', later: 0}],
        list_transform(models, lambda name: {model: name, is_on: mode = 'allow_list', later: 1})
    )) as switch
    from changed
)

select
    line,
    concat_ws('/', project_id, epoch_us(seen_at), switch.model) as change_key,
    project_id as scope,
    'openai' as provider,
    switch.model as model,
    switch.is_on as is_enabled,
    seen_at + to_microseconds(switch.later) as effective_at,
    seen_at,
    case
        when mode not in ('allow_list', 'deny_list') then 'mode is neither allow_list nor deny_list'
        when project_id is null then 'no project_id: the answer names no project, so the script that saves it has to add it'
        when seen_at is null then 'no time: the answer has none, so the script that saves it has to add fetched_at'
    end as problem
from switches
order by line, effective_at, model
