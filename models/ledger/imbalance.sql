-- Files whose lines do not add up: a line that was read is none of row, duplicate, ignored, quarantined. None, if all is well.
select path, lines, row_lines + duplicate_lines + ignored_lines + quarantined_lines as accounted
from files
where lines <> row_lines + duplicate_lines + ignored_lines + quarantined_lines
order by path
