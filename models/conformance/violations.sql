-- [question]
-- ask = "Which rule of which version was broken how often, and where is an example?"
--
-- One row: one reason that a verdict gave, by class, version and rule, in all that was judged.
-- Reads: fallback_events, unanswered_requests.
with judged as (
    select request_id, occurred_at, workflow_class, policy_id, policy_version, policy_digest, verdict, verdict_reasons, verdict_rules
    from fallback_events
    union all
    select request_id, occurred_at, workflow_class, policy_id, policy_version, policy_digest, verdict, verdict_reasons, verdict_rules
    from unanswered_requests
),

told as (
    select * exclude (verdict_reasons, verdict_rules), unnest(verdict_reasons) as reason, unnest(verdict_rules) as rule
    from judged
    where len(verdict_reasons) > 0
)

select
    reason,
    verdict,
    workflow_class,
    policy_id,
    policy_version,
    policy_digest,
    rule,
    count(*) as request_count,
    min(occurred_at) as first_at,
    max(occurred_at) as last_at,
    arg_max(request_id, struct_pack(at := occurred_at, id := request_id)) as latest_request_id
from told
group by reason, verdict, workflow_class, policy_id, policy_version, policy_digest, rule
order by verdict = 'indeterminate', request_count desc, reason, workflow_class, policy_id, policy_version, rule
