-- The provider that most often answers for a model, by canonical name.
select model, arg_max(served_provider, answer_count) as provider
from (
    select served_model as model, served_provider, count(*) as answer_count
    from requests
    where served_model is not null and served_provider is not null and started_at >= $from_at and started_at < $to_at
    group by served_model, served_provider
)
group by model
