-- One row per day, served model and provider: requests of [$from_at, $to_at). Reads requests.
select
    cast(started_at at time zone $timezone as date) as day,
    served_model as model,
    served_provider as provider,
    count(*) as request_count
from requests
where started_at >= $from_at and started_at < $to_at and served_model is not null and served_provider is not null
group by cast(started_at at time zone $timezone as date), served_model, served_provider
