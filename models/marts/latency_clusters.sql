-- One row per period, dimension and member of a latency metric: sums over its clusters, from which the effective n follows.
-- Reads latency_cells (day, workflow, dimension, member, bucket, bucket_count), asked, periods. Bound: $metric, $quantile.
--
-- A cluster is one workflow on one day, whose calls share load and outages; n its calls, x those slower than the quantile.
with placed as (
    select
        asked.grain, periods.period_start, cells.dimension, cells.member, cells.workflow, cells.day, cells.bucket,
        cells.bucket_count
    from latency_cells as cells
    inner join asked on asked.metric = $metric and asked.dimension = cells.dimension
    inner join periods on periods.day = cells.day and periods.grain = asked.grain
),

merged as (
    select grain, period_start, dimension, member, bucket, sum(bucket_count) as bucket_count
    from placed
    group by grain, period_start, dimension, member, bucket
),

ranked as (
    select
        *,
        sum(bucket_count) over (partition by grain, period_start, dimension, member order by bucket) as calls_until,
        sum(bucket_count) over (partition by grain, period_start, dimension, member) as calls
    from merged
),

quantiles as (
    select grain, period_start, dimension, member, min(bucket) as bucket
    from ranked
    where calls_until >= ceil($quantile * calls - 1e-9)
    group by grain, period_start, dimension, member
),

clusters as (
    select
        c.grain, c.period_start, c.dimension, c.member, c.workflow, c.day,
        sum(c.bucket_count) as n,
        sum(case when c.bucket > q.bucket then c.bucket_count else 0 end) as x
    from placed as c
    inner join quantiles as q
        on c.grain = q.grain and c.period_start = q.period_start and c.dimension = q.dimension and c.member = q.member
    group by c.grain, c.period_start, c.dimension, c.member, c.workflow, c.day
)

select
    grain, period_start, dimension, member,
    cast(count(*) as double) as cluster_count,
    cast(sum(n) as double) as n,
    cast(sum(n * n) as double) as n2,
    cast(sum(n * n * n) as double) as n3,
    cast(sum(x) as double) as x,
    cast(sum(x * x) as double) as x2,
    cast(sum(x * n) as double) as xn
from clusters
group by grain, period_start, dimension, member
order by grain, period_start, dimension, member
