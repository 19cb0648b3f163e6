-- [question]
-- ask = "Of which requests can nobody tell whether they fell back, and why?"
select source, not_derivable_reason, count(*) as requests
from requests
where is_fallback is null
group by source, not_derivable_reason
order by requests desc, source, not_derivable_reason
