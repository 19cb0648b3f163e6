-- The model that a route mostly asks for, by day: how a gateway's group is known without its configuration.
select source, route, day, model
from (
    select a.source, a.route, cast(a.started_at as date) as day, n.model, count(*) as attempt_count
    from attempts as a
    inner join model_names as n on a.model_requested = n.name
    where a.route is not null and a.started_at >= $from_at and a.started_at < $to_at
    group by a.source, a.route, cast(a.started_at as date), n.model
)
qualify row_number() over (partition by source, route, day order by attempt_count desc, model) = 1
