-- [question]
-- ask = "What became of every line of every source?"
select
    source, count(*) as files, sum(lines) as lines, sum(row_lines) as rows, sum(duplicate_lines) as duplicates,
    sum(ignored_lines) as ignored, sum(quarantined_lines) as quarantined, max(last_at) as newest
from files
group by source
order by lines desc, source
