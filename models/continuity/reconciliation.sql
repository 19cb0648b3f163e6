-- One row per counter, subject, model and hour in [$from_at, $to_at): what a source counted against what the logs hold.
-- Reads source_counters, counter_subjects, counted_stretches, logged_counts, model_names, requests, policy_substitutes.
--
-- The first and last hour of a log count only where its silence there is no longer than its own pace explains (three
-- rows), or, at its end, where it was read an hour after. Where counter and log each have a model that the other lacks,
-- the two may be one model by two names.
with subjects as (
    select distinct source, compared_with from counter_subjects
),

counted as (
    select
        c.source, c.counter, c.counts, s.compared_with, c.hour, coalesce(n.model, c.model) as model, sum(c.counted) as counted
    from source_counters as c
    inner join subjects as s on c.source = s.source
    left join model_names as n on c.model = n.name
    where c.hour >= $from_at and c.hour < $to_at
    group by c.source, c.counter, c.counts, s.compared_with, c.hour, coalesce(n.model, c.model)
),

held as (
    select *, case when counts = 'output_tokens' then output_tokens else row_count end as logged from logged_counts
),

paired as (
    select
        c.*,
        coalesce(h.logged, 0) as logged,
        h.logged is null and c.model is not null and c.counted > 0 as is_unmatched
    from counted as c
    left join held as h
        on c.source = h.source and c.counter = h.counter and c.counts = h.counts and c.compared_with = h.compared_with
        and c.hour = h.hour and c.model is not distinct from h.model
),

around as (
    select
        h.source, h.counter, h.counts, h.compared_with, h.hour,
        sum(h.row_count) as row_count, max(h.heaviest) as heaviest, sum(h.without_tokens) as without_tokens,
        sum(case when c.source is null then h.logged else 0 end) as strange
    from held as h
    left join counted as c
        on h.source = c.source and h.counter = c.counter and h.counts = c.counts and h.compared_with = c.compared_with
        and h.hour = c.hour and h.model is not distinct from c.model
    group by h.source, h.counter, h.counts, h.compared_with, h.hour
),

shares as (
    select
        served_model as model, cast(started_at as date) as day,
        avg(case when is_fallback then 1.0 else 0.0 end) as fallback_share,
        sum(sum(case when is_fallback then 1 else 0 end)) over (partition by cast(started_at as date))
            / sum(count(*)) over (partition by cast(started_at as date)) as overall_share
    from requests
    where is_fallback is not null and served_model is not null and started_at >= $from_at and started_at < $to_at
    group by served_model, cast(started_at as date)
),

compared as (
    select
        p.*, s.from_at, s.until_at, d.fallback_share, d.overall_share,
        case
            when a.row_count * (epoch(s.first_at) - epoch(s.from_at))
                > 3 * greatest(epoch(s.until_at) - epoch(s.first_at), 1) then 'the log begins later than this time'
            when s.loaded_at < s.until_at + interval 1 hour
                and coalesce(a.row_count, 1) * (epoch(s.until_at) - epoch(s.last_at))
                > 3 * greatest(epoch(s.last_at) - epoch(s.from_at), 1) then 'the log that was read ends before this time does'
            when a.heaviest > 1 then 'the log holds a sample only'
            when p.counts = 'output_tokens' and a.without_tokens > 0 then 'the log does not name the tokens of every answer'
            when p.is_unmatched and a.strange >= p.counted then 'counter and log each name a model that the other does not'
            when s.reset_count > 0 and p.logged > p.counted then 'the counter was reset, and may have lost as many'
        end as missing_reason
    from paired as p
    inner join counted_stretches as s
        on p.source = s.source and p.counter = s.counter and p.counts = s.counts and p.compared_with = s.compared_with and p.hour = s.hour
    left join around as a
        on p.source = a.source and p.counter = a.counter and p.counts = a.counts and p.compared_with = a.compared_with and p.hour = a.hour
    left join shares as d on p.model = d.model and cast(p.hour as date) = d.day
    where p.model is not null or not s.is_split
)

select
    source, counter, counts, compared_with, model, hour, from_at, until_at,
    cast(counted as bigint) as counted,
    case when missing_reason is null then cast(logged as bigint) end as logged,
    case when missing_reason is null then cast(counted - logged as bigint) end as missing,
    missing_reason,
    cast(fallback_share as double) as fallback_share,
    case
        when missing_reason is not null or counted <= logged then null
        when fallback_share > overall_share then 'down'
        when fallback_share < overall_share then 'up'
        when fallback_share = overall_share then 'none'
        when model in (select target from policy_substitutes where target_kind = 'model') then 'down'
    end as bias
from compared
