-- One row per outcome metric, day and cluster of mature runs: what the comparison of the lanes is made from.
-- Reads run_clusters. n runs, x events; served_model is the substitute that gave the output, NULL where none did.
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
    substitute as served_model,
    review_mode,
    sum(sample_count) as n,
    sum(case when status = 'event' then sample_count else 0 end) as x
from run_clusters
where is_mature and lane is not null
group by
    metric, day, block, workflow, workflow_class, lane, hour_at, cluster_id, episode_id, cause, substitute, review_mode
