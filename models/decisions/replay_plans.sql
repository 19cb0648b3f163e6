-- One row: one request of the stretch with the lane that a policy asks for, given what the log tells of the call.
-- Reads: requests, policies, policy_classes, policy_substitutes, cooling (the requests that a cooldown, or a trigger over
-- a window, keeps off the preferred model, with the cause that opened it, and whether that is certain), doubts (the
-- requests whose first answer the policy sets aside, or lets stand, otherwise than it was logged; NULL: not told which).
-- Bound: $from_at inclusive, $to_at exclusive.
-- need: why the preferred model may not answer; NULL where it may. A model that failed in the log is not asked again.
-- let stand: that model answered, the gateway doubted the answer and asked another, and the policy would not have.
-- untried: the policy prefers a model that this call never tried, and nothing of the log speaks against it.
with asked as (
    select
        r.*,
        c.class_id, c.boundary, c.preferred_models, c.path as class_path, p.undeclared_workflow,
        c.latency_limit_s as latency_s, c.attempt_limit, c.ceiling_usd,
        k.cause as cooling_cause, coalesce(not k.is_certain, false) as is_maybe,
        d.request_id is not null as is_doubted, d.is_set_aside,
        coalesce(list_contains(r.chain, r.preferred_model), false) as is_tried,
        coalesce(r.is_fallback, false) or r.served_by = 'nobody' as has_left,
        sum(r.cost_usd) over (
            partition by r.policy_id, r.policy_version, r.workflow_class, floor(epoch(r.started_at) / c.ceiling_period_s)
            order by r.started_at, r.request_id rows between unbounded preceding and 1 preceding
        ) as spent_usd
    from requests as r
    left join policies as p on p.policy_id = r.policy_id and p.version = r.policy_version
    left join policy_classes as c
        on c.policy_id = r.policy_id and c.version = r.policy_version and c.class_id = r.workflow_class
    left join cooling as k on k.request_id = r.request_id
    left join doubts as d on d.request_id = r.request_id
    where r.started_at >= $from_at and r.started_at < $to_at
),

needed as (
    select
        *,
        has_left and not is_tried and first_cause is null and served_model = chain[1] and len(chain) = 1
        and not coalesce(list_contains(preferred_models, served_model), false) and detection = 'preemptive' as is_untried,
        case
            when class_id is null then null
            when cooling_cause is not null and not (is_maybe and has_left) then cooling_cause
            when has_left and is_doubted and not is_set_aside then null
            when has_left then coalesce(first_cause, 'unknown')
            when duration_ms > 1000 * latency_s then 'latency_breach'
            when retry_count >= attempt_limit then coalesce(first_cause, 'unknown')
            when spent_usd >= ceiling_usd then 'cost_ceiling'
            when is_doubted and coalesce(is_set_aside, true) then 'low_confidence'
        end as need
    from asked
),

doubtful as (
    select
        *,
        is_doubted and not has_left and cooling_cause is null and coalesce(need = 'low_confidence', false) as is_doubtful
    from needed
),

allowed as (
    select
        n.request_id,
        arg_min(s.target_kind, s.position) as kind,
        arg_min(s.target, s.position) as target,
        arg_min(s.activation, s.position) as activation
    from needed as n
    inner join policy_substitutes as s
        on s.policy_id = n.policy_id and s.version = n.policy_version and s.class_id = n.class_id
    where
        n.need is not null and s.activation <> 'forbidden' and not s.is_target_denied
        and (s.expires_at is null or s.expires_at > n.started_at)
        and (n.need = 'unknown' or list_contains(s.triggers, n.need) or (s.target_kind <> 'model' and len(s.triggers) = 0))
        and (s.target_kind <> 'model' or s.target is not distinct from n.served_model or not list_contains(n.chain, s.target))
    group by n.request_id
)

select
    n.request_id, n.started_at, n.policy_id, n.policy_version, n.class_id, n.workflow, n.preferred_model, n.served_by,
    n.served_model, n.is_fallback, n.first_cause, n.detection, n.duration_ms, n.added_latency_ms, n.retry_count,
    n.cost_usd, n.latency_s, n.attempt_limit, n.ceiling_usd, n.is_tried,
    n.cooling_cause is not null as is_cooling,
    (n.is_maybe or (n.is_doubtful and n.is_set_aside is null)) and not n.has_left as is_maybe,
    n.has_left and n.is_doubted and n.need is null and n.class_id is not null as is_let_stand,
    n.has_left and n.is_doubted and n.is_set_aside is null and n.cooling_cause is null as is_perhaps_let_stand,
    n.is_doubtful as is_answered,
    case when not n.is_untried then n.need end as need,
    case
        when n.class_id is null then coalesce(n.undeclared_workflow, 'unruled')
        when n.need is null or n.is_untried then 'preferred'
        when a.activation = 'on_approval' and a.kind = 'model' then 'review'
        when a.kind = 'model' then 'substitute'
        when a.kind is not null then a.kind
        when n.boundary = 'pause' then 'hold'
        when n.boundary = 'escalate' then 'manual'
        when n.boundary = 'human_review' then 'review'
        else 'degrade'
    end as lane,
    case
        when n.class_id is null then null
        when n.need is null or n.is_untried
            then case when list_contains(n.preferred_models, n.served_model) then n.served_model else n.preferred_model end
        when a.kind = 'model' then a.target
    end as target
from doubtful as n
left join allowed as a on a.request_id = n.request_id
