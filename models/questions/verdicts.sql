-- [question]
-- ask = "How did the policy judge the fallbacks of each class?"
select workflow_class, verdict, count(*) as fallbacks, round(count(*) / sum(count(*)) over (partition by workflow_class), 4) as share
from fallback_events
group by workflow_class, verdict
order by workflow_class, fallbacks desc, verdict
