"""Latency quantiles, read off merged histograms; percentiles are never averaged.

Calls that were cut off keep their place as calls that took longer: among them a quantile is known from below only.
"""

from collections.abc import Sequence

import polars as pl

from readback import stats, store
from readback.contracts.vocabulary import MetricLane, MetricStatus
from readback.metrics import rollup
from readback.metrics.definitions import Definition

_KEY = ["grain", "period_start", "dimension", "member"]


def latency_figures(con: store.Connection, wanted: Sequence[Definition], zone: str, minimum_n: int) -> pl.DataFrame:
    """One row per figure of the quantile metrics, with its status."""
    rows = [
        dict(zip(_KEY, key, strict=True)) | _figure(definition, cells, minimum_n)
        for definition in wanted
        for key, cells in _cells(con, definition, zone).group_by(_KEY, maintain_order=True)
    ]
    numbers = ("denominator", "value", "low", "high", "at_least", "effective_n")
    schema: dict[str, pl.DataType | type[pl.DataType]] = {
        "grain": pl.String,
        "period_start": pl.Datetime("us", "UTC"),
        "dimension": pl.String,
        "member": pl.String,
        "metric": pl.String,
        "lane": pl.String,
        **dict.fromkeys(numbers, pl.Float64),
        "status": pl.String,
    }
    return pl.DataFrame(rows, schema=schema, orient="row")


def _cells(con: store.Connection, definition: Definition, zone: str) -> pl.DataFrame:
    """Buckets by period and member, merged by adding; those of calls that were cut off stay apart."""
    sql = f"""
        with cells as (
            select day, '*' as everything, coalesce(workflow, '(none)') as workflow, coalesce(model, '(none)') as model,
                is_cut, bucket, bucket_count, cut_after_ms
            from (\n{store.model(f"metrics/{definition.metric}")})
        ),
        members as (
            select *, 'all' as dimension, everything as member from cells
            union all select *, 'workflow', workflow from cells
            union all select *, 'model', model from cells
        )
        select asked.grain, periods.period_start, members.dimension, members.member, members.is_cut, members.bucket,
            cast(sum(members.bucket_count) as bigint) as bucket_count, min(members.cut_after_ms) as cut_after_ms
        from members
        inner join asked on asked.metric = $metric and asked.dimension = members.dimension
        inner join periods on periods.day = members.day and periods.grain = asked.grain
        group by all
        order by all"""
    return rollup.fetch(con, sql, {"metric": definition.metric, "timezone": zone})


def _figure(definition: Definition, cells: pl.DataFrame, minimum_n: int) -> dict[str, object]:
    found = stats.sketch_quantile(
        cells["bucket"].to_numpy(),
        cells["bucket_count"].to_numpy(),
        definition.quantile or 0.5,
        is_cut=cells["is_cut"].to_numpy(),
        cut_after=cells["cut_after_ms"].fill_null(float("nan")).to_numpy(),
    )
    is_enough = found.n >= definition.threshold(minimum_n)
    return {
        "metric": definition.metric,
        "lane": MetricLane.ALL.value,
        "denominator": float(found.n),
        "value": found.value if is_enough else None,
        "low": found.low if is_enough else None,
        "high": found.high if is_enough else None,
        "at_least": found.at_least if is_enough else None,
        "effective_n": found.effective_n,
        "status": (MetricStatus.OK if is_enough else MetricStatus.TOO_FEW).value,
    }
