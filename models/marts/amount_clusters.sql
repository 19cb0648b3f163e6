-- One row per amount, stratum and cluster, both numbered. Reads marts.amount_daily; `$week_offset` is 0 where weeks start
-- on Monday, 1 on Sunday.
--
-- Stratum: workflow, class, peak or off hours, week. A cluster: the fallbacks of an episode, else those of a workflow
-- within an hour; the preferred requests of a workflow within an hour.
with keyed as (
    select *, date_trunc('week', day + cast($week_offset as integer)) as week
    from marts.amount_daily
)

select
    metric,
    workflow,
    served_model,
    is_fallback,
    dense_rank() over (partition by metric order by workflow, workflow_class, block, week) - 1 as stratum,
    dense_rank() over (
        partition by metric
        order by
            is_fallback, episode_id,
            case when episode_id is null then hour_at end,
            case when episode_id is null then workflow end
    ) - 1 as cluster,
    dense_rank() over (partition by metric order by episode_id) as episode,
    episode_id is not null as has_episode,
    has_hard_prompts,
    sum(n) as n,
    round(sum(x), 9) as x,
    sum(cut) as cut
from keyed
group by
    metric, workflow, workflow_class, served_model, is_fallback, block, week, episode_id, hour_at, has_hard_prompts
