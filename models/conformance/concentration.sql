-- [question]
-- ask = "What fails together, and which classes would have no way out?"
-- [parameters]
-- as_of = ""
--
-- One row: one failure domain of the versions in force at $as_of, with how much would stop with it.
-- Reads: policies, policy_classes, policy_substitutes, requests.
-- `stranded_classes` prefer a model there and have no way out: no model elsewhere and no lane. Requests are counted over
-- the 28 days before, by the domain of the model that answered; NULL is what the catalogue does not place.
-- $as_of empty: as of the newest figures.
with moment as (
    select coalesce(try_cast($as_of as timestamptz), max(as_of)) as as_of from metric_values
),

in_force as (
    select policy_id, version from policies cross join moment as m
    where status = 'active' and effective_from <= m.as_of and (effective_to is null or effective_to > m.as_of)
),

homes as (
    select c.policy_id, c.version, c.class_id, c.preferred_models, c.failure_domain
    from policy_classes as c semi join in_force as f on c.policy_id = f.policy_id and c.version = f.version
),

ways_out as (
    select
        h.policy_id, h.class_id,
        count(*) filter (
            where s.activation <> 'forbidden' and not s.is_target_denied and (s.expires_at is null or s.expires_at > m.as_of)
            and (s.target_kind <> 'model' or s.failure_domain <> h.failure_domain)
        ) as way_count
    from homes as h
    cross join moment as m
    left join policy_substitutes as s on s.policy_id = h.policy_id and s.version = h.version and s.class_id = h.class_id
    group by h.policy_id, h.class_id
),

placed as (
    select preferred_models[1] as model, max(failure_domain) as failure_domain from homes group by preferred_models[1]
    union
    select s.target, max(s.failure_domain)
    from policy_substitutes as s semi join in_force as f on s.policy_id = f.policy_id and s.version = f.version
    where s.target_kind = 'model'
    group by s.target
),

domains as (
    select model, max(failure_domain) as failure_domain from placed group by model
),

answered as (
    select d.failure_domain, sum(r.weight) as request_count
    from requests as r
    cross join moment as m
    left join domains as d on r.served_model = d.model
    where r.served_model is not null and r.started_at > m.as_of - interval 28 day and r.started_at <= m.as_of
    group by d.failure_domain
),

by_class as (
    select
        h.failure_domain,
        count(*) as class_count,
        list_sort(list(h.class_id) filter (where coalesce(w.way_count, 0) = 0)) as stranded_classes
    from homes as h left join ways_out as w on h.policy_id = w.policy_id and h.class_id = w.class_id
    group by h.failure_domain
)

select
    coalesce(b.failure_domain, a.failure_domain) as failure_domain,
    coalesce(b.class_count, 0) as preferring_class_count,
    coalesce(b.stranded_classes, []) as stranded_classes,
    a.request_count,
    a.request_count / sum(a.request_count) over () as request_fraction
from by_class as b
full outer join answered as a on b.failure_domain is not distinct from a.failure_domain
order by request_fraction desc nulls last, failure_domain nulls last
