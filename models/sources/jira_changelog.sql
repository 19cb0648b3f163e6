-- [source]
-- title     = "Jira issues with their changelog"
-- file      = "JSON lines or a JSON list of issues: `issues` of GET /rest/api/3/search/jql with `expand=changelog`, fields `status,labels`"
-- emits     = "outcomes"
-- grain     = "nested"
-- observer  = "application"
-- recognize = ["key", "fields.status", "changelog.histories"]
-- required  = ["key", "changelog"]
-- ignored   = "was never reopened"
-- reports   = ["outcomes"]
-- evidence  = "VERIFIED: generated models of jira.js and jira_v3_openapi; Server's accounts UNVERIFIED"
-- limits    = ["a status' category is known from issues of the same file that stand in it, else by its name: Done, Closed, Resolved, Completed, Cancelled, Rejected",
--              "tied to a run by `rb1:<trace>:<request>` in a label or an issue property, else by the issue key",
--              "custom fields and remote links are not read", "the bulk changelog endpoint has another shape and is not read"]
-- [columns]
-- key        = "VARCHAR"
-- fields     = "STRUCT(labels VARCHAR[], status STRUCT(id VARCHAR, statusCategory STRUCT(\"key\" VARCHAR)))"
-- properties = "JSON"
-- changelog  = '''STRUCT(histories STRUCT(
--     id VARCHAR, created VARCHAR, author STRUCT(accountId VARCHAR, accountType VARCHAR, "key" VARCHAR),
--     items STRUCT(field VARCHAR, "from" VARCHAR, fromString VARCHAR, "to" VARCHAR, toString VARCHAR)[]
-- )[])'''
--
-- A reopening shows as a status that leaves the category Done, as a resolution that is taken back, or as both in one
-- history: it is one rework.
with categories as (
    select fields.status.id as status_id, max(lower(fields.status.statusCategory.key)) as category
    from records
    where fields.status.id is not null
    group by all
),

histories as (
    select
        line,
        key,
        history,
        -- Offsets are written without a colon; the bulk forms of the same history count milliseconds.
        coalesce(
            try(make_timestamptz(1000 * try_cast(history.created as bigint))),
            try_cast(regexp_replace(history.created, '([+-]\d\d)(\d\d)$', '\1:\2') as timestamptz)
        ) as changed_at,
        regexp_extract(
            concat_ws(' ', array_to_string(fields.labels, ' '), cast(properties as varchar)),
            'rb1:([\w-]+):([\w.:-]*[\w-])', ['trace_id', 'request_id']
        ) as told
    from (select *, unnest(changelog.histories) as history from records)
),

items as (
    select line, key, history.id as history_id, item
    from (select *, unnest(history.items) as item from histories)
),

reopened as (
    select items.line, items.key, items.history_id
    from items
    left join categories as before on items.item.from = before.status_id
    left join categories as after on items.item.to = after.status_id
    where (
        item.field = 'status' and item.to is not null
        and coalesce(before.category = 'done', regexp_matches(lower(item.fromString), '^(done|closed|resolved|completed|cancell?ed|rejected)$'))
        and not coalesce(after.category = 'done', regexp_matches(lower(item.toString), '^(done|closed|resolved|completed|cancell?ed|rejected)$'))
    ) or (item.field = 'resolution' and item.from is not null and item.to is null)
    group by all
)

select
    histories.line,
    'rework' as kind,
    'jira' as source_system,
    histories.key || '/' || history.id as source_record_id,
    changed_at as occurred_at,
    'exact' as time_quality,
    nullif(told.trace_id, '-') as trace_id,
    nullif(told.request_id, '-') as request_id,
    'ticket' as artifact_type,
    histories.key as artifact_id,
    case history.author.accountType when 'atlassian' then 'human' when 'customer' then 'human' when 'app' then 'system' end as actor_kind,
    coalesce(history.author.accountId, history.author.key) as actor_ref,
    'reopened' as rework_type,
    case when changed_at is null then 'the time of history ' || history.id || ' is missing or no time' end as problem
from histories
inner join reopened on histories.line = reopened.line and histories.key = reopened.key and histories.history.id = reopened.history_id
order by histories.line, changed_at, source_record_id
