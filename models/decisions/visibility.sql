-- One row: one source of the window: how many of its requests tell whether they left their lane.
-- Reads: requests, fallback_events (of the window only). Bound: $from_at inclusive, $as_of inclusive.
select
    r.source, count(*) as request_count, count(r.is_fallback) as derivable_count,
    count(*) filter (where r.is_fallback) as fallback_count,
    count(*) filter (where e.is_silent) as silent_count,
    count(*) filter (where e.cause = 'unknown') as causeless_count,
    mode(r.not_derivable_reason) as main_reason
from requests as r
left join fallback_events as e on e.request_id = r.request_id
where r.started_at >= $from_at and r.started_at <= $as_of
group by r.source
order by r.source
