-- One row per counter, model and hour in [$from_at, $to_at): what the source counted. Reads counter_readings.
--
-- A counter that only rises: what it rose by between neighbouring scrapes of one instance, at most $longest_s apart, summed
-- over those whose middle lies in the hour. A series that is new since the scrape before began at 0; one that fell, or whose
-- process is younger than the scrape before, was reset, and has counted its whole value since. A bucket counts as it is;
-- where buckets of several widths begin in one hour, the narrowest hold. Nothing counted is one row of 0.
with readings as (
    select * from counter_readings
    where read_at >= $from_at - to_seconds($longest_s) and read_at < $to_at + to_seconds($longest_s)
),

scrapes as (
    select *, lag(read_at) over (partition by source, counter, instance order by read_at) as scraped_before_at
    from (select distinct source, counter, instance, read_at from readings where from_at is null)
),

told as (
    select *, lag(total) over (partition by source, counter, instance, series order by read_at) as total_before
    from readings
    where from_at is null
),

rises as (
    select
        t.source, t.counter, t.counts, t.model, s.scraped_before_at as from_at, t.read_at as until_at, t.file_id, t.line, 0 as width_s,
        case
            when t.total_before is null or t.total < t.total_before or t.started_at > s.scraped_before_at then coalesce(t.total, 0)
            else t.total - t.total_before
        end as counted,
        coalesce(t.total < t.total_before or t.started_at > s.scraped_before_at, false) as is_reset
    from told as t
    inner join scrapes as s
        on t.source = s.source and t.counter = s.counter and t.instance is not distinct from s.instance and t.read_at = s.read_at
    where s.scraped_before_at >= t.read_at - to_seconds($longest_s)
),

counts as (
    select * from rises
    union all
    select
        source, counter, counts, model, from_at, read_at, file_id, line,
        cast((epoch_us(read_at) - epoch_us(from_at)) / 1000000 as integer), coalesce(total, 0), false
    from readings
    where from_at is not null
),

placed as (
    select
        *,
        date_trunc('hour', case
            when width_s > 0 then from_at
            else from_at + to_seconds((epoch(until_at) - epoch(from_at)) / 2)
        end) as hour
    from counts
)

select
    source, counter, counts, model, hour,
    min(from_at) as from_at,
    max(until_at) as until_at,
    cast(round(sum(counted)) as bigint) as counted,
    cast(count(distinct case when is_reset then until_at end) as bigint) as reset_count,
    arg_max(file_id, until_at) as file_id,
    arg_max(line, until_at) as line
from placed
where hour >= $from_at and hour < $to_at
group by source, counter, counts, model, hour, width_s
qualify row_number() over (partition by source, counter, model, hour order by width_s) = 1
