-- One row per episode: a stretch in which a workflow was off its preferred model, for one family of causes.
-- Opens at the first of $open_count fallbacks within $open_within_s. A gap between fallbacks over $gap_s, or evidence
-- of recovery between them, ends it. Evidence is an island of $close_count preferred answers in a row, spanning
-- $close_span_s, that begins within $gap_s of the last fallback; recovered_at is the first of them. Without evidence
-- it stays open or, after $gap_s of silence, quiet: censored at the last fallback. An opening within $hysteresis_s of
-- a recovery is the same episode flapping. Each workflow is read from its `restarts` on, where no episode was open.
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
),

numbered as (
    select
        *,
        sum(case when is_success then 0 else 1 end) over (
            partition by workflow, preferred_model order by started_at, request_id rows unbounded preceding
        ) as island,
        row_number() over (partition by workflow, preferred_model order by started_at, request_id) as place
    from stream
),

islands as (
    select workflow, preferred_model, island, min(started_at) as recovered_at
    from numbered
    where is_success
    group by workflow, preferred_model, island
    having count(*) >= $close_count and epoch_us(max(started_at)) - epoch_us(min(started_at)) >= $close_span_s * 1000000
),

fallbacks as (
    select
        n.*,
        lead(n.started_at) over by_family as next_at,
        lead(n.started_at, $open_count - 1) over by_family as opening_at
    from numbered as n
    where n.is_fallback
    window by_family as (partition by n.workflow, n.preferred_model, n.family order by n.started_at, n.request_id)
),

recoveries as (
    select f.request_id, min(i.recovered_at) as recovered_at
    from fallbacks as f
    inner join islands as i
        on f.workflow is not distinct from i.workflow and f.preferred_model = i.preferred_model
        and i.recovered_at > f.started_at and i.recovered_at <= f.started_at + to_seconds($gap_s)
    where f.next_at is null or i.recovered_at < f.next_at
    group by f.request_id
),

cut as (
    select
        f.*,
        v.recovered_at,
        v.recovered_at is not null or f.next_at is null or f.next_at > f.started_at + to_seconds($gap_s) as is_last,
        f.opening_at <= f.started_at + to_seconds($open_within_s) as is_opening
    from fallbacks as f
    left join recoveries as v on f.request_id = v.request_id
),

stretched as (
    select
        *,
        coalesce(sum(case when is_last then 1 else 0 end) over (
            partition by workflow, preferred_model, family order by started_at, request_id
            rows between unbounded preceding and 1 preceding
        ), 0) as stretch
    from cut
),

opened as (
    select
        workflow, preferred_model, family, stretch,
        min(started_at) filter (where is_opening) as opened_at,
        max(recovered_at) as recovered_at,
        max(started_at) as last_seen_at
    from stretched
    group by workflow, preferred_model, family, stretch
    having max(case when is_opening then 1 else 0 end) = 1
),

flapping as (
    select
        *,
        coalesce(opened_at <= lag(recovered_at) over by_family + to_seconds($hysteresis_s), false) as is_flap
    from opened
    window by_family as (partition by workflow, preferred_model, family order by opened_at)
),

spelled as (
    select *, sum(case when is_flap then 0 else 1 end) over (
        partition by workflow, preferred_model, family order by opened_at rows unbounded preceding
    ) as spell
    from flapping
),

spans as (
    select
        workflow, preferred_model, family,
        min(opened_at) as opened_at,
        arg_max(recovered_at, opened_at) as closed_at,
        max(case when recovered_at is null then opened_at end) as unrecovered_at,
        max(opened_at) as last_opened_at,
        max(last_seen_at) as last_seen_at,
        count(*) - 1 as flap_count
    from spelled
    group by workflow, preferred_model, family, spell
),

bounded as (
    select *, case when unrecovered_at is distinct from last_opened_at then closed_at end as recovered_at
    from spans
),

counted as (
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
    from bounded as b
    inner join numbered as n
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
from bounded as b
inner join counted as c
    on b.workflow is not distinct from c.workflow and b.preferred_model = c.preferred_model and b.family = c.family and b.opened_at = c.opened_at
left join model_providers as p on b.preferred_model = p.model and cast(b.opened_at as date) = p.day
left join model_providers as q on b.preferred_model = q.model and cast(b.recovered_at as date) = q.day
