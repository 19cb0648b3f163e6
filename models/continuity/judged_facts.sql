-- One row: one judged request with what its class says of it: which entry of the policy covers the answer, since when
-- the workflow was off its preferred model, and each fact that a verdict may rest on; NULL where the log cannot tell.
-- Reads: judged_requests, untried_substitutes, denied_answers, cooled_fallbacks, episodes, policy_classes,
-- policy_substitutes.
-- position: while an approved trial draws between substitutes, all of them stand where the first of them stands.
-- Flapping may leave two episodes that touch: the earlier one counts.
with episode_of as (
    select
        j.request_id,
        e.episode_id,
        e.opened_at,
        row_number() over (partition by j.request_id order by e.opened_at, e.episode_id) as nth
    from judged_requests as j
    inner join episodes as e
        on e.workflow is not distinct from j.workflow
        and e.preferred_model is not distinct from j.preferred_model
        and e.cause_family = j.cause_family
        and j.started_at between e.opened_at and coalesce(e.recovered_at, e.last_seen_at)
),

-- Logs tell that a person or a queue took over, not which: the first lane of the kind stands for it.
entries as (
    select
        *,
        row_number() over (
            partition by policy_id, version, class_id, target_kind, case when target_kind = 'model' then target end
            order by position
        ) as nth
    from policy_substitutes
)

select
    j.*,
    o.episode_id,
    c.class_id,
    c.boundary,
    c.path as class_path,
    s.target,
    coalesce(case when j.started_at < s.draw_ends_at then s.drawn_position end, s.position) as position,
    s.activation,
    s.triggers,
    s.path as entry_path,
    u.untried_count,
    u.due_position,
    u.due_path,
    c.boundary in ('pause', 'escalate', 'human_review') as is_stopping,
    c.class_id is not null and j.server = 'nobody' as is_failed,
    c.class_id is not null and j.server in ('manual', 'hold') as is_held,
    c.class_id is not null and j.server = 'substitute'
    and not coalesce(list_contains(c.preferred_models, j.served_model), false) as is_substituted,
    s.expires_at <= j.started_at as is_expired,
    coalesce(s.is_target_denied, false) or d.request_id is not null as is_denied,
    epoch(j.started_at) - epoch(o.opened_at) > s.max_duration_s as is_overlong,
    c.is_marking_required and j.is_marked = false as is_unmarked,
    len(list_filter(c.stop_conditions, lambda x: regexp_matches(x, '^(guardrail|verifier):')
        and not list_contains(j.guardrails_ran, regexp_extract(x, ':(.*)$', 1)))) > 0
    or (j.cause = 'capability_missing' and len(c.stop_conditions) > 0
        and not coalesce(list_contains(s.triggers, j.cause), false)) as is_unguarded,
    -- The log shows every attempt, and none of them failed: it would hold a reason, and holds none.
    s.target is not null and j.first_cause is null and j.fallback_count is not null
    and j.detection in ('preemptive', 'provider_declared') and k.request_id is null as is_unreasoned
from judged_requests as j
left join episode_of as o on o.request_id = j.request_id and o.nth = 1
left join policy_classes as c
    on c.policy_id = j.policy_id and c.version = j.policy_version and c.class_id = j.workflow_class
left join entries as s
    on s.policy_id = c.policy_id and s.version = c.version and s.class_id = c.class_id and s.nth = 1
    and s.target_kind = case j.server when 'substitute' then 'model' else j.server end
    and (s.target_kind <> 'model' or s.target = j.served_model)
left join untried_substitutes as u on u.request_id = j.request_id
left join denied_answers as d on d.request_id = j.request_id
left join cooled_fallbacks as k on k.request_id = j.request_id
