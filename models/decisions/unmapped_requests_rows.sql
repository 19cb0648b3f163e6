-- One row: one day of the source: its requests, and those without a workflow by who served them.
-- Shown: $source, $from_at inclusive.
select
    cast(started_at as date) as day,
    count(*) as request_count,
    cast(sum(case when workflow is null then 1 else 0 end) as bigint) as unmapped_count,
    cast(sum(case when workflow is null and served_by = 'nobody' then 1 else 0 end) as bigint) as unmapped_unanswered_count
from requests
where source = $source and started_at >= $from_at
group by cast(started_at as date)
order by day
