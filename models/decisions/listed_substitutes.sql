-- One row: one model substitute of the version in force and one workflow that it served, with its share of that
-- workflow's substituted requests: a workflow's effect speaks of one substitute only where that one served nearly all.
-- model_share: the class's part of all that the model answered as a substitute.
-- Reads: fallback_events, policies, policy_classes, policy_substitutes. Bound: $as_of inclusive.
with used as (
    select
        policy_id,
        workflow_class,
        workflow,
        served_model,
        count(*) as request_count,
        cast(count(*) as double) / sum(count(*)) over (partition by workflow) as workflow_share,
        sum(count(*)) over (partition by policy_id, workflow_class, served_model)
        / sum(count(*)) over (partition by served_model) as model_share
    from fallback_events
    where served_by = 'substitute' and occurred_at <= $as_of
    group by policy_id, workflow_class, workflow, served_model
)

select
    s.policy_id,
    s.version as policy_version,
    s.class_id as workflow_class,
    s.target,
    s.activation,
    s.expires_at,
    s.path as substitute_path,
    c.risk,
    c.boundary,
    u.workflow,
    u.request_count,
    u.workflow_share,
    u.model_share
from policy_substitutes as s
inner join policies as p on s.policy_id = p.policy_id and s.version = p.version
inner join policy_classes as c on s.policy_id = c.policy_id and s.version = c.version and s.class_id = c.class_id
inner join used as u on s.policy_id = u.policy_id and s.class_id = u.workflow_class and s.target = u.served_model
where
    s.target_kind = 'model' and p.status = 'active'
    and p.effective_from <= $as_of and (p.effective_to is null or p.effective_to > $as_of)
qualify row_number() over (partition by s.policy_id, s.class_id, s.target, u.workflow order by s.version desc, s.position) = 1
order by s.policy_id, s.class_id, s.position, u.workflow
