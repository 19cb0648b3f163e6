-- One row per metric, day, dimension, member and lane: the daily rows seen from each side that a metric's header asks for.
-- Reads marts.metric_daily, model_providers(model, provider), asked(metric, grain, dimension, lane, is_stock, is_undivided).
--
-- '(none)' is a member that the log does not name; a cause is never '(none)', since only fallbacks have one.
with views as (
    select distinct metric, dimension, lane from asked
),

named as (
    select
        daily.*,
        views.dimension,
        views.lane as seen_lane,
        case views.dimension
            when 'all' then '*'
            when 'cause' then daily.cause
            when 'workflow' then coalesce(daily.workflow, '(none)')
            when 'workflow_class' then coalesce(daily.workflow_class, '(none)')
            when 'model' then coalesce(daily.model, '(none)')
            when 'provider' then coalesce(daily.provider, model_providers.provider, '(none)')
            when 'team' then coalesce(daily.team, '(none)')
        end as member
    from marts.metric_daily as daily
    inner join views on views.metric = daily.metric and (views.lane = 'all' or views.lane = daily.lane)
    left join model_providers on model_providers.model = daily.model
)

select
    metric, day, dimension, member, seen_lane as lane,
    sum(numerator) as numerator,
    sum(denominator) as denominator,
    sum(eligible) as eligible,
    sum(observable) as observable,
    sum(unseen) as unseen,
    sum(weight_squares) as weight_squares,
    sum(cluster_count) as cluster_count,
    sum(cluster_n) as cluster_n,
    sum(cluster_n2) as cluster_n2,
    sum(cluster_n3) as cluster_n3,
    sum(cluster_x) as cluster_x,
    sum(cluster_x2) as cluster_x2,
    sum(cluster_xn) as cluster_xn,
    max(closes_at) as closes_at
from named
where member is not null
group by metric, day, dimension, member, seen_lane
