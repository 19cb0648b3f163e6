-- [source]
-- title     = "Anthropic, Compliance API activities"
-- file      = "JSON lines of the `data` of GET /v1/compliance/activities"
-- emits     = "admin_changes"
-- observer  = "provider"
-- recognize = ["organization_id", "created_at", "type", "actor.type", "id"]
-- required  = ["id", "type", "created_at"]
-- ignored   = "sets no spend limit"
-- evidence  = "a public parser's generated fixture and the published list of activity types; amounts of platform limits are not verified"
-- limits    = ["only spend limits switch something: no activity is known that denies a model to an organization",
--              "a limit counts as on or off only (0 is off); its amount is not kept",
--              "that a limit was reached is not told here: it shows as a failed call"]
-- [columns]
-- id              = "VARCHAR"
-- type            = "VARCHAR"
-- created_at      = "VARCHAR"
-- organization_id = "VARCHAR"
-- workspace_id    = "VARCHAR"
-- user_id         = "VARCHAR"
-- actor           = "STRUCT(\"type\" VARCHAR, user_id VARCHAR, api_key_id VARCHAR)"
-- is_enabled      = "BOOLEAN"
-- amount          = "DOUBLE"
-- limit_usd       = "DOUBLE"
-- new_limit_usd   = "DOUBLE"
--
-- A limit that is not in force, or was deleted, leaves the provider on. One person's limit is told without the person.
with limits as (
    select *, coalesce(new_limit_usd, limit_usd, amount) as limit_set
    from (select *, regexp_matches(type, '^(extra_usage|platform)_spend_limit_(created|updated|deleted)$') as is_limit from records)
),

judged as (
    select *, case
        when not is_limit then null
        when ends_with(type, '_deleted') or not coalesce(is_enabled, true) then true
        else limit_set > 0
    end as is_on
    from limits
)

select
    id as change_key,
    concat_ws('/', organization_id, workspace_id, case when user_id is not null then 'one user' end) as scope,
    'anthropic' as provider,
    is_on as is_enabled,
    try_cast(created_at as timestamptz) as seen_at,
    coalesce(actor.user_id, actor.api_key_id) as actor_ref,
    is_on is null and not is_limit as is_ignored,
    case
        when is_limit and try_cast(created_at as timestamptz) is null then 'created_at is no time'
        when is_limit and is_on is null then 'a spend limit without an amount'
    end as problem
from judged
