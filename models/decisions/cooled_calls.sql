-- One row: one call of a class with a cooldown, within the time after a failure of its preferred model that any cooldown
-- considered reaches; the oldest first.
-- Reads: requests (of the window only), policies, policy_classes. Bound: $from_at, $as_of inclusive, $reach_s.
-- Most calls are far from any failure: slots as long as that reach take them out before calls are put in their order.
with in_force as (
    select c.*
    from policy_classes as c
    inner join policies as p on c.policy_id = p.policy_id and c.version = p.version
    where
        p.status = 'active' and p.effective_from <= $as_of and (p.effective_to is null or p.effective_to > $as_of)
        and c.cooldown_s > 0
),

asked as (
    select
        r.*, epoch_us(r.started_at) // (1000000 * cast($reach_s as bigint)) as slot,
        case
            when (r.is_fallback or r.served_by = 'nobody')
                and r.first_cause in ('provider_throttled', 'provider_outage', 'latency_breach') then r.first_cause
        end as cause
    from requests as r
    where r.started_at >= $from_at and r.started_at <= $as_of and r.preferred_model is not null
),

near as (
    select distinct policy_id, workflow_class, preferred_model, unnest([slot, slot + 1]) as slot
    from asked
    where cause is not null
),

calls as (
    select
        r.policy_id, c.version as policy_version, r.workflow_class, c.cooldown_s,
        c.cooldown_failures, c.cooldown_window_s, c.path as class_path, r.preferred_model,
        r.request_id, r.started_at, r.added_latency_ms, e.episode_id,
        coalesce(list_contains(r.chain, r.preferred_model), false) and coalesce(r.detection <> 'preemptive', true) as is_tried,
        r.cause
    from asked as r
    semi join near as n
        on r.policy_id = n.policy_id and r.workflow_class = n.workflow_class and r.preferred_model = n.preferred_model
        and r.slot = n.slot
    inner join in_force as c on c.policy_id = r.policy_id and c.class_id = r.workflow_class
    left join fallback_events as e on e.request_id = r.request_id
)

select *
from calls
qualify
    started_at - max(case when cause is not null then started_at end) over (
        partition by policy_id, workflow_class, preferred_model order by started_at, request_id
    ) <= to_seconds($reach_s)
order by policy_id, workflow_class, preferred_model, started_at, request_id
