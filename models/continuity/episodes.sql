-- One row per episode: a stretch in which a workflow was off its preferred model, with what happened inside it.
-- `episode_spans` says from when to when, `episode_stream` holds the requests. Without a seen recovery it stays open or,
-- after $gap_s of silence, quiet: censored at the last fallback, never closed. The provider is that of the opening day.
with counted as (
    select
        b.workflow, b.preferred_model, b.family, b.opened_at,
        count(*) as request_count,
        count(*) filter (where n.is_fallback and n.family = b.family) as fallback_count,
        count(*) filter (where n.served_by = 'nobody') as failed_count,
        mode(n.cause order by n.cause) filter (where n.is_fallback and n.family = b.family) as cause,
        arg_min(n.workflow_class, n.place) as workflow_class,
        arg_min(n.team, n.place) as team,
        arg_max(n.served_by, n.place) filter (where n.is_fallback) as last_served_by,
        list(n.served_model) filter (where n.is_fallback and n.served_model is not null) as served
    from episode_spans as b
    inner join episode_stream as n
        on b.workflow is not distinct from n.workflow and b.preferred_model = n.preferred_model
        and n.started_at >= b.opened_at and n.started_at <= coalesce(b.recovered_at, b.last_seen_at)
    group by b.workflow, b.preferred_model, b.family, b.opened_at
)

select
    md5(concat_ws('/', coalesce(b.workflow, ''), b.preferred_model, b.family, cast(epoch_us(b.opened_at) as varchar))) as episode_id,
    b.workflow, c.workflow_class, c.team, b.preferred_model, b.family as cause_family, c.cause, coalesce(p.provider, q.provider) as provider,
    b.opened_at, b.recovered_at, b.last_seen_at,
    case
        when b.recovered_at is not null then 'recovered'
        when c.last_served_by in ('hold', 'manual') then 'held'
        when b.last_seen_at + to_seconds($gap_s) >= $as_of then 'open'
        else 'quiet'
    end as state,
    (epoch_us(case
        when b.recovered_at is not null then b.recovered_at
        when b.last_seen_at + to_seconds($gap_s) >= $as_of then $as_of
        else b.last_seen_at
    end) - epoch_us(b.opened_at)) / 1000000.0 as duration_s,
    b.recovered_at is not null as is_recovered,
    c.request_count, c.fallback_count, c.failed_count, b.flap_count,
    coalesce(list_sort(list_distinct(c.served)), []) as substitutes,
    $rule_version as rule_version
from episode_spans as b
inner join counted as c
    on b.workflow is not distinct from c.workflow and b.preferred_model = c.preferred_model and b.family = c.family and b.opened_at = c.opened_at
left join model_providers as p on b.preferred_model = p.model and cast(b.opened_at as date) = p.day
left join model_providers as q on b.preferred_model = q.model and cast(b.recovered_at as date) = q.day
