-- The requests among which episodes are looked for: one row each, in order, of every workflow in `restarts` from its
-- restart on. `island` counts what breaks a row of preferred answers (a fallback, an unanswered request, an answer that
-- broke off), so answers with one number follow each other undisturbed.
with stream as (
    select
        r.request_id, r.workflow, r.preferred_model, r.workflow_class, r.team, r.started_at, r.served_by, r.served_model,
        coalesce(r.first_cause, 'unknown') as cause, f.family, r.is_fallback,
        r.served_by = 'preferred' and not r.is_partial as is_success,
        s.restart_at
    from requests as r
    inner join restarts as s
        on r.workflow is not distinct from s.workflow and r.preferred_model = s.preferred_model and r.started_at >= s.restart_at
    left join cause_families as f on coalesce(r.first_cause, 'unknown') = f.cause
)

select
    *,
    sum(case when is_success then 0 else 1 end) over (
        partition by workflow, preferred_model order by started_at, request_id rows unbounded preceding
    ) as island,
    row_number() over (partition by workflow, preferred_model order by started_at, request_id) as place
from stream
