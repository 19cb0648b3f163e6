-- One row: one source, its loaded files, its newest record, and the usual distance between the ends of two files.
-- Reads: files. Bound: $as_of inclusive, $stale_after_s. usual_gap_s: the median; NULL where there is one file only.
-- A file whose records are younger than the watermark does not count: their times are wrong, or an older moment is asked.
with ends as (
    select source, last_at, epoch(last_at) - epoch(lag(last_at) over (partition by source order by last_at)) as gap_s
    from files
    where state = 'loaded' and source is not null and last_at <= $as_of
)

select
    source,
    count(*) as file_count,
    max(last_at) as last_at,
    median(case when gap_s > 0 then gap_s end) as usual_gap_s,
    $stale_after_s as stale_after_s
from ends
group by source
order by source
