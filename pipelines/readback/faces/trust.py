"""How far the figures can be trusted: how old sources are, how mature outcomes, which workflows lack a class."""

import polars as pl

from readback.faces import asked
from readback.store import Connection


def freshness(con: Connection) -> pl.DataFrame:
    """Sources by age of their newest record, oldest first; `age_s` counts to the newest record of all."""
    sql = """
        with told as (
            select source, count(*) as files, sum(rows)::bigint as rows, min(first_at) as first_at,
                max(last_at) as last_at
            from files where source is not null and state = 'loaded' group by source
        )
        select *, date_diff('second', last_at, (select max(as_of) from metric_values)) as age_s
        from told order by last_at, source
    """
    return asked.frame(con, sql)


def maturity(con: Connection) -> pl.DataFrame:
    """Coverage and maturity of each outcome metric over all time, with the reason where it has no figure."""
    sql = """
        select metric, numerator, denominator, coverage, maturity,
            case when is_maturing and status <> 'not_reported' then status || ', maturing' else status end as status
        from metric_values
        where grain = 'all' and dimension = 'all' and lane = 'all'
          and metric in ('rework_rate', 'override_rate', 'downstream_error_rate', 'review_coverage')
        order by metric
    """
    return asked.frame(con, sql)


def unclassed(con: Connection) -> pl.DataFrame:
    """Workflows that no class of the policy takes, and requests that name none, busiest first."""
    sql = """
        select coalesce(workflow, '(none)') as workflow, count(*) as requests, max(started_at) as last_at
        from requests where workflow_class is null group by all order by requests desc, workflow limit 100
    """
    return asked.frame(con, sql)


def with_share(coverage: pl.DataFrame) -> pl.DataFrame:
    """What outcome sources were able to see, the share of a sample beside its mode."""
    share = pl.format("{} {}%", "mode", (100 * pl.col("sample_rate")).round(1))
    return coverage.with_columns(mode=pl.coalesce(share, "mode"))
