-- One row: one class in force and one cause that pushed its requests off the preferred model in the window, with what
-- the class says of that cause.
-- Reads: requests, fallback_events, unanswered_requests (of the window only), policies, policy_classes,
-- policy_substitutes. Bound: $from_at inclusive, $as_of inclusive.
-- n2, n3, x2, xn: sums over the days of the class, n its requests and x those that the cause pushed off.
-- substitute_count: model substitutes that may come into use by themselves for that cause.
-- spare_target: the automatic model substitute of other classes of the policy used most, outside the failure domain.
with in_force as (
    select c.*
    from policy_classes as c
    inner join policies as p on c.policy_id = p.policy_id and c.version = p.version
    where p.status = 'active' and p.effective_from <= $as_of and (p.effective_to is null or p.effective_to > $as_of)
),

left_lane as (
    select policy_id, workflow_class, workflow, cause, occurred_at, served_by, verdict_reasons, episode_id
    from fallback_events
    where occurred_at >= $from_at and occurred_at <= $as_of
    union all
    select policy_id, workflow_class, workflow, cause, occurred_at, 'nobody' as served_by, verdict_reasons, null as episode_id
    from unanswered_requests
    where occurred_at >= $from_at and occurred_at <= $as_of
),

counted as (
    select
        policy_id, workflow_class, cause, count(*) as request_count,
        cast(sum(case when served_by = 'nobody' then 1 else 0 end) as bigint) as failed_count,
        cast(sum(case when served_by in ('hold', 'manual') then 1 else 0 end) as bigint) as held_count,
        cast(sum(case when list_contains(verdict_reasons, 'trigger_not_allowed') then 1 else 0 end) as bigint)
            as refused_count,
        count(distinct cast(occurred_at as date)) as day_count,
        count(distinct episode_id) as episode_count,
        list_sort(list(distinct workflow)) as workflows
    from left_lane
    where workflow_class is not null
    group by policy_id, workflow_class, cause
),

left_days as (
    select policy_id, workflow_class, cause, cast(occurred_at as date) as day, cast(count(*) as double) as x
    from left_lane
    group by policy_id, workflow_class, cause, cast(occurred_at as date)
),

asked_days as (
    select policy_id, workflow_class, cast(started_at as date) as day, cast(count(*) as double) as n
    from requests
    where started_at >= $from_at and started_at <= $as_of
    group by policy_id, workflow_class, cast(started_at as date)
),

asked as (
    select
        policy_id, workflow_class, cast(sum(n) as bigint) as class_request_count, sum(n * n) as n2, sum(n * n * n) as n3
    from asked_days
    group by policy_id, workflow_class
),

together as (
    select l.policy_id, l.workflow_class, l.cause, sum(l.x * l.x) as x2, sum(l.x * a.n) as xn
    from left_days as l
    inner join asked_days as a
        on l.policy_id = a.policy_id and l.workflow_class = a.workflow_class and l.day = a.day
    group by l.policy_id, l.workflow_class, l.cause
),

listed as (
    select policy_id, version, class_id, unnest(triggers) as cause from policy_substitutes
    where target_kind = 'model' and activation = 'automatic' and not is_target_denied
        and (expires_at is null or expires_at > $as_of)
),

spare as (
    select s.policy_id, s.version, s.class_id as of_class, s.target, s.failure_domain, count(*) over (
        partition by s.policy_id, s.version, s.target
    ) as listing_count
    from policy_substitutes as s
    where s.target_kind = 'model' and s.activation = 'automatic' and not s.is_target_denied
        and (s.expires_at is null or s.expires_at > $as_of)
),

offered as (
    select c.policy_id, c.version, c.class_id, arg_max(s.target, struct_pack(n := s.listing_count, t := s.target)) as target
    from in_force as c
    inner join spare as s on s.policy_id = c.policy_id and s.version = c.version and s.of_class <> c.class_id
    where
        not list_contains(c.preferred_models, s.target) and s.failure_domain is distinct from c.failure_domain
        and not exists (
            select 1 from policy_substitutes as own
            where own.policy_id = c.policy_id and own.version = c.version and own.class_id = c.class_id
                and own.target = s.target
        )
    group by c.policy_id, c.version, c.class_id
)

select
    n.*, a.class_request_count, a.n2, a.n3, coalesce(t.x2, 0) as x2, coalesce(t.xn, 0) as xn,
    c.version as policy_version, c.risk, c.stage, c.boundary, c.triggers, c.path as class_path,
    c.failure_domain, o.target as spare_target,
    (
        select count(*) from listed as l
        where l.policy_id = c.policy_id and l.version = c.version and l.class_id = c.class_id and l.cause = n.cause
    ) as substitute_count
from counted as n
inner join in_force as c on c.policy_id = n.policy_id and c.class_id = n.workflow_class
inner join asked as a on a.policy_id = n.policy_id and a.workflow_class = n.workflow_class
left join together as t
    on t.policy_id = n.policy_id and t.workflow_class = n.workflow_class and t.cause is not distinct from n.cause
left join offered as o on o.policy_id = c.policy_id and o.version = c.version and o.class_id = c.class_id
qualify row_number() over (partition by n.policy_id, n.workflow_class, n.cause order by c.version desc) = 1
order by n.policy_id, n.workflow_class, n.cause
