-- One row per hour, workflow, class, team, preferred model, lane, cause, who served and verdict: requests that started in
-- [$from_at, $to_at), counted on their day in `$timezone`. Reads requests, fallback_events.
--
-- model is the preferred one; a cause is that of a fallback. `sample_count` counts rows, everything else weighs them.
with judged as (
    select
        requests.*,
        case when requests.is_fallback then 'fallback' when not requests.is_fallback then 'preferred' end as lane,
        case when requests.is_fallback then coalesce(events.cause, requests.first_cause, 'unknown') end as cause,
        events.verdict,
        coalesce(list_contains(events.verdict_reasons, 'silent_downgrade'), false) as is_silent_downgrade,
        events.added_cost_usd
    from requests
    left join fallback_events as events
        on events.request_id = requests.request_id and events.occurred_at >= $from_at and events.occurred_at < $to_at
    where requests.started_at >= $from_at and requests.started_at < $to_at
)

select
    cast(started_at at time zone $timezone as date) as day,
    date_trunc('hour', started_at) as hour_at,
    workflow,
    workflow_class,
    team,
    preferred_model as model,
    lane,
    cause,
    served_by,
    verdict,
    is_silent_downgrade,
    cast(count(*) as double) as sample_count,
    sum(weight) as request_count,
    sum(weight * weight) as weight_squares,
    round(sum(weight * added_cost_usd), 9) as added_cost_usd,
    sum(case when added_cost_usd is not null then weight else 0 end) as costed_count
from judged
group by
    cast(started_at at time zone $timezone as date), date_trunc('hour', started_at),
    workflow, workflow_class, team, preferred_model, lane, cause, served_by, verdict, is_silent_downgrade
