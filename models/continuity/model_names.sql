-- One row per model name as written in an attempt of the range, or in a count. The step gives each its canonical name.
select distinct name
from (
    select model_requested as name from attempts where started_at >= $from_at and started_at < $to_at
    union all
    select model_served as name from attempts where started_at >= $from_at and started_at < $to_at
    union all
    select model as name from source_counters where hour >= $from_at and hour < $to_at
)
where name is not null
