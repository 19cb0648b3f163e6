-- [question]
-- ask = "Why did requests fall back, and how sure is the cause?"
select cause, cause_basis, count(*) as fallbacks, count(distinct workflow) as workflows
from fallback_events
group by cause, cause_basis
order by fallbacks desc, cause, cause_basis
