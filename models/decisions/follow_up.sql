-- One row: one day of a class or workflow, with the part of its requests that an accepted change was to lessen.
-- Reads: requests, fallback_events, unanswered_requests. Bound: $measure, $workflow_class, $workflow, $cause, $target (each
-- NULL for any), $from_at inclusive, $as_of inclusive. wait_s: part is seconds, whole is requests; of marks
-- and of retries, whole is what a substitute answered and what was retried.
with judged as (
    select request_id, verdict_reasons from fallback_events where occurred_at >= $from_at and occurred_at <= $as_of
    union all
    select request_id, verdict_reasons from unanswered_requests where occurred_at >= $from_at and occurred_at <= $as_of
),

seen as (
    select
        r.*, coalesce(j.verdict_reasons, []) as reasons,
        cast($cause as varchar) is null or coalesce(r.first_cause, 'unknown') = $cause as is_of_cause,
        cast($target as varchar) is null or r.served_model = $target as is_of_target,
        coalesce(list_contains(r.chain, r.preferred_model), false) and coalesce(r.detection <> 'preemptive', true) as is_tried
    from requests as r
    left join judged as j on j.request_id = r.request_id
    where
        r.started_at >= $from_at and r.started_at <= $as_of
        and (cast($workflow_class as varchar) is null or r.workflow_class = $workflow_class)
        and (cast($workflow as varchar) is null or r.workflow = $workflow)
)

select
    cast(started_at as date) as day,
    cast(sum(case $measure
        when 'unapproved_share' then case when is_of_target
            and list_has_any(reasons, ['unapproved_substitute', 'approval_expired', 'boundary_breached']) then 1 else 0 end
        when 'uncovered_share' then case when is_of_cause and list_contains(reasons, 'trigger_not_allowed') then 1 else 0 end
        when 'unserved_share' then case when is_of_cause and served_by in ('nobody', 'hold', 'manual') then 1 else 0 end
        when 'failed_share' then case when served_by = 'nobody' then 1 else 0 end
        when 'unmarked_share' then case when list_contains(reasons, 'unmarked') then 1 else 0 end
        when 'unmapped_share' then case when workflow_class is null then 1 else 0 end
        when 'substituted_share' then case when served_by = 'substitute' then 1 else 0 end
        when 'latency_breach_share' then case when first_cause = 'latency_breach' then 1 else 0 end
        when 'failed_try_share' then case when is_tried and first_cause is not null and is_fallback then 1 else 0 end
        when 'kept_off_share' then case when is_fallback and not is_tried then 1 else 0 end
        when 'vain_retry_share' then case when retry_count > 0 and served_by <> 'preferred' then 1 else 0 end
        when 'wait_s' then coalesce(added_latency_ms, 0) / 1000.0
        else case when is_fallback then 1 else 0 end
    end) as double) as part,
    cast(case $measure
        when 'unmarked_share' then count(*) filter (where served_by = 'substitute')
        when 'vain_retry_share' then count(*) filter (where retry_count > 0)
        else count(*)
    end as double) as whole
from seen
group by cast(started_at as date)
order by day
