-- [question]
-- ask = "Which models did an admin switch off or on, and what fell back afterwards?"
select
    c.effective_at, c.seen_at, c.provider, c.model, c.is_enabled,
    count(e.fallback_id) filter (where e.cause = 'admin_disabled') as fallbacks_within_a_day
from admin_changes as c
left join fallback_events as e
    on e.occurred_at >= coalesce(c.effective_at, c.seen_at)
    and e.occurred_at < coalesce(c.effective_at, c.seen_at) + interval 1 day
group by all
order by c.seen_at
