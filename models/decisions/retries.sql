-- One row: one class in force: what retries on the preferred model gave, and whether its failures passed within seconds.
-- Reads: requests (of the window only), policies, policy_classes. Bound: $from_at inclusive, $as_of inclusive.
-- passed_count: failures without a retry after which the workflow's next call to the model, within 5 s, was answered; of
-- followed_count, those after which there was one.
with in_force as (
    select c.*
    from policy_classes as c
    inner join policies as p on c.policy_id = p.policy_id and c.version = p.version
    where p.status = 'active' and p.effective_from <= $as_of and (p.effective_to is null or p.effective_to > $as_of)
),

calls as (
    select
        r.policy_id, r.workflow_class, r.preferred_model, r.started_at, r.ended_at, r.retry_count, r.served_by,
        r.is_fallback or r.served_by = 'nobody' as has_left,
        r.first_cause in ('provider_throttled', 'provider_outage') as is_counted,
        lead(r.served_by) over later as next_by,
        lead(r.started_at) over later as next_at,
        coalesce(list_contains(r.chain, r.preferred_model), false) as is_tried
    from requests as r
    where r.started_at >= $from_at and r.started_at <= $as_of and list_contains(r.chain, r.preferred_model)
        and coalesce(r.detection <> 'preemptive', true)
    window later as (partition by r.workflow, r.preferred_model order by r.started_at, r.request_id)
)

select
    c.policy_id, c.version as policy_version, c.class_id as workflow_class, c.attempt_limit, c.path as class_path,
    count(*) as request_count,
    count(*) filter (where r.retry_count > 0) as retried_count,
    count(*) filter (where r.retry_count > 0 and r.served_by = 'preferred') as rescued_count,
    count(distinct cast(r.started_at as date)) filter (where r.retry_count > 0) as day_count,
    count(*) filter (where r.has_left and r.is_counted and r.retry_count = 0) as left_count,
    count(*) filter (where r.has_left and r.is_counted and r.retry_count = 0
        and r.next_at - r.started_at <= to_seconds(5)) as followed_count,
    count(*) filter (where r.has_left and r.is_counted and r.retry_count = 0
        and r.next_at - r.started_at <= to_seconds(5) and r.next_by = 'preferred') as passed_count
from calls as r
inner join in_force as c on c.policy_id = r.policy_id and c.class_id = r.workflow_class
group by all
order by c.policy_id, c.class_id
