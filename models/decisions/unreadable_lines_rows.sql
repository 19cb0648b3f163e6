-- One row: one reason for which lines of the source stand in quarantine, with its count and its first line.
-- Shown: $source, $from_at inclusive.
select q.reason, count(*) as line_count, min(q.path) as first_path, min(q.line) as first_line
from quarantine as q
inner join files as f on q.file_id = f.file_id
where coalesce(f.source, '(not recognized)') = $source and f.last_at >= $from_at
group by q.reason
order by count(*) desc, q.reason
