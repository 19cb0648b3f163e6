-- [source]
-- title     = "Microsoft Purview audit, changes of agent and Copilot settings"
-- file      = "the CSV of a Purview audit search, or JSON lines or a list of such records (Management Activity API): changes of settings (AgentSettingsAdminActivity)"
-- emits     = "admin_changes"
-- observer  = "provider"
-- recognize = ["Property|AuditData.Property", "NewValue|AuditData.NewValue", "Operation", "CreationTime|AuditData.CreationTime"]
-- required  = ["Operation"]
-- ignored   = "changes a setting that names no provider of models"
-- evidence  = "the vendor's published audit schema (Property, OldValue, NewValue, ForAllUsers); the name of the provider switch itself is not verified"
-- limits    = ["a setting counts only where its own name holds a provider's name: nothing is guessed beyond that",
--              "a switch takes hours to reach everyone: the time told is that of the change, not of its effect",
--              "a switch for some users is told with their group as scope; whom it concerns is not read",
--              "Microsoft Graph names the columns of its audit records otherwise: they are not read"]
-- [columns]
-- Operation         = "VARCHAR"
-- AuditData         = "JSON"
-- Id                = "VARCHAR"
-- CreationTime      = "VARCHAR"
-- OrganizationId    = "VARCHAR"
-- UserId            = "VARCHAR"
-- Property          = "VARCHAR"
-- NewValue          = "VARCHAR"
-- ForAllUsers       = "BOOLEAN"
-- AddedIdentities   = "VARCHAR[]"
-- RemovedIdentities = "VARCHAR[]"
--
-- A change for some users adds and removes identities: it is on for those added, off for those removed. In the CSV the
-- record stands as text in the column AuditData.
with opened as (
    select *, from_json(try_cast(AuditData ->> '$' as json), '{
        "Id": "VARCHAR", "CreationTime": "VARCHAR", "OrganizationId": "VARCHAR", "UserId": "VARCHAR", "Property": "VARCHAR",
        "NewValue": "VARCHAR", "ForAllUsers": "BOOLEAN", "AddedIdentities": ["VARCHAR"], "RemovedIdentities": ["VARCHAR"]
    }') as audit
    from records
),

changes as (
    select
        Operation, coalesce(Id, audit.Id) as Id, coalesce(CreationTime, audit.CreationTime) as CreationTime,
        coalesce(OrganizationId, audit.OrganizationId) as OrganizationId, coalesce(UserId, audit.UserId) as UserId,
        coalesce(Property, audit.Property) as Property, coalesce(NewValue, audit.NewValue) as NewValue,
        coalesce(ForAllUsers, audit.ForAllUsers) as ForAllUsers,
        coalesce(AddedIdentities, audit.AddedIdentities) as AddedIdentities,
        coalesce(RemovedIdentities, audit.RemovedIdentities) as RemovedIdentities
    from opened
),

read as (
    select
        *,
        regexp_extract(lower(Property), '(anthropic|claude|openai|gemini|google|mistral|xai|grok|deepseek|cohere|meta|llama)', 1) as word,
        lower(trim(NewValue)) as value,
        coalesce(ForAllUsers, true) as is_for_all
    from changes
),

judged as (
    select *, case
        when not is_for_all and len(AddedIdentities) > 0 then true
        when not is_for_all and len(RemovedIdentities) > 0 then false
        when value in ('true', 'enabled', 'enable', 'on', 'yes', '1', 'allowed', 'allow') then true
        when value in ('false', 'disabled', 'disable', 'off', 'no', '0', 'blocked', 'block', 'denied', 'none', 'notallowed') then false
    end as is_on
    from read
)

select
    Id as change_key,
    concat_ws('/', OrganizationId, case when not is_for_all then 'some users' end) as scope,
    case word
        when 'claude' then 'anthropic' when 'gemini' then 'google' when 'grok' then 'xai' when 'llama' then 'meta' else word
    end as provider,
    is_on as is_enabled,
    try_cast(CreationTime as timestamptz) as seen_at,
    UserId as actor_ref,
    word = '' as is_ignored,
    case
        when Operation is null or word = '' then null
        when Id is null or Property is null or CreationTime is null then 'the record holds no Id, no Property or no CreationTime'
        when try_cast(CreationTime as timestamptz) is null then 'CreationTime is no time'
        when is_on is null then 'NewValue is neither on nor off'
    end as problem
from (select * replace (case when word <> '' then is_on end as is_on) from judged)
