-- One row: one request that left its preferred model without a failure of its own, soon after another request of its
-- class had failed there: within the cooldown that the class declares.
-- Reads: requests, policy_classes. Bound: $from_at inclusive, $to_at exclusive, on the start of the request.
-- What failed yesterday explains nothing today, so that every day judges alone.
with told as (
    select
        r.request_id,
        r.started_at,
        c.cooldown_s,
        r.is_fallback and r.first_cause is null as is_unexplained,
        max(
            case when r.first_cause is not null and list_contains(r.chain, r.preferred_model)
                then coalesce(r.ended_at, r.started_at) end
        ) over (
            partition by r.policy_id, r.workflow_class, r.preferred_model, cast(r.started_at as date)
            order by r.started_at, r.request_id
            rows between unbounded preceding and 1 preceding
        ) as failed_at
    from requests as r
    inner join policy_classes as c
        on r.policy_id = c.policy_id and r.policy_version = c.version and r.workflow_class = c.class_id
    where
        r.started_at >= $from_at and r.started_at < $to_at
        and c.cooldown_s > 0 and (r.is_fallback or r.first_cause is not null)
)

select request_id
from told
where is_unexplained and started_at <= failed_at + to_seconds(cooldown_s)
