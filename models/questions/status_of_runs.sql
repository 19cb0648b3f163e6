-- [question]
-- ask = "Why is a run counted, or not, in each outcome metric?"
select metric, status, is_mature, count(*) as runs
from run_status
group by metric, status, is_mature
order by metric, runs desc, status
