-- One row per model and day: the provider that most often answers for it, by canonical name, until the next such day.
-- A day's row depends on that day alone, so that it is the same whatever else is computed with it.
select
    model,
    provider,
    day,
    lead(day) over (partition by model order by day) as until_day
from (
    select served_model as model, served_provider as provider, cast(started_at as date) as day, count(*) as answer_count
    from requests
    where served_model is not null and served_provider is not null
        and started_at >= $from_at - to_days(8) and started_at < $to_at
    group by served_model, served_provider, cast(started_at as date)
)
qualify row_number() over (partition by model, day order by answer_count desc, provider) = 1
