-- One row: one class with a latency trigger and one day: how long its preferred model took to answer, and what was cut.
-- Reads: requests (of the window only), fallback_events, policies, policy_classes. Bound: $from_at inclusive, $as_of inclusive.
-- answer_s: seconds of the answers of the preferred model, whole tenths. cut_s: seconds waited before a latency breach.
-- episodes: those that the breaches belong to.
with in_force as (
    select c.*
    from policy_classes as c
    inner join policies as p on c.policy_id = p.policy_id and c.version = p.version
    where
        p.status = 'active' and p.effective_from <= $as_of and (p.effective_to is null or p.effective_to > $as_of)
        and c.latency_limit_s is not null
)

select
    c.policy_id, c.version as policy_version, c.class_id as workflow_class, c.risk, c.latency_limit_s, c.latency_path,
    cast(r.started_at as date) as day,
    list(round(r.duration_ms / 1000.0, 1)) filter (where r.served_by = 'preferred' and r.first_cause is null
        and r.duration_ms is not null) as answer_s,
    list(round(r.added_latency_ms / 1000.0, 1)) filter (where r.first_cause = 'latency_breach'
        and r.added_latency_ms > 500 * c.latency_limit_s) as cut_s,
    list(distinct e.episode_id) filter (where e.episode_id is not null) as episodes
from requests as r
inner join in_force as c on c.policy_id = r.policy_id and c.class_id = r.workflow_class
left join fallback_events as e on e.request_id = r.request_id and e.cause = 'latency_breach'
where r.started_at >= $from_at and r.started_at <= $as_of
group by all
order by c.policy_id, c.class_id, day
