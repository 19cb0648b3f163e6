-- One row: one file of the source, the newest first.
-- Shown: $source.
select path, lines, first_at, last_at, loaded_at
from files
where source = $source and state = 'loaded'
order by last_at desc, path
