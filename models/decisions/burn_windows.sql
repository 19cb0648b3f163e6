-- One row: one workflow, indicator and window that ends at the watermark, with its requests and the bad ones among them.
-- Reads: requests (of three days only). Bound: $as_of inclusive, $preferred_objective, $held_objective.
-- Bad is: off the preferred model, or held; what the log cannot tell is left out. run_squares: sum over runs of their
-- squared requests, from which the effective n follows.
with windows(window_s) as (
    values (300), (1800), (3600), (21600), (259200)
),

seen as (
    select
        workflow, workflow_class, run_id, preferred_model, is_fallback, served_by, started_at,
        epoch($as_of) - epoch(started_at) as age_s
    from requests
    where started_at > $as_of - interval '3 days' and started_at <= $as_of
),

indicated as (
    select *, 'served_by_preferred' as indicator, case when is_fallback then 1 else 0 end as is_bad, $preferred_objective as objective
    from seen
    where is_fallback is not null
    union all
    select *, 'not_held' as indicator, case when served_by = 'hold' then 1 else 0 end as is_bad, $held_objective as objective
    from seen
    where served_by is not null
),

runs as (
    select
        i.indicator, i.objective, i.workflow, w.window_s, i.run_id,
        count(*) as n, sum(i.is_bad) as x,
        min(case when i.is_bad = 1 then i.started_at end) as first_bad_at,
        max(case when i.is_bad = 1 then i.started_at end) as last_bad_at
    from indicated as i
    inner join windows as w on i.age_s < w.window_s
    group by i.indicator, i.objective, i.workflow, w.window_s, i.run_id
),

places as (
    select workflow, preferred_model, workflow_class from seen
    group by workflow, preferred_model, workflow_class
    qualify row_number() over (partition by workflow order by count(*) desc, preferred_model, workflow_class) = 1
)

select
    r.workflow, p.workflow_class, r.indicator, r.window_s,
    cast(sum(r.n) as bigint) as request_count,
    cast(sum(r.x) as bigint) as bad_count,
    cast(sum(r.n * r.n) as bigint) as run_squares,
    p.preferred_model,
    min(r.first_bad_at) as first_bad_at,
    max(r.last_bad_at) as last_bad_at,
    r.objective
from runs as r
inner join places as p on r.workflow is not distinct from p.workflow
group by r.workflow, p.workflow_class, r.indicator, r.window_s, p.preferred_model, r.objective
order by r.indicator, r.workflow, r.window_s
