-- One row: one outcome metric compared between fallback and preferred, for one workflow or one substitute.
-- Reads: metric_effects, fallback_events. first_at and last_at: its fallbacks, NULL where none is held.
-- main_substitute: the model that answered most of a workflow's substituted requests; NULL for a substitute.
with spans as (
    select 'workflow' as dimension, coalesce(workflow, '(none)') as member, min(occurred_at) as first_at, max(occurred_at) as last_at
    from fallback_events
    group by coalesce(workflow, '(none)')
    union all
    select 'model' as dimension, served_model as member, min(occurred_at) as first_at, max(occurred_at) as last_at
    from fallback_events
    where served_by = 'substitute' and served_model is not null
    group by served_model
),

stand_ins as (
    select coalesce(workflow, '(none)') as member, served_model
    from fallback_events
    where served_by = 'substitute' and served_model is not null
    group by coalesce(workflow, '(none)'), served_model
    qualify row_number() over (partition by member order by count(*) desc, served_model) = 1
)

select
    e.metric, e.dimension, e.member, e.estimate, e.low, e.high, e.crude_estimate, e.strata, e.episodes, e.effective_episodes, e.n_fallback,
    e.n_preferred, e.events_fallback, e.events_preferred, e.overlap, e.e_value, e.status, e.warning, s.first_at, s.last_at,
    t.served_model as main_substitute
from metric_effects as e
left join spans as s on e.dimension = s.dimension and e.member = s.member
left join stand_ins as t on e.dimension = 'workflow' and e.member = t.member
where e.dimension in ('workflow', 'model') and e.unit = 'fraction'
order by e.metric, e.dimension, e.member
