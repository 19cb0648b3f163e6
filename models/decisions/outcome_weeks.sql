-- One row: one outcome metric, workflow and week: mature runs, those that the outcome hit, and sums over their clusters.
-- Reads: marts.metric_daily, marts.block_daily, episodes, alerts. Bound: $as_of inclusive, $timezone, $week_offset (0 where
-- weeks start on Monday, 1 on Sunday), $baseline_weeks, $holiday_days and $holiday_names (of one length), $settled_at:
-- what ended its window by then, no late outcome changes.
-- All lanes together: what a substitute does to a workflow is part of how it fares. maturity: mature / observable runs.
-- episode_share: most of the week that one episode of the workflow took up, NULL where none did.
-- peak, off, weekend: runs and events by block of the week, NULL where none is told. holidays: those in the week, by name.
-- rebased_at: when somebody last settled an alert of this series, which makes what came after its new normal.
with weekly as (
    select
        metric,
        coalesce(workflow, '(none)') as workflow,
        date_trunc('week', day + cast($week_offset as integer)) - cast($week_offset as integer) * interval '1 day' as week,
        sum(denominator) as mature_count,
        sum(observable) as observable_count,
        sum(cluster_n) as n,
        sum(cluster_n2) as n2,
        sum(cluster_n3) as n3,
        sum(cluster_x) as x,
        sum(cluster_x2) as x2,
        sum(cluster_xn) as xn,
        sum(cluster_count) as cluster_count,
        max(closes_at) as closes_at
    from marts.metric_daily
    where metric in ('rework_rate', 'override_rate', 'downstream_error_rate')
    group by metric, coalesce(workflow, '(none)'), week
),

blocks as (
    select
        metric || '_rate' as metric,
        coalesce(workflow, '(none)') as workflow,
        date_trunc('week', day + cast($week_offset as integer)) - cast($week_offset as integer) * interval '1 day' as week,
        sum(n) filter (where block = 'peak') as peak_n,
        sum(x) filter (where block = 'peak') as peak_x,
        sum(n) filter (where block = 'off') as off_n,
        sum(x) filter (where block = 'off') as off_x,
        sum(n) filter (where block = 'weekend') as weekend_n,
        sum(x) filter (where block = 'weekend') as weekend_x
    from marts.block_daily
    group by metric, coalesce(workflow, '(none)'), week
),

holidays as (
    select unnest(cast($holiday_days as date[])) as day, unnest(cast($holiday_names as varchar[])) as name
),

festive as (
    select w.week, string_agg(distinct h.name, ', ' order by h.name) as holidays
    from (select distinct week from weekly) as w
    inner join holidays as h on h.day >= w.week and h.day < w.week + interval '7 days'
    group by w.week
),

weeks as (
    select distinct
        workflow,
        week,
        cast(week as timestamp) at time zone $timezone as week_at,
        (cast(week as timestamp) + interval '7 days') at time zone $timezone as ends_at
    from weekly
),

disturbed as (
    select
        w.workflow,
        w.week,
        max(
            epoch(least(w.ends_at, e.opened_at + e.duration_s * interval '1 second') - greatest(w.week_at, e.opened_at))
            / epoch(w.ends_at - w.week_at)
        ) as episode_share
    from weeks as w
    inner join episodes as e
        on
            w.workflow = coalesce(e.workflow, '(none)')
            and w.ends_at > e.opened_at
            and w.week_at < e.opened_at + e.duration_s * interval '1 second'
    group by w.workflow, w.week
),

models as (
    select coalesce(workflow, '(none)') as workflow, model, sum(denominator) as n
    from marts.metric_daily
    where metric = 'fallback_frequency' and model is not null
    group by coalesce(workflow, '(none)'), model
    qualify row_number() over (partition by coalesce(workflow, '(none)') order by sum(denominator) desc, model) = 1
),

settled as (
    select metric, workflow, max(resolved_at) as rebased_at
    from alerts
    where rule = 'quality_regression' and resolved_by is not null and resolved_at <= $as_of
    group by metric, workflow
)

select
    w.metric, w.workflow, k.week_at, k.ends_at, w.n, w.x, w.n2, w.n3, w.x2, w.xn, w.cluster_count,
    case when w.observable_count > 0 then w.mature_count / w.observable_count end as maturity,
    d.episode_share,
    m.model as preferred_model,
    s.rebased_at,
    cast($baseline_weeks as bigint) as baseline_weeks,
    b.peak_n, b.peak_x, b.off_n, b.off_x, b.weekend_n, b.weekend_x,
    f.holidays,
    coalesce(w.closes_at > $settled_at, false) as is_maturing
from weekly as w
inner join weeks as k on w.workflow = k.workflow and w.week = k.week
left join blocks as b on w.metric = b.metric and w.workflow = b.workflow and w.week = b.week
left join festive as f on w.week = f.week
left join disturbed as d on w.workflow = d.workflow and w.week = d.week
left join models as m on w.workflow = m.workflow
left join settled as s on w.metric = s.metric and w.workflow = s.workflow
order by w.metric, w.workflow, w.week
