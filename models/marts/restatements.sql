-- One row per figure of a period that had ended by the previous watermark and that later data changed. Reads
-- previous_values and metric_values; `$previous_as_of`, `$as_of`, `$timezone`.
--
-- A figure that was not there counts as nothing, so that what was published plus all changes is what is published now.
-- Sums of floating numbers may differ in their last digits without anything having changed.
with compared as (
    select
        coalesce(now.metric, before.metric) as metric,
        coalesce(now.grain, before.grain) as grain,
        coalesce(now.period_start, before.period_start) as period_start,
        coalesce(now.dimension, before.dimension) as dimension,
        coalesce(now.member, before.member) as member,
        coalesce(now.lane, before.lane) as lane,
        coalesce(now.numerator, 0) - coalesce(before.numerator, 0) as numerator_change,
        coalesce(now.denominator, 0) - coalesce(before.denominator, 0) as denominator_change,
        coalesce(abs(now.numerator), 0) + coalesce(abs(before.numerator), 0) + 1 as scale,
        coalesce(now.denominator, before.denominator) is not null as has_denominator,
        before.value as previous_value,
        now.value
    from previous_values as before
    full join metric_values as now
        on now.metric = before.metric
        and now.grain = before.grain
        and now.period_start = before.period_start
        and now.dimension = before.dimension
        and now.member = before.member
        and now.lane = before.lane
),

ended as (
    select
        *,
        case grain
            when 'day' then (period_start at time zone $timezone) + interval '1 day'
            when 'week' then (period_start at time zone $timezone) + interval '7 days'
            when 'month' then (period_start at time zone $timezone) + interval '1 month'
            when 'quarter' then (period_start at time zone $timezone) + interval '3 months'
        end at time zone $timezone as ends_at
    from compared
)

select
    metric, grain, period_start, dimension, member, lane,
    cast($previous_as_of as timestamptz) as previous_as_of,
    cast($as_of as timestamptz) as as_of,
    numerator_change,
    case when has_denominator then denominator_change end as denominator_change,
    previous_value,
    value
from ended
where ends_at <= $previous_as_of and (abs(numerator_change) > 1e-9 * scale or abs(denominator_change) > 1e-9)
