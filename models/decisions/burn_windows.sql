-- One row: one workflow, indicator and window that ends with the newest request, with its requests and the bad ones.
-- Reads: requests (of three days only). Bound: $as_of inclusive, $preferred_objective, $held_objective.
-- The newest request up to the watermark, not the watermark: another log may be hours ahead of the gateway's.
-- Bad is: off the preferred model, or held; what the log cannot tell is left out. run_squares: sum over runs of their
-- squared requests, from which the effective n follows.
with windows(window_s) as (
    values (300), (1800), (3600), (21600), (259200)
),

newest as (
    select max(started_at) as ends_at from requests where started_at <= $as_of
),

seen as (
    select
        r.workflow, r.workflow_class, r.run_id, r.preferred_model, r.is_fallback, r.served_by, r.started_at, n.ends_at,
        epoch(n.ends_at) - epoch(r.started_at) as age_s
    from requests as r
    cross join newest as n
    where r.started_at > n.ends_at - interval '3 days' and r.started_at <= n.ends_at
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
        i.indicator, i.objective, i.workflow, w.window_s, i.ends_at, i.run_id,
        count(*) as n, sum(i.is_bad) as x,
        min(case when i.is_bad = 1 then i.started_at end) as first_bad_at,
        max(case when i.is_bad = 1 then i.started_at end) as last_bad_at
    from indicated as i
    inner join windows as w on i.age_s < w.window_s
    group by i.indicator, i.objective, i.workflow, w.window_s, i.ends_at, i.run_id
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
    r.ends_at,
    r.objective
from runs as r
inner join places as p on r.workflow is not distinct from p.workflow
group by r.workflow, p.workflow_class, r.indicator, r.window_s, p.preferred_model, r.ends_at, r.objective
order by r.indicator, r.workflow, r.window_s
