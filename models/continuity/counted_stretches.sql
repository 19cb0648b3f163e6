-- One row per counter, subject and hour in [$from_at, $to_at): the time that was counted, and how far the logs of the
-- subject reach. Reads source_counters, counter_subjects, log_files. A time that no log reaches into is left out.
with subjects as (
    select distinct source, compared_with from counter_subjects
),

stretches as (
    select
        c.source, c.counter, c.counts, s.compared_with, c.hour,
        min(c.from_at) as from_at,
        max(c.until_at) as until_at,
        max(case when c.model is not null then 1 else 0 end) = 1 as is_split,
        max(c.reset_count) as reset_count
    from source_counters as c
    inner join subjects as s on c.source = s.source
    where c.hour >= $from_at and c.hour < $to_at
    group by c.source, c.counter, c.counts, s.compared_with, c.hour
),

reached as (
    select
        s.source, s.counter, s.counts, s.compared_with, s.hour,
        min(f.first_at) as first_at,
        max(f.last_at) as last_at,
        max(f.loaded_at) as loaded_at,
        max(case when f.first_at <= s.until_at and f.last_at >= s.from_at then 1 else 0 end) = 1 as is_reached
    from stretches as s
    inner join counter_subjects as j on s.source = j.source and s.compared_with = j.compared_with
    inner join log_files as f on j.log_source is null or j.log_source = f.source
    group by s.source, s.counter, s.counts, s.compared_with, s.hour
)

select s.*, r.first_at, r.last_at, r.loaded_at
from stretches as s
inner join reached as r
    on s.source = r.source and s.counter = r.counter and s.counts = r.counts and s.compared_with = r.compared_with and s.hour = r.hour
where r.is_reached
