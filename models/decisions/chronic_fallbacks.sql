-- One row: one workflow in the window: its fallbacks, sums over its hours for the interval, its main cause family.
-- Reads: requests, fallback_events (of the window only), cause_families, policies, policy_classes, policy_substitutes. Bound: $from_at, $as_of inclusive.
-- expected_count: fallbacks if it had fallen back as often as the other workflows of the same preferred model did in the
-- same hours; NULL where it had no company. comparable_count: its own fallbacks in those hours.
-- is_approved: its main substitute is listed for the class, and that approval runs; class_request_count: of all workflows.
with seen as (
    select
        r.workflow, r.workflow_class, r.policy_id, r.preferred_model, r.served_model,
        date_trunc('hour', r.started_at) as hour_at,
        case when r.is_fallback then 1 else 0 end as is_off,
        case when r.is_fallback then f.family end as family
    from requests as r
    left join cause_families as f on f.cause = coalesce(r.first_cause, 'unknown')
    where r.started_at >= $from_at and r.started_at <= $as_of and r.workflow is not null and r.is_fallback is not null
),

hours as (
    select workflow, hour_at, cast(count(*) as double) as n, cast(sum(is_off) as double) as x from seen group by workflow, hour_at
),

sums as (
    select
        workflow, cast(sum(n) as bigint) as request_count, cast(sum(x) as bigint) as fallback_count, sum(n * n) as n2, sum(n * n * n) as n3,
        sum(x * x) as x2, sum(x * n) as xn, count(distinct case when x > 0 then cast(hour_at as date) end) as day_count
    from hours
    group by workflow
),

company as (
    select
        workflow, cast(count(*) as double) as n, cast(sum(is_off) as double) as x,
        cast(sum(count(*)) over (partition by preferred_model, hour_at) as double) - n as other_n,
        cast(sum(sum(is_off)) over (partition by preferred_model, hour_at) as double) - x as other_x
    from seen
    where preferred_model is not null
    group by workflow, preferred_model, hour_at
),

expected as (
    select workflow, sum(n * other_x / other_n) as expected_count, cast(sum(x) as bigint) as comparable_count
    from company
    where other_n > 0
    group by workflow
),

families as (
    select workflow, family, count(*) as family_count from seen where is_off = 1 group by workflow, family
    qualify row_number() over (partition by workflow order by count(*) desc, family) = 1
),

places as (
    select workflow, policy_id, workflow_class from seen where workflow_class is not null
    group by workflow, policy_id, workflow_class
    qualify row_number() over (partition by workflow order by count(*) desc, policy_id, workflow_class) = 1
),

off_lane as (
    select workflow, count(distinct episode_id) as episode_count from fallback_events
    where occurred_at >= $from_at and occurred_at <= $as_of
    group by workflow
),

class_sizes as (
    select policy_id, workflow_class, count(*) as class_request_count from seen group by policy_id, workflow_class
),

stand_ins as (
    select workflow, preferred_model, served_model, count(*) as served_count from seen where is_off = 1
    group by workflow, preferred_model, served_model
    qualify row_number() over (partition by workflow order by count(*) desc, preferred_model, served_model) = 1
)

select
    s.*, o.episode_count, e.expected_count, e.comparable_count, f.family, f.family_count, t.preferred_model, t.served_model, t.served_count,
    l.policy_id, l.workflow_class, c.version as policy_version, c.risk, c.path as class_path, k.class_request_count,
    coalesce(b.approved_by is not null and b.approved_at is not null and b.activation <> 'forbidden'
        and not b.is_target_denied and (b.expires_at is null or b.expires_at > $as_of), false) as is_approved
from sums as s
inner join families as f on s.workflow = f.workflow
inner join stand_ins as t on s.workflow = t.workflow
left join off_lane as o on s.workflow = o.workflow
left join expected as e on s.workflow = e.workflow
left join places as l on s.workflow = l.workflow
left join policies as p on l.policy_id = p.policy_id and p.status = 'active' and p.effective_from <= $as_of
    and (p.effective_to is null or p.effective_to > $as_of)
left join policy_classes as c on p.policy_id = c.policy_id and p.version = c.version and l.workflow_class = c.class_id
left join class_sizes as k on l.policy_id = k.policy_id and l.workflow_class = k.workflow_class
left join policy_substitutes as b
    on c.policy_id = b.policy_id and c.version = b.version and c.class_id = b.class_id and b.target_kind = 'model'
    and t.served_model = b.target
order by s.workflow
