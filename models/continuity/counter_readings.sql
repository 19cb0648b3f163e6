-- One row per reading of an independent counter: a series of one scrape, or a bucket of a usage export.
-- A row without a reading_id could not be read; `problem` says why. What was counted is no part of the identity: a bucket
-- that is told again, and greater, is the same bucket.
with dated as (
    select * replace (coalesce(problem, case
        when read_at is null then
            'its time is not known: write "# scraped_at <time>" before the scrape, or the time into the name of its file'
        when read_at > $loaded_at + interval 1 day then 'its time lies in the future: ' || cast(read_at as varchar)
        when read_at < timestamptz '2015-01-01 00:00:00+00' then 'its time lies before 2015: ' || cast(read_at as varchar)
        when from_at >= read_at then 'its bucket ends before it begins'
        when not isfinite(total) or total < 0 or total > 1e15 then 'counts ' || cast(total as varchar)
    end) as problem)
    from canonical
)

select
    case when problem is null and read_at is not null and absent(counter) is not null and counts is not null
        then md5(concat_ws(
            '/', $source, counter, coalesce(instance, ''), coalesce(series, ''), coalesce(model, ''),
            coalesce(epoch_us(from_at), 0), epoch_us(read_at)
        )) end as reading_id,
    $source as source,
    absent(counter) as counter,
    counts,
    nullif(instance, '') as instance,
    series,
    absent(model) as model,
    from_at,
    read_at,
    total,
    started_at,
    $file_id as file_id,
    line,
    problem,
    is_ignored
from dated
