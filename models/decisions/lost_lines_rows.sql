-- One row: one file whose lines do not add up.
select path, lines, row_lines, duplicate_lines, ignored_lines, quarantined_lines
from files
where lines <> row_lines + duplicate_lines + ignored_lines + quarantined_lines
order by path
