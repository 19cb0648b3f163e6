-- One row per day on which a run came of age since its figures were made. Reads marts.maturities, coverage_spans, clock.
select distinct due.day
from marts.maturities as due
cross join clock
left join coverage_spans as spans
    on spans.workflow = coalesce(due.workflow, '')
    and spans.kind = case when due.metric = 'override' then 'review_decision' else due.metric end
    and due.opens_at >= spans.from_at
    and due.opens_at < spans.to_at
where due.matures_at <= least(coalesce(spans.watermark_at, clock.as_of), clock.as_of)
