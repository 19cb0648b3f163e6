-- One row: one class and model that served it without approval, beside what the version in force now says of that model.
-- Reads: fallback_events, requests (of the window only), policies, policy_classes, policy_substitutes.
-- Bound: $from_at inclusive, $as_of inclusive.
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

asked as (
    select policy_id, workflow_class, count(*) as class_request_count
    from requests
    where started_at >= $from_at and started_at <= $as_of
    group by policy_id, workflow_class
)

select
    u.*,
    a.class_request_count,
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
left join policy_substitutes as s
    on c.policy_id = s.policy_id and c.version = s.version and c.class_id = s.class_id
    and s.target_kind = 'model' and u.served_model = s.target
qualify row_number() over (partition by u.policy_id, u.workflow_class, u.served_model order by c.version desc, s.position) = 1
order by u.policy_id, u.workflow_class, u.served_model
