-- One row: one source of the window: how many of its requests tell whether they left their lane, and what was wrong with
-- those that did or should have.
-- Reads: requests, fallback_events, unanswered_requests (of the window only). Bound: $from_at inclusive, $as_of inclusive.
select
    r.source, count(*) as request_count, count(r.is_fallback) as derivable_count,
    count(*) filter (where r.is_fallback) as fallback_count,
    count(*) filter (where list_contains(e.verdict_reasons, 'silent_downgrade')) as downgrade_count,
    count(*) filter (where list_contains(e.verdict_reasons, 'silent_upgrade')) as upgrade_count,
    count(*) filter (where list_contains(e.verdict_reasons, 'wrong_order')) as wrong_order_count,
    count(*) filter (
        where list_contains(coalesce(e.verdict_reasons, u.verdict_reasons), 'missed_fallback')
    ) as missed_count,
    count(*) filter (where e.cause = 'unknown') as causeless_count,
    mode(r.not_derivable_reason) as main_reason
from requests as r
left join fallback_events as e on e.request_id = r.request_id
left join unanswered_requests as u on u.request_id = r.request_id
where r.started_at >= $from_at and r.started_at <= $as_of
group by r.source
order by r.source
