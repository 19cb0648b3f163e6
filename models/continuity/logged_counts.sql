-- One row per counted stretch and model: what the logs hold of it, counted as the counter counts.
-- Reads counted_stretches, counter_subjects, attempts, model_names, observed_twice.
--
-- An attempt belongs to the time in which it ended, a request to that of its last attempt. Of the calls to a provider the
-- row of a second observer is left out, and an answer from a cache, which never reached the provider. Stretches are
-- looked up by the hours that they touch.
with told as (
    select
        a.source as log_source, a.provider, a.status, a.output_tokens, a.weight,
        coalesce(a.is_cache_hit, false) as is_cache_hit,
        coalesce(a.ended_at, a.started_at) as ended_at,
        date_trunc('hour', coalesce(a.ended_at, a.started_at)) as ended_hour,
        coalesce(served.model, asked.model) as model,
        twice.attempt_id is not null as is_second,
        row_number() over (partition by a.request_id order by coalesce(a.ended_at, a.started_at) desc, a.attempt_id) = 1 as is_last
    from attempts as a
    left join model_names as served on a.model_served = served.name
    left join model_names as asked on a.model_requested = asked.name
    left join observed_twice as twice on a.attempt_id = twice.attempt_id
    where a.started_at >= $from_at - to_seconds($overlap_s) and a.started_at < $to_at + to_seconds($longest_s)
),

hours as (
    select distinct ended_hour from told
),

touched as (
    select s.source, s.counter, s.counts, s.compared_with, s.hour, s.from_at, s.until_at, s.is_split, h.ended_hour
    from counted_stretches as s
    inner join hours as h
        on h.ended_hour >= date_trunc('hour', s.from_at) and h.ended_hour < s.until_at
),

spoken_of as (
    select j.source, j.compared_with, t.* from told as t
    inner join counter_subjects as j on t.log_source = j.log_source
    union all
    select j.source, j.compared_with, t.* from told as t
    inner join counter_subjects as j on t.provider = j.provider
    where not t.is_second and not t.is_cache_hit
)

select
    s.source, s.counter, s.counts, s.compared_with, s.hour,
    case when s.is_split then t.model end as model,
    count(*) as row_count,
    sum(t.output_tokens) as output_tokens,
    count(*) - count(t.output_tokens) as without_tokens,
    max(t.weight) as heaviest
from touched as s
inner join spoken_of as t
    on s.source = t.source and s.compared_with = t.compared_with and s.ended_hour = t.ended_hour
where t.ended_at >= s.from_at and t.ended_at < s.until_at
    and (s.counts = 'attempts' or (s.counts = 'requests' and t.is_last) or (s.counts in ('answers', 'output_tokens') and t.status = 'ok'))
group by s.source, s.counter, s.counts, s.compared_with, s.hour, case when s.is_split then t.model end
