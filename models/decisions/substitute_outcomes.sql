-- One row: one outcome, class, stratum, substitute and cluster of mature runs that a listed substitute answered: what
-- substitutes of one class are compared by, within like circumstances.
-- Reads: marts.effect_daily, policies, policy_substitutes. Bound: $as_of, $since and $until, all
-- inclusive.
-- Stratum: workflow, peak or off hours, and whether the cause selects hard prompts. n runs, x events.
with in_force as (
    select s.*
    from policy_substitutes as s
    inner join policies as p on s.policy_id = p.policy_id and s.version = p.version
    where
        p.status = 'active' and p.effective_from <= $as_of and (p.effective_to is null or p.effective_to > $as_of)
        and s.target_kind = 'model' and s.activation = 'automatic' and not s.is_target_denied
        and (s.expires_at is null or s.expires_at > $as_of)
)

select
    e.metric, s.policy_id, s.version as policy_version, s.class_id as workflow_class, s.target, s.position, s.path, s.triggers,
    concat_ws(
        ' ', coalesce(e.workflow, '(none)'), e.block,
        coalesce(e.cause in ('latency_breach', 'low_confidence', 'context_window'), false)
    ) as stratum,
    coalesce(e.episode_id, e.cluster_id) as cluster, e.episode_id is not null as has_episode, sum(e.n) as n, sum(e.x) as x
from marts.effect_daily as e
inner join in_force as s on s.class_id = e.workflow_class and s.target = e.served_model
where e.lane = 'fallback' and e.day between cast($since as date) and least(cast($until as date), cast($as_of as date))
group by all
order by e.metric, s.policy_id, s.class_id, s.position, stratum, cluster
