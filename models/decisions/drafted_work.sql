-- One row: one workflow of a class in force, with its runs that a person had to let go, beside the whole class.
-- Reads: runs, requests, fallback_events (of the window only), policies, policy_classes. Bound: $from_at inclusive, $as_of inclusive.
-- reviewed_count: runs under mandatory review: what is always let go by a person is a draft. off_count: requests of the
-- workflow that a substitute answered or that were held. n2, n3, x2, xn: sums over its days, x those requests.
with in_force as (
    select c.*
    from policy_classes as c
    inner join policies as p on c.policy_id = p.policy_id and c.version = p.version
    where p.status = 'active' and p.effective_from <= $as_of and (p.effective_to is null or p.effective_to > $as_of)
),

worked as (
    select
        workflow_class, workflow, count(*) as run_count,
        count(*) filter (where review_mode = 'mandatory') as reviewed_count
    from runs
    where started_at >= $from_at and started_at <= $as_of and workflow is not null
    group by workflow_class, workflow
),

asked_days as (
    select
        policy_id, workflow_class, workflow, cast(count(*) as double) as n,
        cast(count(*) filter (where served_by in ('substitute', 'hold', 'manual')) as double) as x
    from requests
    where started_at >= $from_at and started_at <= $as_of
    group by policy_id, workflow_class, workflow, cast(started_at as date)
),

asked as (
    select
        policy_id, workflow_class, workflow, cast(sum(n) as bigint) as request_count, cast(sum(x) as bigint) as off_count,
        sum(n * n) as n2, sum(n * n * n) as n3, sum(x * x) as x2, sum(x * n) as xn
    from asked_days
    group by policy_id, workflow_class, workflow
),

off_lane as (
    select policy_id, workflow_class, workflow, count(distinct episode_id) as episode_count from fallback_events
    where occurred_at >= $from_at and occurred_at <= $as_of
    group by policy_id, workflow_class, workflow
)

select
    c.policy_id, c.version as policy_version, c.class_id as workflow_class, c.stage, c.risk, c.boundary, c.path as class_path,
    w.workflow, w.run_count, w.reviewed_count, a.request_count, a.off_count, a.n2, a.n3, a.x2, a.xn,
    coalesce(o.episode_count, 0) as episode_count
from in_force as c
inner join worked as w on w.workflow_class = c.class_id
inner join asked as a on a.policy_id = c.policy_id and a.workflow_class = c.class_id and a.workflow = w.workflow
left join off_lane as o on o.policy_id = c.policy_id and o.workflow_class = c.class_id and o.workflow = w.workflow
order by c.policy_id, c.class_id, w.workflow
