-- [question]
-- ask = "How many attempts did a request need, by what became of it?"
select served_by, attempt_count, retry_count, count(*) as requests
from requests
group by served_by, attempt_count, retry_count
order by requests desc, served_by, attempt_count
