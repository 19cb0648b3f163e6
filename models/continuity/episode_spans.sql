-- One row per episode: from when to when a workflow was off its preferred model, for one family of causes.
-- Opens at the first of $open_count fallbacks within $open_within_s. A gap between fallbacks over $gap_s, or evidence
-- of recovery between them, ends it. Evidence is an island of $close_count preferred answers in a row, spanning
-- $close_span_s, that begins within $gap_s of the last fallback; recovered_at is the first of them, and NULL without it.
-- An opening within $hysteresis_s of a recovery is the same episode flapping.
with islands as (
    select workflow, preferred_model, island, min(started_at) as recovered_at
    from episode_stream
    where is_success
    group by workflow, preferred_model, island
    having count(*) >= $close_count and epoch_us(max(started_at)) - epoch_us(min(started_at)) >= $close_span_s * 1000000
),

fallbacks as (
    select
        n.*,
        lead(n.started_at) over by_family as next_at,
        lead(n.started_at, $open_count - 1) over by_family as opening_at
    from episode_stream as n
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
)

select
    workflow, preferred_model, family, opened_at, last_seen_at, flap_count,
    case when (unrecovered_at is distinct from last_opened_at) then closed_at end as recovered_at
from spans
