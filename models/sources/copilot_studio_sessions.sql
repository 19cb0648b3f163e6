-- [source]
-- title     = "Microsoft Copilot Studio and Dynamics 365 bot sessions"
-- file      = "rows of the Dataverse table msdyn_botsession as JSON lines, a JSON list (`value` of the Web API, with formatted values) or CSV"
-- emits     = "outcomes"
-- grain     = "nested"
-- observer  = "application"
-- recognize = ["msdyn_botsessionid", "msdyn_endedon|msdyn_lastsessionoutcome|msdyn_outcome|msdyn_csatscore"]
-- required  = ["msdyn_botsessionid"]
-- ignored   = "was not escalated, and nobody rated it"
-- reports   = ["outcomes"]
-- evidence  = "the vendor's entity reference (columns); the words of an outcome (Resolved, Escalated, Abandoned) UNVERIFIED"
-- limits    = ["an escalation to a person is a review decision `escalated`; a rating is feedback, and nothing here is rework",
--              "Resolved and Abandoned are the bot's own judgement: they say nothing about the answer, and are left out",
--              "an outcome that comes as a number needs its formatted value (Prefer: odata.include-annotations)",
--              "tied by the session only: the turns of copilot_studio name their thread, which is another id unless you map them",
--              "who escalated (the user, or a rule of a topic) is not told"]
-- [columns]
-- msdyn_botsessionid       = "VARCHAR"
-- msdyn_mcsbotsessionid    = "VARCHAR"
-- msdyn_sessionid          = "VARCHAR"
-- msdyn_startedon          = "VARCHAR"
-- msdyn_endedon            = "VARCHAR"
-- modifiedon               = "VARCHAR"
-- msdyn_lastsessionoutcome = "VARCHAR"
-- "msdyn_lastsessionoutcome@OData.Community.Display.V1.FormattedValue" = "VARCHAR"
-- msdyn_outcome            = "VARCHAR"
-- "msdyn_outcome@OData.Community.Display.V1.FormattedValue" = "VARCHAR"
-- msdyn_csatscore          = "VARCHAR"
--
-- A session is written again when its outcome changes: the last change is its revision.
with plain as (
    select
        *,
        coalesce(
            try_cast(msdyn_endedon as timestamptz), try_cast(modifiedon as timestamptz), try_cast(msdyn_startedon as timestamptz)
        ) as ended_at,
        greatest(epoch_ms(coalesce(try_cast(modifiedon as timestamptz), try_cast(msdyn_endedon as timestamptz))), 0) as version,
        lower(trim(coalesce(
            "msdyn_lastsessionoutcome@OData.Community.Display.V1.FormattedValue",
            "msdyn_outcome@OData.Community.Display.V1.FormattedValue", msdyn_lastsessionoutcome, msdyn_outcome
        ))) as word,
        case when isfinite(try_cast(msdyn_csatscore as double)) then cast(msdyn_csatscore as double) end as rating
    from records
),

told as (
    select *, 'review_decision' as kind from plain where starts_with(word, 'escalated') or starts_with(word, 'handoff')
    union all
    select *, 'feedback' from plain where rating is not null
    union all
    select *, 'unnamed' from plain where regexp_full_match(word, '[0-9]+') and rating is null
)

select
    line,
    if(kind = 'unnamed', null, kind) as kind,
    'copilot_studio' as source_system,
    msdyn_botsessionid || '/' || kind as source_record_id,
    version as revision,
    case when kind <> 'unnamed' then ended_at end as occurred_at,
    if(msdyn_endedon is null, 'snapshot', 'exact') as time_quality,
    coalesce(absent(msdyn_mcsbotsessionid), absent(msdyn_sessionid), msdyn_botsessionid) as session_id,
    if(kind = 'feedback', 'human', 'unknown') as actor_kind,
    case when kind = 'review_decision' then 'escalated' end as decision,
    case when kind = 'feedback' then rating end as score,
    case
        when kind = 'unnamed' then 'the outcome is a number without its formatted value'
        when ended_at is null then 'msdyn_endedon, modifiedon and msdyn_startedon are missing or no times'
    end as problem
from told
order by line, source_record_id
