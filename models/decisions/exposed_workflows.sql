-- One row: one of the workflows most exposed in the window, with what the policy in force lets it do.
-- Reads: requests, fallback_events (of the window only), policies, policy_classes, policy_substitutes.
-- Bound: $from_at inclusive, $as_of inclusive, $most.
-- Exposure: requests, weighed 1, 2, 4 or 8 by the risk of the class; of no class as of the highest.
-- paths: what may take over today: an approved model that comes into use by itself, or a lane.
with in_force as (
    select c.*
    from policy_classes as c
    inner join policies as p on c.policy_id = p.policy_id and c.version = p.version
    where p.status = 'active' and p.effective_from <= $as_of and (p.effective_to is null or p.effective_to > $as_of)
),

used as (
    select
        coalesce(r.workflow, '(none)') as workflow, r.policy_id, mode(r.workflow_class) as workflow_class, count(*) as request_count,
        count(*) filter (where r.is_fallback) as fallback_count,
        count(*) filter (where r.served_by in ('hold', 'manual')) as held_count,
        count(*) filter (where r.served_by = 'nobody') as failed_count,
        list_sort(list(distinct r.first_cause) filter (where r.is_fallback or r.served_by = 'nobody')) as causes
    from requests as r
    where r.started_at >= $from_at and r.started_at <= $as_of
    group by coalesce(r.workflow, '(none)'), r.policy_id
),

open_paths as (
    select policy_id, version, class_id, list(target order by position) as paths from policy_substitutes
    where
        activation <> 'forbidden' and not is_target_denied and (expires_at is null or expires_at > $as_of)
        and (target_kind <> 'model' or approved_by is not null)
    group by policy_id, version, class_id
)

select
    u.*, c.version as policy_version, c.stage, c.risk, c.boundary, coalesce(c.triggers, []) as triggers,
    coalesce(o.paths, []) as paths, c.path as class_path
from used as u
left join in_force as c on c.policy_id = u.policy_id and c.class_id = u.workflow_class
left join open_paths as o on o.policy_id = c.policy_id and o.version = c.version and o.class_id = c.class_id
order by u.request_count * case c.risk when 'low' then 1 when 'moderate' then 2 when 'high' then 4 else 8 end desc, u.workflow
limit $most
