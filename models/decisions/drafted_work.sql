-- One row: one workflow of a class in force, with its runs that a person had to let go, beside the whole class.
-- Reads: runs, requests (of the window only), policies, policy_classes. Bound: $from_at inclusive, $as_of inclusive.
-- reviewed_count: runs under mandatory review: what is always let go by a person is a draft. off_count: requests of the
-- workflow that a substitute answered or that were held.
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

asked as (
    select
        policy_id, workflow_class, workflow, count(*) as request_count,
        count(*) filter (where served_by in ('substitute', 'hold', 'manual')) as off_count
    from requests
    where started_at >= $from_at and started_at <= $as_of
    group by policy_id, workflow_class, workflow
)

select
    c.policy_id, c.version as policy_version, c.class_id as workflow_class, c.stage, c.risk, c.boundary, c.path as class_path,
    w.workflow, w.run_count, w.reviewed_count, a.request_count, a.off_count
from in_force as c
inner join worked as w on w.workflow_class = c.class_id
inner join asked as a on a.policy_id = c.policy_id and a.workflow_class = c.class_id and a.workflow = w.workflow
order by c.policy_id, c.class_id, w.workflow
