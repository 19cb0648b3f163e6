"""How alike the runs of a cluster are: one intraclass correlation per lane, pooled over workflows and months.

A figure is widened by what was settled when it was itself: an outcome that arrives late changes the figures of its own
run, and no interval beside them.
"""

from collections.abc import Callable
from datetime import datetime

import polars as pl

from readback import stats
from readback.stats.estimate import Floats

FEWEST_CLUSTERS = 30
"""Clusters below which the correlation is assumed rather than estimated."""

Estimator = Callable[[stats.ClusterSums], float | None]

_SUMS = ("n", "n2", "n3", "x", "x2", "xn")


def correlations(figures: pl.DataFrame, months: pl.DataFrame) -> Floats:
    """One correlation per row of `figures` of one metric, of which `lane` and `closes_at` are read.

    Args:
        figures: Rows of the roll-up; `closes_at` is when the last window of its runs ended, NULL without outcomes.
        months: Rows of `cluster_months` of the same metric. Those count whose windows ended in a month before that of
            the figure's; all of them where there is no window.

    Returns:
        `stats.DEFAULT_ICC` where too few clusters count, or none of their strata can tell.
    """
    asked = figures.select("lane", pl.col("closes_at").dt.truncate("1mo").alias("before_at"))
    known = asked.unique(maintain_order=True)
    found = [_pooled(months, lane, before_at) for lane, before_at in known.iter_rows()]
    icc = known.with_columns(pl.Series("icc", found, dtype=pl.Float64))
    told = asked.join(icc, on=["lane", "before_at"], how="left", nulls_equal=True, maintain_order="left")
    return told["icc"].to_numpy().astype("float64")


def pooled(strata: pl.DataFrame, estimate: Estimator = stats.interval_icc) -> float:
    """One correlation of all strata, a row each with its clusters and sums over them.

    Args:
        strata: Rows with `cluster_count` and the sums of `stats.ClusterSums`.
        estimate: What is told of the correlation: by default that by which an interval is widened.

    Returns:
        `stats.DEFAULT_ICC` where the clusters are too few, or no stratum can tell.
    """
    if strata["cluster_count"].sum() < FEWEST_CLUSTERS:
        return stats.DEFAULT_ICC
    found = estimate(stats.ClusterSums(**{name: strata[name].to_numpy() for name in _SUMS}))
    return stats.DEFAULT_ICC if found is None else found


def _pooled(months: pl.DataFrame, lane: str, before_at: datetime | None) -> float:
    is_settled = pl.lit(True) if before_at is None else pl.col("closing_at") < before_at
    own = months.filter((pl.col("lane") == lane) & is_settled)
    return pooled(own.group_by("workflow", "month_at", maintain_order=True).agg(pl.col("cluster_count", *_SUMS).sum()))
