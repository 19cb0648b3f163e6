-- [question]
-- ask = "Which approved substitutes expire next, and which were used?"
select
    s.class_id, s.target, s.expires_at, count(e.fallback_id) as fallbacks, max(e.occurred_at) as last_used_at
from policy_substitutes as s
inner join policies as p on s.policy_id = p.policy_id and s.version = p.version and p.effective_to is null
left join fallback_events as e
    on s.policy_id = e.policy_id and s.version = e.policy_version and s.class_id = e.workflow_class
    and s.target = e.served_model
group by s.class_id, s.target, s.expires_at
order by s.expires_at, s.class_id, s.target
