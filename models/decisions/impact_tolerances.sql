-- One row: one open episode of a class that has an impact tolerance, with the version in force at its opening.
-- Reads: episodes, policies, policy_classes.
-- Two policies that claim one class: the smaller tolerance counts.
select
    e.episode_id, e.workflow, e.workflow_class, e.preferred_model, e.cause, e.opened_at, e.last_seen_at,
    e.duration_s, e.fallback_count, e.failed_count,
    c.impact_tolerance_s, c.policy_id, c.version as policy_version, c.path as policy_path
from episodes as e
inner join policy_classes as c on e.workflow_class = c.class_id
inner join policies as p on c.policy_id = p.policy_id and c.version = p.version
where
    e.state = 'open' and c.impact_tolerance_s is not null and p.status = 'active'
    and p.effective_from <= e.opened_at and (p.effective_to is null or p.effective_to > e.opened_at)
qualify row_number() over (partition by e.episode_id order by c.impact_tolerance_s, c.policy_id, c.version) = 1
order by e.opened_at, e.episode_id
