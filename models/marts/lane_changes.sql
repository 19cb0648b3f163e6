-- One row per request of [$from_at, $to_at) that episodes can be told from: every one that is no preferred success, and
-- of each row of preferred successes in a day the first $kept and the last. Any rule that closes after at most $kept
-- successes finds in them what it finds in all requests. Reads requests, cause_families.
with judged as (
    select
        cast(r.started_at at time zone $timezone as date) as day,
        r.workflow, r.preferred_model, r.started_at, r.request_id, f.family,
        coalesce(r.is_fallback, false) as is_fallback,
        coalesce(r.served_by = 'preferred' and not r.is_partial, false) as is_success
    from requests as r
    left join cause_families as f on coalesce(r.first_cause, 'unknown') = f.cause
    where r.started_at >= $from_at and r.started_at < $to_at and r.preferred_model is not null
),

told as (
    select
        *,
        sum(case when is_success then 0 else 1 end) over (
            partition by day, workflow, preferred_model order by started_at, request_id rows unbounded preceding
        ) as island
    from judged
),

placed as (
    select
        *,
        row_number() over (partition by day, workflow, preferred_model, island, is_success order by started_at, request_id) as place,
        lead(request_id) over (partition by day, workflow, preferred_model, island order by started_at, request_id) as next_id
    from told
)

select day, workflow, preferred_model, started_at, request_id, family, is_fallback, is_success
from placed
where not is_success or place <= $kept or next_id is null
