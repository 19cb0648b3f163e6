-- One row per independent count of the source itself: a counter, a model and an hour.
-- A row without a counter could not be read; `problem` says why.
with dated as (
    select * replace (coalesce(problem, case
        when hour > $loaded_at + interval 1 day then 'its time lies in the future: ' || cast(hour as varchar)
        when hour < timestamptz '2015-01-01 00:00:00+00' then 'its time lies before 2015: ' || cast(hour as varchar)
    end) as problem)
    from canonical
)

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
from dated
