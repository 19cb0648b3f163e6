-- One row per outcome metric, day and cluster of mature runs: what the comparison of the lanes is made from.
-- Reads run_clusters. n runs, x events; model is the one that gave the output.
select
    metric,
    day,
    block,
    workflow,
    workflow_class,
    lane,
    hour_at,
    cluster_id,
    episode_id,
    cause,
    model as served_model,
    review_mode,
    sum(sample_count) as n,
    sum(case when status = 'event' then sample_count else 0 end) as x
from run_clusters
where is_mature and lane is not null
group by
    metric, day, block, workflow, workflow_class, lane, hour_at, cluster_id, episode_id, cause, model, review_mode
