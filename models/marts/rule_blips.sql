-- One row per stale month: its fallbacks, and those of them inside an episode, under one rule. Reads rule_stream as
-- episode_stream, episode_spans, stale_months(month_at, ends_at).
with fallbacks as (
    select n.month_at, n.request_id, max(case when b.family is not null then 1 else 0 end) as is_inside
    from episode_stream as n
    inner join stale_months as m on n.month_at = m.month_at and n.started_at >= m.month_at and n.started_at < m.ends_at
    left join episode_spans as b
        on n.workflow = b.workflow and n.preferred_model = b.preferred_model and n.family = b.family
        and n.started_at >= b.opened_at and n.started_at <= b.last_seen_at
    where n.is_fallback
    group by n.month_at, n.request_id
)

select month_at, cast(count(*) as bigint) - cast(sum(is_inside) as bigint) as blips
from fallbacks
group by month_at
