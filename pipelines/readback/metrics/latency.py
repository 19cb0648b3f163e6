"""Latency quantiles, read off merged histograms; percentiles are never averaged.

Calls that were cut off keep their place as calls that took longer: among them a quantile is known from below only.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

import polars as pl

from readback import stats, store
from readback.contracts.vocabulary import Dimension, Grain, MetricLane, MetricStatus
from readback.metrics import rollup
from readback.metrics.correlation import pooled
from readback.metrics.definitions import Definition

_KEY = ["grain", "period_start", "dimension", "member"]

Key = tuple[str, datetime, str, str]


def latency_figures(con: store.Connection, wanted: Sequence[Definition], zone: str, minimum_n: int) -> pl.DataFrame:
    """One row per figure of the quantile metrics, with its status."""
    rows = [row for definition in wanted for row in _figures(con, definition, zone, minimum_n)]
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


def _figures(con: store.Connection, definition: Definition, zone: str, minimum_n: int) -> Iterator[dict[str, object]]:
    _keep_cells(con, definition, zone)
    worth = _effective_n(con, definition)
    for key, cells in _merged(con, definition).group_by(_KEY, maintain_order=True):
        named = dict(zip(_KEY, key, strict=True))
        yield named | _figure(definition, cells, worth[tuple(named.values())], minimum_n)
    con.execute("drop table latency_cells")


def _keep_cells(con: store.Connection, definition: Definition, zone: str) -> None:
    """`latency_cells`: the buckets of each day by member; those of calls that were cut off stay apart."""
    sql = f"""create or replace temp table latency_cells as
        with cells as (
            select day, '*' as everything, coalesce(workflow, '(none)') as workflow, coalesce(model, '(none)') as model,
                is_cut, bucket, bucket_count, cut_after_ms
            from (\n{store.model(f"metrics/{definition.metric}")})
        )
        select *, 'all' as dimension, everything as member from cells
        union all select *, 'workflow', workflow from cells
        union all select *, 'model', model from cells"""
    con.execute(sql, {"timezone": zone})


def _merged(con: store.Connection, definition: Definition) -> pl.DataFrame:
    """Buckets by period and member, merged by adding."""
    sql = """
        select asked.grain, periods.period_start, cells.dimension, cells.member, cells.is_cut, cells.bucket,
            cast(sum(cells.bucket_count) as bigint) as bucket_count, min(cells.cut_after_ms) as cut_after_ms
        from latency_cells as cells
        inner join asked on asked.metric = $metric and asked.dimension = cells.dimension
        inner join periods on periods.day = cells.day and periods.grain = asked.grain
        group by all
        order by all"""
    return rollup.fetch(con, sql, {"metric": definition.metric})


def _effective_n(con: store.Connection, definition: Definition) -> Mapping[Key, float]:
    """Independent calls that those of each figure are worth: the slow ones of a day come together."""
    bound = {"metric": definition.metric, "quantile": definition.quantile}
    sums = rollup.fetch(con, store.model("marts/latency_clusters"), bound)
    is_pooled = (pl.col("grain") == Grain.MONTH.value) & (pl.col("dimension") == Dimension.WORKFLOW.value)
    icc = pooled(sums.filter(is_pooled))
    worth = stats.effective_n(sums["n"].to_numpy(), sums["n2"].to_numpy(), icc)
    return {key: float(of) for key, of in zip(sums.select(_KEY).iter_rows(), worth, strict=True)}


def _figure(definition: Definition, cells: pl.DataFrame, worth: float, minimum_n: int) -> dict[str, object]:
    found = stats.sketch_quantile(
        cells["bucket"].to_numpy(),
        cells["bucket_count"].to_numpy(),
        definition.quantile or 0.5,
        is_cut=cells["is_cut"].to_numpy(),
        cut_after=cells["cut_after_ms"].fill_null(float("nan")).to_numpy(),
        effective_n=worth,
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
