-- The requests among which the episodes of stale months are looked for, one row each and month. Reads marts.lane_changes,
-- stale_months(month_at, from_at, until_at). It stands in for `episode_stream`, where the months are kept apart by the
-- name of the workflow: `workflow` begins with the month's number.
with streams as (
    select
        concat_ws('/', cast(epoch_us(m.month_at) as varchar), coalesce(c.workflow, '')) as workflow,
        c.preferred_model, c.started_at, c.request_id, c.family, c.is_fallback, c.is_success, m.month_at
    from marts.lane_changes as c
    inner join stale_months as m on c.started_at >= m.from_at and c.started_at <= m.until_at
)

select
    *,
    sum(case when is_success then 0 else 1 end) over (
        partition by workflow, preferred_model order by started_at, request_id rows unbounded preceding
    ) as island
from streams
