-- One row: one class and model that served it without approval, beside what the version in force now says of that model.
-- Reads: fallback_events, requests (of the window only), policies, policy_classes, policy_substitutes.
-- Bound: $from_at inclusive, $as_of inclusive.
-- n2, n3, x2, xn: sums over the days of the class, n its requests and x those that the model served so.
with in_force as (
    select c.*
    from policy_classes as c
    inner join policies as p on c.policy_id = p.policy_id and c.version = p.version
    where p.status = 'active' and p.effective_from <= $as_of and (p.effective_to is null or p.effective_to > $as_of)
),

used as (
    select
        policy_id,
        workflow_class,
        served_model,
        count(*) as request_count,
        cast(sum(case when is_silent then 1 else 0 end) as bigint) as silent_count,
        count(distinct cast(occurred_at as date)) as day_count,
        count(distinct episode_id) as episode_count,
        min(occurred_at) as first_at,
        max(occurred_at) as last_at,
        arg_min(request_id, struct_pack(at := occurred_at, id := request_id)) as first_request_id,
        list_sort(list(distinct workflow)) as workflows,
        list_sort(list(distinct cause)) as causes,
        list_sort(list_distinct(flatten(list(verdict_reasons)))) as reasons
    from fallback_events
    where
        occurred_at >= $from_at and occurred_at <= $as_of and served_by = 'substitute' and served_model is not null
        and list_has_any(verdict_reasons, ['unapproved_substitute', 'approval_expired', 'boundary_breached'])
    group by policy_id, workflow_class, served_model
),

used_days as (
    select policy_id, workflow_class, served_model, cast(occurred_at as date) as day, cast(count(*) as double) as x
    from fallback_events
    where
        occurred_at >= $from_at and occurred_at <= $as_of and served_by = 'substitute'
        and list_has_any(verdict_reasons, ['unapproved_substitute', 'approval_expired', 'boundary_breached'])
    group by policy_id, workflow_class, served_model, cast(occurred_at as date)
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
    select u.policy_id, u.workflow_class, u.served_model, sum(u.x * u.x) as x2, sum(u.x * a.n) as xn
    from used_days as u
    inner join asked_days as a
        on u.policy_id = a.policy_id and u.workflow_class = a.workflow_class and u.day = a.day
    group by u.policy_id, u.workflow_class, u.served_model
)

select
    u.*,
    a.class_request_count,
    a.n2,
    a.n3,
    coalesce(t.x2, 0) as x2,
    coalesce(t.xn, 0) as xn,
    c.version as policy_version,
    c.risk,
    c.boundary,
    c.preferred_models,
    c.path as class_path,
    s.path as substitute_path,
    s.expires_at,
    coalesce(s.is_target_denied, false) as is_target_denied
from used as u
inner join in_force as c on u.policy_id = c.policy_id and u.workflow_class = c.class_id
inner join asked as a on u.policy_id = a.policy_id and u.workflow_class = a.workflow_class
left join together as t
    on u.policy_id = t.policy_id and u.workflow_class = t.workflow_class and u.served_model = t.served_model
left join policy_substitutes as s
    on c.policy_id = s.policy_id and c.version = s.version and c.class_id = s.class_id
    and s.target_kind = 'model' and u.served_model = s.target
qualify row_number() over (partition by u.policy_id, u.workflow_class, u.served_model order by c.version desc, s.position) = 1
order by u.policy_id, u.workflow_class, u.served_model
