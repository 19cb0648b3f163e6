-- One row per workflow class and metric with an attribution window of its own, and one per metric for all others
-- (workflow_class NULL): `$rework_s`, `$review_s`, `$downstream_error_s`. Reads policies, policy_classes.
--
-- A class that several versions name takes the window of the active version that took effect last.
with versions as (
    select classes.class_id, classes.rework_window_s, classes.review_window_s, classes.error_window_s
    from policy_classes as classes
    inner join policies using (policy_id, version)
    where policies.status = 'active'
    qualify row_number() over (
        partition by classes.class_id
        order by policies.effective_from desc, classes.version desc, classes.policy_id
    ) = 1
),

windows as (
    select cast(null as varchar) as workflow_class, 'rework' as metric, cast($rework_s as double) as window_s
    union all
    select null, 'override', $review_s
    union all
    select null, 'downstream_error', $downstream_error_s
    union all
    select class_id, 'rework', rework_window_s from versions
    union all
    select class_id, 'override', review_window_s from versions
    union all
    select class_id, 'downstream_error', error_window_s from versions
)

select workflow_class, metric, window_s from windows where window_s is not null
