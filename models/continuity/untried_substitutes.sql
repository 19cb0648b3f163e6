-- One row: one judged request with an automatic model substitute that its class allowed at the time and that the log
-- does not show as tried. due_position is the first of them that a declared trigger called for; NULL where none did.
-- Reads: judged_requests, policy_substitutes (whose triggers are causes), admin_switches.
-- A substitute that an admin had switched off was not due: the latest switch that concerns it counts.
with open as (
    select j.request_id, j.started_at, j.cause, j.team, j.environment, j.service, j.key_alias,
        s.target, s.position, s.path, list_contains(s.triggers, j.cause) as is_called_for
    from judged_requests as j
    inner join policy_substitutes as s
        on s.policy_id = j.policy_id and s.version = j.policy_version and s.class_id = j.workflow_class
    where
        s.target_kind = 'model' and s.activation = 'automatic' and not s.is_target_denied
        and (s.expires_at is null or s.expires_at > j.started_at)
        and not coalesce(list_contains(j.chain, s.target), false)
),

switched_off as (
    select o.request_id, o.target
    from open as o
    inner join admin_switches as a
        on a.model = o.target and a.switched_at <= o.started_at
        and (a.part is null or a.part in (lower(o.team), lower(o.environment), lower(o.service), lower(o.key_alias)))
    group by o.request_id, o.target
    having not arg_max(a.is_enabled, a.switched_at)
)

select
    o.request_id,
    count(*) as untried_count,
    min(case when o.is_called_for then o.position end) as due_position,
    arg_min(o.path, o.position) filter (where o.is_called_for) as due_path
from open as o
anti join switched_off as a on o.request_id = a.request_id and o.target = a.target
group by o.request_id
