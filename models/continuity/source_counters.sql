-- One row per independent count of the source itself: a counter, a model and an hour.
-- A row without a counter could not be read; `problem` says why.
select
    $source as source,
    case when problem is null and hour is not null and requests >= 0 then absent(counter) end as counter,
    absent(model) as model,
    date_trunc('hour', hour) as hour,
    requests,
    $file_id as file_id,
    line,
    problem,
    is_ignored
from canonical
