-- One row: one request for which a candidate asks for something else than the policy in force, or may have let it stay.
-- Reads: plans_before, plans_after, model_costs(workflow, model, mean_cost_usd).
-- Every change is candidate minus log, as the lowest and the highest that the log leaves open. Where the candidate asks
-- for what was asked before, the log stands: such a request has no row.
-- stands: the preferred model had answered, and the candidate would not have doubted it; perhaps stands: nobody knows.
-- maybe: it hangs on how long calls that were cut would have taken, whether a trigger had fired.
-- relief: the candidate waits longer, tries more often, or keeps off for less time; whether the preferred model would
-- have answered, nobody saw.
with paired as (
    select
        a.*,
        b.lane as lane_before, b.target as target_before, b.is_cooling as was_cooling, b.latency_s as latency_before_s,
        b.served_by as logged_by, b.is_fallback as was_fallback, b.served_model as logged_model,
        coalesce(b.first_cause = 'latency_breach'
            and coalesce(a.latency_s, cast('infinity' as double)) > b.latency_s, false)
        or coalesce(a.attempt_limit > b.attempt_limit and b.retry_count + 1 >= b.attempt_limit, false)
        and (coalesce(b.is_fallback, false) or b.served_by = 'nobody')
        or coalesce(b.first_cause = 'cost_ceiling' and coalesce(a.ceiling_usd, cast('infinity' as double)) > b.ceiling_usd, false)
        or (b.is_cooling and not a.is_cooling and not b.is_tried) as is_relieved
    from plans_after as a
    inner join plans_before as b on b.request_id = a.request_id
),

changed as (
    select
        *,
        coalesce(was_fallback, false) as did_leave,
        logged_by = 'nobody' as did_fail,
        logged_by in ('hold', 'manual') as was_held,
        case
            when is_let_stand then 'stands'
            when is_relieved then 'relieved'
            when is_perhaps_let_stand then 'perhaps_stands'
            when is_maybe then 'maybe'
            when lane = 'preferred' and coalesce(target = logged_model, false) then 'preferred'
            when lane = 'preferred' then 'untried_preferred'
            when lane = 'substitute' and coalesce(target = logged_model, false) then 'seen'
            when lane = 'substitute' then 'untried_substitute'
            when lane in ('hold', 'manual', 'review') then 'held'
            when lane in ('allow_preferred_only', 'report_only', 'unruled') then 'logged'
            else 'degrade'
        end as outcome,
        case
            when latency_s is null then 0.0
            when first_cause = 'latency_breach' and latency_s < latency_before_s
                then least(0.0, latency_s - coalesce(added_latency_ms, 1000 * latency_before_s) / 1000.0)
            when need = 'latency_breach' and first_cause is null and not is_cooling then least(0.0, latency_s - duration_ms / 1000.0)
            else 0.0
        end as certain_wait_s
    from paired
    where
        is_relieved or is_perhaps_let_stand or lane is distinct from lane_before or target is distinct from target_before
        or (first_cause = 'latency_breach' and latency_s < latency_before_s)
)

select
    c.request_id, c.started_at, c.policy_id, coalesce(c.class_id, '(no class)') as workflow_class, c.workflow,
    c.logged_by, c.logged_model, c.lane_before, c.target_before, c.lane, c.target, c.need, c.outcome,
    case when c.outcome in ('preferred', 'relieved', 'untried_preferred', 'stands', 'perhaps_stands') then 0 when c.outcome in ('logged', 'maybe')
        then cast(c.did_leave as integer) else 1 end - cast(c.did_leave as integer) as fallbacks_low,
    case when c.outcome in ('preferred', 'stands') then 0 when c.outcome = 'relieved' or c.outcome = 'logged'
        then cast(c.did_leave as integer) else 1 end - cast(c.did_leave as integer) as fallbacks_high,
    case when c.outcome = 'held' then 1 when c.outcome in ('logged', 'degrade', 'maybe') then cast(c.was_held as integer)
        else 0 end - cast(c.was_held as integer) as holds_low,
    case when c.outcome = 'held' or (c.outcome in ('maybe', 'perhaps_stands') and c.lane in ('hold', 'manual', 'review')) then 1
        when c.outcome in ('logged', 'degrade', 'relieved', 'maybe') then cast(c.was_held as integer)
        else 0 end - cast(c.was_held as integer) as holds_high,
    case when c.outcome in ('logged', 'maybe') then cast(c.did_fail as integer) else 0 end - cast(c.did_fail as integer)
        as failures_low,
    case
        when c.outcome in ('logged', 'relieved') then cast(c.did_fail as integer)
        when c.outcome in ('untried_preferred', 'untried_substitute', 'maybe') then 1
        when c.outcome = 'perhaps_stands'
            then cast(c.did_fail or (c.lane = 'substitute' and c.target is distinct from c.logged_model) as integer)
        when c.outcome = 'degrade' then cast(c.did_fail or c.logged_by = 'preferred' as integer)
        else 0
    end - cast(c.did_fail as integer) as failures_high,
    case
        when c.outcome = 'relieved' and coalesce(c.first_cause <> 'latency_breach', true)
            then -coalesce(c.added_latency_ms, 0) / 1000.0
        else c.certain_wait_s
    end as wait_low_s,
    case
        when c.outcome = 'relieved' and c.first_cause = 'latency_breach' then c.latency_s - c.latency_before_s
        when c.outcome in ('untried_preferred', 'untried_substitute') and c.certain_wait_s = 0 and not c.is_answered then null
        else c.certain_wait_s
    end as wait_high_s,
    case
        when c.outcome in ('preferred', 'seen', 'logged') then 0.0
        when c.outcome = 'held' then -coalesce(c.cost_usd, 0.0)
        when c.outcome = 'stands' then case when c.logged_by = 'substitute' then -s.mean_cost_usd else 0.0 end
        when c.outcome = 'untried_substitute' and c.is_answered then k.mean_cost_usd
        when c.outcome in ('untried_preferred', 'untried_substitute') then k.mean_cost_usd - coalesce(c.cost_usd, 0.0)
    end as cost_usd
from changed as c
left join model_costs as k on k.workflow is not distinct from c.workflow and k.model = c.target
left join model_costs as s on s.workflow is not distinct from c.workflow and s.model = c.logged_model
order by c.started_at, c.request_id
