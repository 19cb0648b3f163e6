-- One row: one source, its requests of the last seven days, and those of them without a workflow.
-- Reads: requests (of seven days only). Bound: $as_of inclusive, $unmapped_share.
select
    source,
    count(*) as request_count,
    cast(sum(case when workflow is null then 1 else 0 end) as bigint) as unmapped_count,
    min(started_at) as first_at,
    max(started_at) as last_at,
    $unmapped_share as threshold
from requests
where started_at > $as_of - interval '7 days' and started_at <= $as_of
group by source
having sum(case when workflow is null then 1 else 0 end) > 0
order by source
