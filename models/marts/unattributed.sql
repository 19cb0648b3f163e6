-- One row: how many requests that started in [$from_at, $to_at) name no workflow, of all, of those that nobody answered,
-- and of those that fell back. Reads requests. A NULL limit is none.
select
    sum(weight) as requests,
    sum(case when workflow is null then weight else 0 end) as unattributed,
    sum(case when served_by = 'nobody' then weight else 0 end) as failed,
    sum(case when served_by = 'nobody' and workflow is null then weight else 0 end) as failed_unattributed,
    sum(case when is_fallback then weight else 0 end) as fallbacks,
    sum(case when is_fallback and workflow is null then weight else 0 end) as fallbacks_unattributed
from requests
where ($from_at is null or started_at >= $from_at) and ($to_at is null or started_at < $to_at)
