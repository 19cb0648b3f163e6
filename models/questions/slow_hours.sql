-- [question]
-- ask = "In which hours of the last two weeks were the answers of which model slow?"
--
-- A 95th percentile within 5%, of hours with at least twenty calls. Calls that were cut off count with the time until
-- then: where there are any, it is the least that the percentile can be.
with ranked as (
    select
        model, period_start, is_cut, bucket, requests,
        sum(requests) over (partition by model, period_start order by bucket) as calls_until,
        sum(requests) over (partition by model, period_start) as calls
    from latency_hours
    where measure = 'answer_ms'
)

select
    model,
    period_start as hour,
    max(calls) as calls,
    coalesce(sum(requests) filter (where is_cut), 0) as cut_off,
    round(0.95 * pow(1.05 / 0.95, min(bucket) filter (where calls_until >= 0.95 * calls))) as p95_ms
from ranked
where bucket > -32768
group by model, period_start
having max(calls) >= 20
order by p95_ms desc, model, hour
limit 50
