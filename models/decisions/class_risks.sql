-- One row: one class in force with what its requests did in the window: what may be asked of a class by its risk, by
-- its cost ceiling and by what it fails together with.
-- Reads: requests, fallback_events (of the window only), policies, policy_classes, policy_substitutes,
-- episodes. Bound: $from_at inclusive, $as_of inclusive.
-- n2, n3, x2, xn: sums over its days, n its requests and x those that a substitute answered.
-- failed_episode_count: episodes within which its failures fall. spare_target: the model of another failure domain that
-- other classes of the policy name most, as preferred or substitute.
with in_force as (
    select c.*
    from policy_classes as c
    inner join policies as p on c.policy_id = p.policy_id and c.version = p.version
    where p.status = 'active' and p.effective_from <= $as_of and (p.effective_to is null or p.effective_to > $as_of)
),

by_day as (
    select
        policy_id, workflow_class, workflow, cast(started_at as date) as day, count(*) as request_count,
        count(*) filter (where served_by = 'substitute') as substituted_count,
        count(*) filter (where served_by = 'nobody') as unserved_count,
        count(*) filter (where served_by = 'nobody' and first_cause in ('provider_outage', 'provider_throttled')) as failed_count,
        count(*) filter (where first_cause = 'cost_ceiling') as capped_count,
        count(*) filter (where first_cause = 'cost_ceiling' and served_by = 'substitute') as ceiling_count,
        sum(cost_usd) filter (where served_by = 'preferred') as preferred_usd,
        count(cost_usd) filter (where served_by = 'preferred') as preferred_count,
        sum(cost_usd) filter (where first_cause = 'cost_ceiling' and served_by = 'substitute') as ceiling_usd,
        count(cost_usd) filter (where first_cause = 'cost_ceiling' and served_by = 'substitute') as ceiling_costed_count
    from requests
    where started_at >= $from_at and started_at <= $as_of
    group by policy_id, workflow_class, workflow, cast(started_at as date)
),

used as (
    select
        policy_id, workflow_class, cast(sum(request_count) as bigint) as request_count,
        cast(sum(substituted_count) as bigint) as substituted_count,
        cast(sum(ceiling_count) as bigint) as ceiling_count,
        cast(sum(failed_count) as bigint) as failed_count,
        count(distinct day) filter (where unserved_count > 0) as failed_day_count,
        count(distinct day) filter (where capped_count > 0) as ceiling_day_count,
        sum(preferred_usd) / nullif(sum(preferred_count), 0) as preferred_cost_usd,
        sum(ceiling_usd) / nullif(sum(ceiling_costed_count), 0) as ceiling_cost_usd,
        count(distinct workflow) as workflow_count
    from by_day
    group by policy_id, workflow_class
),

busiest as (
    select policy_id, workflow_class, workflow
    from by_day
    where workflow is not null
    group by policy_id, workflow_class, workflow
    qualify row_number() over (partition by policy_id, workflow_class order by sum(request_count) desc, workflow) = 1
),

days as (
    select
        policy_id, workflow_class, cast(sum(request_count) as double) as n, cast(sum(substituted_count) as double) as x
    from by_day
    group by policy_id, workflow_class, day
),

sums as (
    select policy_id, workflow_class, sum(n * n) as n2, sum(n * n * n) as n3, sum(x * x) as x2, sum(x * n) as xn
    from days
    group by policy_id, workflow_class
),

off_lane as (
    select policy_id, workflow_class, count(distinct episode_id) as episode_count from fallback_events
    where occurred_at >= $from_at and occurred_at <= $as_of
    group by policy_id, workflow_class
),

failing as (
    select r.policy_id, r.workflow_class, count(distinct e.episode_id) as failed_episode_count
    from requests as r
    inner join episodes as e
        on e.workflow is not distinct from r.workflow and e.preferred_model is not distinct from r.preferred_model
        and r.started_at between e.opened_at and coalesce(e.recovered_at, e.last_seen_at)
    where
        r.started_at >= $from_at and r.started_at <= $as_of and r.served_by = 'nobody'
        and r.first_cause in ('provider_outage', 'provider_throttled')
    group by r.policy_id, r.workflow_class
),

named as (
    select policy_id, version, class_id, target, failure_domain from policy_substitutes
    where target_kind = 'model' and activation <> 'forbidden' and not is_target_denied and failure_domain is not null
    union all
    select policy_id, version, class_id, preferred_models[1] as target, failure_domain from policy_classes
    where failure_domain is not null
),

namings as (
    select
        *, count(*) over (partition by policy_id, version, target) as naming_count
    from named
),

spare as (
    select c.policy_id, c.class_id, arg_max(n.target, struct_pack(n := n.naming_count, t := n.target)) as spare_target
    from in_force as c
    inner join namings as n
        on n.policy_id = c.policy_id and n.version = c.version and n.class_id <> c.class_id
        and n.failure_domain is distinct from c.failure_domain and not list_contains(c.preferred_models, n.target)
    group by c.policy_id, c.class_id
),

stand_ins as (
    select
        policy_id, version, class_id, count(*) as model_count,
        cast(sum(case when activation = 'automatic' then 1 else 0 end) as bigint) as automatic_count,
        count(distinct failure_domain) as domain_count, min(failure_domain) as a_domain,
        count(*) filter (where failure_domain is null) as unknown_domain_count,
        arg_min(path, position) filter (where activation = 'automatic') as first_path,
        arg_min(target, position) filter (where activation = 'automatic') as first_target
    from policy_substitutes
    where target_kind = 'model' and activation <> 'forbidden'
    group by policy_id, version, class_id
)

select
    c.policy_id, c.version as policy_version, c.class_id as workflow_class, c.stage, c.risk, c.boundary, c.path as class_path,
    c.ceiling_usd, c.ceiling_period_s, c.ceiling_path, c.failure_domain, u.* exclude (policy_id, workflow_class), b.workflow,
    d.n2, d.n3, d.x2, d.xn, coalesce(o.episode_count, 0) as episode_count,
    coalesce(s.model_count, 0) as model_count, coalesce(s.automatic_count, 0) as automatic_count,
    coalesce(s.domain_count, 0) as domain_count, s.a_domain, coalesce(s.unknown_domain_count, 0) as unknown_domain_count,
    s.first_path, s.first_target, coalesce(f.failed_episode_count, 0) as failed_episode_count, m.spare_target
from in_force as c
inner join used as u on u.policy_id = c.policy_id and u.workflow_class = c.class_id
left join busiest as b on b.policy_id = c.policy_id and b.workflow_class = c.class_id
inner join sums as d on d.policy_id = c.policy_id and d.workflow_class = c.class_id
left join off_lane as o on o.policy_id = c.policy_id and o.workflow_class = c.class_id
left join failing as f on f.policy_id = c.policy_id and f.workflow_class = c.class_id
left join spare as m on m.policy_id = c.policy_id and m.class_id = c.class_id
left join stand_ins as s on s.policy_id = c.policy_id and s.version = c.version and s.class_id = c.class_id
order by c.policy_id, c.class_id
