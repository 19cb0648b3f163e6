-- One row: one day of the workflow.
-- Shown: $workflow, $from_at inclusive, $as_of inclusive.
select
    cast(started_at as date) as day,
    count(*) as request_count,
    cast(sum(case when is_fallback then 1 else 0 end) as bigint) as fallback_count,
    list_sort(list(distinct first_cause) filter (where is_fallback)) as causes,
    list_sort(list(distinct served_model) filter (where is_fallback)) as served_models
from requests
where workflow = $workflow and started_at >= $from_at and started_at <= $as_of and is_fallback is not null
group by cast(started_at as date)
order by day
