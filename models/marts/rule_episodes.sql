-- One row per episode that opens in a stale month under one rule: how long it is known to last. Reads episode_spans, of
-- rule_stream, and stale_months(month_at, ends_at, until_at). An open one lasts until the month is left out of sight.
select
    m.month_at,
    b.recovered_at is not null as is_recovered,
    (epoch_us(case
        when b.recovered_at is not null then b.recovered_at
        when b.last_seen_at + to_seconds($gap_s) >= m.until_at then m.until_at
        else b.last_seen_at
    end) - epoch_us(b.opened_at)) / 1000000.0 as duration_s
from episode_spans as b
inner join stale_months as m
    on starts_with(b.workflow, concat(cast(epoch_us(m.month_at) as varchar), '/'))
    and b.opened_at >= m.month_at and b.opened_at < m.ends_at
