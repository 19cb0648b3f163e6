-- [question]
-- ask = "Which rule was broken how often?"
select reason, workflow_class, policy_version, count(*) as fallbacks
from (select workflow_class, policy_version, unnest(verdict_reasons) as reason from fallback_events)
group by reason, workflow_class, policy_version
order by fallbacks desc, reason, workflow_class, policy_version
