-- One row: one source, its lines of files that end in the last seven days, and those of them in quarantine.
-- Reads: files. Bound: $as_of inclusive, $quarantined_share.
select
    coalesce(source, '(not recognized)') as source,
    cast(sum(lines) as bigint) as line_count,
    cast(sum(quarantined_lines) as bigint) as quarantined_count,
    min(last_at) as first_at,
    max(last_at) as last_at,
    $quarantined_share as threshold
from files
where state = 'loaded' and last_at > $as_of - interval '7 days' and last_at <= $as_of
group by coalesce(source, '(not recognized)')
having sum(quarantined_lines) > 0
order by coalesce(source, '(not recognized)')
