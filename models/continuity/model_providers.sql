-- One row per model and day: the provider that most often answers for it, by canonical name.
-- Whole days, and each from itself alone, so that a day's row is the same whatever else is computed with it.
select model, provider, day
from (
    select served_model as model, served_provider as provider, cast(started_at as date) as day, count(*) as answer_count
    from requests
    where served_model is not null and served_provider is not null
        and started_at >= date_trunc('day', $from_at) and started_at < $to_at
    group by served_model, served_provider, cast(started_at as date)
)
qualify row_number() over (partition by model, day order by answer_count desc, provider) = 1
