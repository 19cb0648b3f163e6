-- One row: the verdict on one request, with every reason, the line of the policy that each reason rests on, and an id.
-- Reads: judged_facts.
-- No reason: in policy. Gaps in the evidence alone: indeterminate. Any breach: out of policy.
-- Holding is success: any lane is in policy where the boundary stops work, and elsewhere a lane that the class lists.
-- Marking and guardrails that the log does not tell of (NULL) are not judged: gateways rarely log them.
-- A failure inside the lane is judged for one thing: whether a substitute was due. Where the log shows only the first
-- failure of a call (is_fallback or fallback_count NULL), a substitute may have been tried unseen.
-- A listed substitute needs a declared trigger. Where the log shows every attempt, none failed, and no declared cooldown
-- can have been at work, that there is no reason is a breach; where it may only be hidden, a gap.
-- Silent: nobody allowed the answer, or it is not marked, and nothing told the user. One request's cost varies with its
-- length: only twice the mean that the preferred model costs the workflow is told as an upgrade.
-- The id follows from request, version and verdict: the same evidence gives the same id, another verdict another.
with reasoned as (
    select
        *,
        list_filter([
            case when policy_id is null then 'no_policy' when class_id is null then 'class_unknown' end,
            case when is_failed and has_left and due_position is null and boundary = 'human_review' then 'evidence_missing'
                when is_failed and is_fallback is null and due_position is not null then 'evidence_missing'
                when is_substituted and fallback_count is null and position > due_position then 'evidence_missing'
                when is_substituted and served_model is null then 'evidence_missing'
                when class_id is not null and served_by is null then 'evidence_missing' end,
            case when is_failed and cause = 'unknown' and untried_count > 0
                and not (has_left and boundary = 'human_review') then 'cause_not_logged'
                when is_substituted and target is not null and cause = 'unknown' and not is_unreasoned then 'cause_not_logged' end
        ], lambda x: x is not null) as gaps,
        list_filter([
            case when (is_substituted and served_model is not null or is_held and not is_stopping)
                and target is null then 'unapproved_substitute' end,
            case when is_substituted and is_expired then 'approval_expired' end,
            case when is_substituted and cause <> 'unknown' and not list_contains(triggers, cause)
                then 'trigger_not_allowed' end,
            case when activation = 'forbidden' or (is_substituted and activation = 'on_approval')
                then 'activation_not_granted' end,
            case when is_substituted and served_model is not null and target is null and is_stopping
                or is_failed and has_left and due_position is null and boundary = 'degrade' then 'boundary_breached' end,
            case when is_substituted and is_unguarded then 'stop_condition_ignored' end,
            case when is_substituted and is_overlong then 'duration_exceeded' end,
            case when is_substituted and is_unmarked then 'unmarked' end,
            case when is_substituted and is_denied then 'admin_denied_target' end,
            case when is_substituted and fallback_count is not null and position > due_position then 'wrong_order' end,
            case when is_failed and is_fallback is not null and due_position is not null then 'missed_fallback' end,
            case when is_substituted and is_unreasoned then 'cause_not_logged' end
        ], lambda x: x is not null) as open_breaches,
        class_id is null and server = 'substitute'
        and coalesce(undeclared_workflow in ('hold', 'allow_preferred_only'), false) as is_refused
    from judged_facts
),

named as (
    select
        *,
        case
            when server <> 'substitute' or is_marked then null
            when (is_refused or list_has_any(open_breaches, ['unapproved_substitute', 'approval_expired'])
                or coalesce(activation = 'forbidden', false)) and cost_usd > 2 * mean_cost_usd then 'silent_upgrade'
            when is_refused or list_has_any(open_breaches, ['unapproved_substitute', 'approval_expired', 'unmarked'])
                or coalesce(activation = 'forbidden', false)
                then 'silent_downgrade'
        end as silence
    from reasoned
),

told as (
    select
        *,
        case when silence is null then open_breaches else list_append(open_breaches, silence) end as breaches
    from named
),

decided as (
    select
        *,
        list_concat(gaps, breaches) as reasons,
        case
            when len(breaches) > 0 or is_refused then 'out_of_policy'
            when len(gaps) > 0 then 'indeterminate'
            else 'in_policy'
        end as verdict,
        case
            when len(gaps) + len(breaches) = 0 then [coalesce(entry_path, class_path || '.boundary')]
            else list_transform(list_concat(gaps, breaches), lambda x: case
                when x = 'no_policy' then 'metadata.effective_from'
                when x = 'class_unknown' then 'defaults.undeclared_workflow'
                when x in ('wrong_order', 'missed_fallback') then due_path
                when x = 'approval_expired' then entry_path || '.expires'
                when x in ('trigger_not_allowed', 'cause_not_logged')
                    then coalesce(entry_path || '.triggers', class_path || '.substitutes')
                when x = 'activation_not_granted' then entry_path || '.activation'
                when x = 'duration_exceeded' then entry_path || '.max_duration'
                when x = 'admin_denied_target' then coalesce(entry_path || '.target', class_path || '.substitutes')
                when x = 'unapproved_substitute' then class_path || '.substitutes'
                when x = 'silent_upgrade' then coalesce(class_path || '.preferred', 'defaults.undeclared_workflow')
                when x = 'silent_downgrade' then case
                    when class_id is null then 'defaults.undeclared_workflow'
                    when target is null then class_path || '.substitutes'
                    when is_expired then entry_path || '.expires'
                    when activation = 'forbidden' then entry_path || '.activation'
                    else class_path || '.marking'
                end
                when x = 'boundary_breached' then class_path || '.boundary'
                when x = 'stop_condition_ignored' then class_path || '.stop_conditions'
                when x = 'unmarked' then class_path || '.marking'
                else class_path
            end)
        end as rules
    from told
)

select
    * exclude (gaps, breaches, open_breaches, silence),
    silence is not null as is_silent,
    md5(concat_ws(' ', request_id, policy_digest, verdict, array_to_string(reasons, ','), array_to_string(rules, ',')))
        as decision_id
from decided
