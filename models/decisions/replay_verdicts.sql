-- One row: one class and one change of verdict on what the log tells, from the policy in force to a candidate.
-- Reads: verdicts (the candidate's), main.fallback_events, main.unanswered_requests.
-- Bound: $from_at inclusive, $to_at exclusive. NULL: that policy has no say on the request.
with before as (
    select request_id, workflow_class, verdict, verdict_reasons from main.fallback_events
    where occurred_at >= $from_at and occurred_at < $to_at
    union all
    select request_id, workflow_class, verdict, verdict_reasons from main.unanswered_requests
    where occurred_at >= $from_at and occurred_at < $to_at
)

select
    coalesce(v.workflow_class, b.workflow_class, '(no class)') as workflow_class,
    b.verdict as verdict_before,
    v.verdict as verdict_after,
    count(*) as request_count,
    list_sort(list_distinct(flatten(list(coalesce(v.reasons, []))))) as reasons_after,
    arg_min(coalesce(v.request_id, b.request_id), coalesce(v.request_id, b.request_id)) as example_request_id
from before as b
full outer join verdicts as v on v.request_id = b.request_id
where b.verdict is distinct from v.verdict or list_sort(b.verdict_reasons) is distinct from list_sort(v.reasons)
group by coalesce(v.workflow_class, b.workflow_class, '(no class)'), b.verdict, v.verdict
order by workflow_class, verdict_before, verdict_after
