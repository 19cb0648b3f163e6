-- One row per outcome metric, stratum and cluster, both numbered. Reads marts.effect_daily of the days from `$since` to
-- `$until`, both inclusive; `$week_offset` is 0 where weeks start on Monday, 1 on Sunday.
--
-- Stratum: workflow, class, peak or off hours, week, and for overrides the review mode, since what is reviewed for
-- another reason is overridden at another rate; `any_mode` is the stratum without it. `has_hard_prompts`: the cause selects hard prompts.
with keyed as (
    select
        *,
        date_trunc('week', day + cast($week_offset as integer)) as week,
        case when metric = 'override' then review_mode end as stratum_mode,
        coalesce(cause in ('latency_breach', 'low_confidence', 'context_window'), false) as has_hard_prompts
    from marts.effect_daily
    where day between cast($since as date) and cast($until as date)
)

select
    metric,
    workflow,
    workflow_class,
    served_model,
    lane = 'fallback' as is_fallback,
    dense_rank() over (
        partition by metric order by workflow, workflow_class, block, week, stratum_mode
    ) - 1 as stratum,
    dense_rank() over (partition by metric order by workflow, workflow_class, block, week) - 1 as any_mode,
    dense_rank() over (
        partition by metric order by cluster_id, hour_at, case when lane = 'preferred' then workflow end
    ) - 1 as cluster,
    dense_rank() over (partition by metric order by episode_id) as episode,
    episode_id is not null as has_episode,
    has_hard_prompts,
    sum(n) as n,
    sum(x) as x
from keyed
group by
    metric, workflow, workflow_class, served_model, lane, block, week, stratum_mode, cluster_id, hour_at, episode_id,
    has_hard_prompts
