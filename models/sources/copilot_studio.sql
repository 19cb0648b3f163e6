-- [source]
-- title     = "Microsoft Copilot Studio and Copilot, Purview audit of interactions"
-- file      = "the CSV of a Purview audit search for CopilotInteraction, or JSON lines or a list of such records (Management Activity API, Audit.General); add `ConfiguredModel` from the agent's export where you can"
-- emits     = "attempts"
-- observer  = "provider"
-- recognize = ["Operation=CopilotInteraction", "RecordType"]
-- required  = ["Operation"]
-- reports   = ["served_model", "workflow"]
-- ignored   = "is no turn of a copilot, or names no model, so who answered is not told"
-- evidence  = "the vendor's published audit schema (keys, types); what a fallback turn looks like is documented nowhere and not verified"
-- limits    = ["no errors, no latency, no tokens: only which model answered",
--              "turns without ModelTransparencyDetails are left out, and they are common: these counts are no totals",
--              "no mark of a fallback: a turn shows as one where the policy or ConfiguredModel names another model, and else not",
--              "why is told by the changes of purview_admin only: an admin who switched the preferred model's provider off",
--              "an agent configured with Anthropic that OpenAI answered without naming a model is told as the default of its day, by the documented dates: later defaults are not verified",
--              "names such as DEEP_LEO are code names: give them an alias in the policy",
--              "arrives a day or more late"]
-- [columns]
-- Operation        = "VARCHAR"
-- AuditData        = "JSON"
-- Id               = "VARCHAR"
-- CreationTime     = "VARCHAR"
-- UserId           = "VARCHAR"
-- AgentId          = "VARCHAR"
-- AgentName        = "VARCHAR"
-- ClientRegion     = "VARCHAR"
-- ConfiguredModel  = "VARCHAR"
-- CopilotEventData = '''STRUCT(
--     AppHost VARCHAR, ThreadId VARCHAR, AgentId VARCHAR, AgentName VARCHAR,
--     ModelTransparencyDetails STRUCT(ModelProviderName VARCHAR, ModelName VARCHAR, ModelVersion VARCHAR)[]
-- )'''
--
-- Where Anthropic is switched off, its agents are answered by the platform's default model, which changes by date.
-- One record is one turn. In the CSV, the record stands as text in the column AuditData. CreationTime has no offset and is UTC by the schema. Where a turn names several models, the
-- last that has a name is taken for the one that answered.
with opened as (
    select *, from_json(try_cast(AuditData ->> '$' as json), '{
        "Id": "VARCHAR", "CreationTime": "VARCHAR", "UserId": "VARCHAR", "AgentId": "VARCHAR", "AgentName": "VARCHAR", "ClientRegion": "VARCHAR",
        "CopilotEventData": {
            "AppHost": "VARCHAR", "ThreadId": "VARCHAR", "AgentId": "VARCHAR", "AgentName": "VARCHAR",
            "ModelTransparencyDetails": [{"ModelProviderName": "VARCHAR", "ModelName": "VARCHAR", "ModelVersion": "VARCHAR"}]
        }
    }') as audit
    from records
),

records_of_both as (
    select
        Operation, ConfiguredModel, coalesce(Id, audit.Id) as Id, coalesce(CreationTime, audit.CreationTime) as CreationTime,
        coalesce(UserId, audit.UserId) as UserId, coalesce(AgentId, audit.AgentId) as AgentId,
        coalesce(AgentName, audit.AgentName) as AgentName, coalesce(ClientRegion, audit.ClientRegion) as ClientRegion,
        coalesce(CopilotEventData, audit.CopilotEventData) as event
    from opened
),

told as (
    select
        *,
        try_cast(CreationTime as timestamptz) as answered_at,
        list_filter(event.ModelTransparencyDetails, lambda model: absent(model.ModelName) is not null)[-1] as named,
        event.ModelTransparencyDetails[-1].ModelProviderName as told_provider,
        coalesce(absent(AgentName), absent(event.AgentName)) as agent_name,
        coalesce(absent(AgentId), absent(event.AgentId)) as agent_id
    from records_of_both
),

turns as (
    select
        *,
        case
            when named is not null then {provider: named.ModelProviderName, model: named.ModelName}
            when lower(told_provider) = 'openai' and regexp_matches(lower(ConfiguredModel), 'anthropic|claude')
                then {provider: told_provider, model: case
                    when answered_at < timestamptz '2025-10-27 00:00:00+00' then 'gpt-4o' else 'gpt-4.1'
                end}
        end as served
    from told
)

select
    case when Operation = 'CopilotInteraction' then Id end as attempt_key,
    Id as request_key,
    'single_row' as chain_basis,
    answered_at as started_at,
    coalesce(agent_name, agent_id, absent(event.AppHost)) as route,
    lower(served.provider) as provider,
    absent(ConfiguredModel) as model_requested,
    served.model as model_served,
    'declared' as served_model_source,
    ClientRegion as region,
    case when served is not null then 'ok' end as status,
    event.ThreadId as session_id,
    UserId as user_ref,
    to_json({agent_id: agent_id, app_host: event.AppHost}) as metadata,
    Operation <> 'CopilotInteraction' or (Id is not null and CreationTime is not null and event is not null and served is null)
        as is_ignored,
    case
        when Operation is null or Operation <> 'CopilotInteraction' then null
        when Id is null or event is null then 'the record holds no Id or no CopilotEventData'
        when answered_at is null then 'CreationTime is no time'
    end as problem
from turns
