-- One row: one workflow, class, risk and UTC day on which a substitute answered without any sign to the user: downgrades,
-- and upgrades among them.
-- Reads: fallback_events, policy_classes, of all time: a streak may have begun before the window of decisions.
-- Bound: $as_of inclusive.
-- Risk is that of the class in the version that judged the event; NULL where no class matched.
with silent as (
    select e.*, c.risk, c.path
    from fallback_events as e
    left join policy_classes as c
        on e.policy_id = c.policy_id and e.policy_version = c.version and e.workflow_class = c.class_id
    where e.is_silent and e.occurred_at <= $as_of
)

select
    workflow,
    workflow_class,
    risk,
    date_trunc('day', occurred_at) as day_at,
    count(*) as request_count,
    count(*) filter (where list_contains(verdict_reasons, 'silent_upgrade')) as upgrade_count,
    min(occurred_at) as first_at,
    max(occurred_at) as last_at,
    arg_min(request_id, struct_pack(at := occurred_at, id := request_id)) as first_request_id,
    arg_max(request_id, struct_pack(at := occurred_at, id := request_id)) as last_request_id,
    list_sort(list(distinct served_model)) as served_models,
    list_sort(list_distinct(flatten(list(list_filter(verdict_reasons, lambda x: not starts_with(x, 'silent_'))))))
        as reasons,
    arg_max(policy_id, policy_version) as policy_id,
    max(policy_version) as policy_version,
    arg_max(path, policy_version) as policy_path
from silent
group by workflow, workflow_class, risk, date_trunc('day', occurred_at)
order by day_at, workflow, workflow_class, risk
