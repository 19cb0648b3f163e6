-- One row per run of touched_runs: every request that carries its id, wherever it stands in time.
-- Reads touched_runs, reviews, requests and fallback_events; of the two latter only `$from_at`/`$to_at`, which must
-- hold every request of the touched runs.
--
-- The request that ended last gives the output. It is released when it is there, or when a person lets it go; an output
-- that was held, that nobody gave, or that a person rejected was never released. Where the log tells no end, the start
-- stands in for it: seconds against windows of days.
with parts as (
    select requests.*, coalesce(requests.ended_at, requests.started_at) as seen_at
    from requests
    inner join touched_runs using (run_id)
    where requests.started_at >= $from_at and requests.started_at < $to_at
),

folded as (
    select
        run_id,
        min(started_at) as started_at,
        case when max(ended_at) is not null then greatest(max(ended_at), max(started_at)) end as ended_at,
        count(*) as request_count,
        case when count(is_fallback) = count(*) then count(*) filter (where is_fallback) end as fallback_count,
        case when count(*) filter (where is_fallback) > 0 then true when count(is_fallback) = count(*) then false end
            as is_fallback,
        sum(cost_usd) as cost_usd,
        max(weight) as weight,
        arg_min(
            {workflow: workflow, workflow_class: workflow_class, team: team, environment: environment},
            (started_at, request_id)
        ) as opening,
        arg_max(
            {
                ended_at: seen_at, served_by: served_by, served_model: served_model, provider: served_provider,
                preferred_model: preferred_model, is_fallback: is_fallback
            },
            (seen_at, started_at, request_id)
        ) as output
    from parts
    group by run_id
),

first_fallbacks as (
    select run_id, arg_min({cause: cause, episode_id: episode_id}, (occurred_at, request_id)) as event
    from fallback_events
    inner join touched_runs using (run_id)
    where occurred_at >= $from_at and occurred_at < $to_at
    group by run_id
),

answered as (
    select
        *,
        coalesce(output.served_by in ('preferred', 'substitute', 'manual'), output.served_model is not null)
            as is_answered
    from folded
)

select
    run_id,
    opening.workflow, opening.workflow_class, opening.team, opening.environment,
    started_at,
    ended_at,
    case
        when reviews.decision = 'rejected' then null
        when reviews.decision in ('approved', 'approved_with_edits', 'replaced') then reviews.decided_at
        when is_answered then output.ended_at
    end as released_at,
    request_count,
    fallback_count,
    is_fallback,
    case when is_answered then output.is_fallback end as is_final_fallback,
    output.served_by, output.preferred_model, output.served_model, output.provider as served_provider,
    first_fallbacks.event.cause as first_cause,
    first_fallbacks.event.episode_id,
    reviews.review_mode,
    cost_usd,
    weight
from answered
left join first_fallbacks using (run_id)
left join reviews using (run_id)
