-- One row: one class in force: what retries on the preferred model gave, and whether its failures passed within seconds.
-- Reads: requests, fallback_events (of the window only), policies, policy_classes. Bound: $from_at inclusive, $as_of inclusive.
-- passed_count: failures without a retry after which the workflow's next call to the model, within 5 s, was answered; of
-- followed_count, those after which there was one. Only calls in the same 5 s as such a failure, or in the next, are put in
-- their order: no other can follow one so soon.
with in_force as (
    select c.*
    from policy_classes as c
    inner join policies as p on c.policy_id = p.policy_id and c.version = p.version
    where p.status = 'active' and p.effective_from <= $as_of and (p.effective_to is null or p.effective_to > $as_of)
),

calls as (
    select
        policy_id, workflow_class, workflow, preferred_model, started_at, request_id, retry_count, served_by,
        epoch_us(started_at) // 5000000 as slot,
        (is_fallback or served_by = 'nobody') and retry_count = 0
        and first_cause in ('provider_throttled', 'provider_outage') as is_failure
    from requests
    where started_at >= $from_at and started_at <= $as_of and list_contains(chain, preferred_model)
        and coalesce(detection <> 'preemptive', true)
),

counted as (
    select
        policy_id, workflow_class, count(*) as request_count,
        count(*) filter (where retry_count > 0) as retried_count,
        count(*) filter (where retry_count > 0 and served_by = 'preferred') as rescued_count,
        count(*) filter (where is_failure) as left_count
    from calls
    group by policy_id, workflow_class
),

retried as (
    select policy_id, workflow_class, count(distinct cast(started_at as date)) as day_count
    from calls
    where retry_count > 0
    group by policy_id, workflow_class
),

in_episodes as (
    select
        c.policy_id, c.workflow_class,
        count(distinct e.episode_id) filter (where c.retry_count > 0) as retried_episode_count,
        count(distinct e.episode_id) filter (where c.is_failure) as left_episode_count
    from calls as c
    inner join fallback_events as e on e.request_id = c.request_id
    where e.occurred_at >= $from_at and e.occurred_at <= $as_of and (c.retry_count > 0 or c.is_failure)
    group by c.policy_id, c.workflow_class
),

near as (
    select distinct workflow, preferred_model, unnest([slot, slot + 1]) as slot from calls where is_failure
),

followed as (
    select
        c.policy_id, c.workflow_class, c.is_failure,
        lead(c.served_by) over later as next_by,
        lead(c.started_at) over later - c.started_at <= to_seconds(5) as is_followed
    from calls as c
    semi join near as n
        on c.workflow is not distinct from n.workflow and c.preferred_model = n.preferred_model and c.slot = n.slot
    window later as (partition by c.workflow, c.preferred_model order by c.started_at, c.request_id)
),

passed as (
    select
        policy_id, workflow_class, count(*) filter (where is_followed) as followed_count,
        count(*) filter (where is_followed and next_by = 'preferred') as passed_count
    from followed
    where is_failure
    group by policy_id, workflow_class
)

select
    c.policy_id, c.version as policy_version, c.class_id as workflow_class, c.attempt_limit, c.path as class_path,
    n.request_count, n.retried_count, n.rescued_count, coalesce(r.day_count, 0) as day_count,
    n.left_count, coalesce(p.followed_count, 0) as followed_count, coalesce(p.passed_count, 0) as passed_count,
    coalesce(e.retried_episode_count, 0) as retried_episode_count, coalesce(e.left_episode_count, 0) as left_episode_count
from in_force as c
inner join counted as n on n.policy_id = c.policy_id and n.workflow_class = c.class_id
left join retried as r on r.policy_id = c.policy_id and r.workflow_class = c.class_id
left join in_episodes as e on e.policy_id = c.policy_id and e.workflow_class = c.class_id
left join passed as p on p.policy_id = c.policy_id and p.workflow_class = c.class_id
order by c.policy_id, c.class_id
