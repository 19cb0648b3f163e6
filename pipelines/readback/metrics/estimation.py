"""From sums to figures: proportions and totals with their intervals, all members at once.

Whether a figure may be read as one is decided by `judge`, in the same way for every estimator.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import polars as pl

from readback import stats
from readback.contracts.vocabulary import Dimension, Grain, MetricLane, MetricStatus
from readback.metrics.definitions import Definition
from readback.stats.estimate import Floats

FEWEST_CLUSTERS = 30
"""Clusters below which the intraclass correlation is assumed rather than estimated."""


def proportions(sums: pl.DataFrame, definition: Definition) -> pl.DataFrame:
    """`value`, `low`, `high`, `effective_n`, `coverage` and `maturity` of every row; not yet judged."""
    n = _floats(sums, "denominator")
    effective = _kish(n, _floats(sums, "weight_squares"))
    if definition.estimator == "clustered_proportion":
        effective = effective / _design_effects(sums)
    # Weighted counts may exceed one another by a rounding error.
    rate = np.clip(np.divide(_floats(sums, "numerator"), n, out=np.zeros_like(n), where=n > 0), 0.0, 1.0)
    found = stats.wilson(rate * effective, effective)
    known = n > 0
    observable = _floats(sums, "observable")
    return sums.with_columns(
        _column("value", np.where(known, rate, np.nan)),
        _column("low", np.where(known, found.low, np.nan)),
        _column("high", np.where(known, found.high, np.nan)),
        _column("effective_n", np.where(known, effective, np.nan)),
        _column("coverage", _share(observable, _floats(sums, "eligible"))),
        _column("maturity", _share(n, observable) if definition.outcome else np.full_like(n, np.nan)),
    )


def totals(sums: pl.DataFrame, definition: Definition) -> pl.DataFrame:
    """The same of sums, which have no denominator; an exact Poisson interval where the header asks for one."""
    value = _floats(sums, "numerator", absent=np.nan)
    low = high = np.full_like(value, np.nan)
    if definition.interval == "poisson":
        events = np.nan_to_num(value)
        _, low, high = stats.poisson_rate(events, np.ones_like(events))
    return sums.with_columns(
        pl.lit(None, pl.Float64).alias("denominator"),
        _column("value", value),
        _column("low", np.where(np.isnan(value), np.nan, low)),
        _column("high", np.where(np.isnan(value), np.nan, high)),
        pl.lit(None, pl.Float64).alias("effective_n"),
        _column("coverage", _share(_floats(sums, "observable"), _floats(sums, "eligible"))),
        pl.lit(None, pl.Float64).alias("maturity"),
    )


def judge(figures: pl.DataFrame, definition: Definition, minimum_n: int, minimum_coverage: float) -> pl.DataFrame:
    """Give every row its status, and withhold what may not be read as a figure.

    Without anything observable: `not_reported` where the metric needs a source to tell, else the coverage is 0.
    `low_coverage` keeps the bounds that the unobserved units leave; a count keeps what was seen as its lower bound.
    """
    seen = pl.col("eligible").fill_null(0) > 0
    is_needy = bool(definition.needs or definition.outcome)
    n = pl.col("value") if definition.estimator == "total" else pl.col("denominator")
    threshold = 0 if definition.estimator == "total" else definition.threshold(minimum_n)
    told = figures.with_columns(
        pl.when(seen & (pl.col("coverage") <= 0) & is_needy)
        .then(pl.lit(MetricStatus.NOT_REPORTED.value))
        .when(pl.col("coverage") < minimum_coverage)
        .then(pl.lit(MetricStatus.LOW_COVERAGE.value))
        .when(n.is_null() | ((n <= 0) & (definition.estimator != "total")))
        .then(pl.lit(MetricStatus.NO_DATA.value))
        .when((n < threshold) & (definition.estimator != "total"))
        .then(pl.lit(MetricStatus.TOO_FEW.value))
        .otherwise(pl.lit(MetricStatus.OK.value))
        .alias("status")
    )
    return _withheld(told, definition)


def intraclass_correlations(months: pl.DataFrame) -> dict[str, float]:
    """One correlation per lane, pooled over the workflows and months of one metric."""
    return {str(lane): pooled_correlation(rows) for (lane,), rows in months.group_by("lane", maintain_order=True)}


def nothing_told(
    skeleton: pl.DataFrame, figures: Sequence[pl.DataFrame], unreported: Mapping[str, bool]
) -> pl.DataFrame:
    """Headline rows that explain an absence, for every metric and period that has no figure."""
    key = ["metric", "grain", "period_start"]
    headline = (pl.col("dimension") == Dimension.ALL.value) & (pl.col("lane") == MetricLane.ALL.value)
    told = pl.concat([skeleton.clear(), *(frame.filter(headline).select(key) for frame in figures)])
    absent = skeleton.join(told, on=key, how="anti")
    return absent.with_columns(
        pl.lit(Dimension.ALL.value).alias("dimension"),
        pl.lit("*").alias("member"),
        pl.lit(MetricLane.ALL.value).alias("lane"),
        pl.col("metric")
        .replace_strict(unreported, return_dtype=pl.Boolean)
        .replace_strict(
            {True: MetricStatus.NOT_REPORTED.value, False: MetricStatus.NO_DATA.value}, return_dtype=pl.String
        )
        .alias("status"),
    )


def pooled_correlation(rows: pl.DataFrame) -> float:
    """One intraclass correlation of all strata, a row each with sums over clusters; assumed where these are few."""
    if _floats(rows, "cluster_count").sum() < FEWEST_CLUSTERS:
        return stats.DEFAULT_ICC
    names = {
        "n": "cluster_n",
        "n2": "cluster_n2",
        "n3": "cluster_n3",
        "x": "cluster_x",
        "x2": "cluster_x2",
        "xn": "cluster_xn",
    }
    found = stats.interval_icc(stats.ClusterSums(**{short: _floats(rows, name) for short, name in names.items()}))
    return stats.DEFAULT_ICC if found is None else found


def _design_effects(sums: pl.DataFrame) -> Floats:
    months = sums.filter((pl.col("grain") == Grain.MONTH.value) & (pl.col("dimension") == Dimension.WORKFLOW.value))
    by_lane = intraclass_correlations(months)
    usual = by_lane.get(MetricLane.ALL.value, stats.DEFAULT_ICC)
    icc = np.array([by_lane.get(lane, usual) for lane in sums["lane"].to_list()], dtype=np.float64)
    return np.maximum(stats.design_effect(_floats(sums, "cluster_n"), _floats(sums, "cluster_n2"), icc), 1.0)


def _withheld(told: pl.DataFrame, definition: Definition) -> pl.DataFrame:
    is_ok = pl.col("status") == MetricStatus.OK.value
    is_thin = pl.col("status") == MetricStatus.LOW_COVERAGE.value
    low, high = _bounds(definition)
    nothing = pl.lit(None, pl.Float64)
    return told.with_columns(
        pl.when(is_ok).then("value").otherwise(nothing).alias("value"),
        pl.when(is_ok).then("low").when(is_thin).then(low).otherwise(nothing).alias("low"),
        pl.when(is_ok).then("high").when(is_thin).then(high).otherwise(nothing).alias("high"),
    )


def _bounds(definition: Definition) -> tuple[pl.Expr, pl.Expr]:
    """What the figure may be if none, or all, of the unobserved units had the event."""
    nothing = pl.lit(None, pl.Float64)
    if definition.estimator == "total":
        return (pl.col("numerator") if definition.interval == "poisson" else nothing), nothing
    missing = pl.col("eligible") - pl.col("observable")
    whole = pl.col("denominator").fill_null(0) + missing
    seen = pl.col("numerator").fill_null(0)
    return seen / whole, (seen + missing) / whole


def _kish(n: Floats, squares: Floats) -> Floats:
    return np.divide(n * n, squares, out=np.zeros_like(n), where=squares > 0)


def _share(part: Floats, whole: Floats) -> Floats:
    unknown = np.full_like(whole, np.nan)
    return np.clip(np.divide(part, whole, out=unknown, where=whole > 0), 0.0, 1.0)


def _floats(sums: pl.DataFrame, name: str, absent: float = 0.0) -> Floats:
    return sums[name].cast(pl.Float64).fill_null(absent).to_numpy().astype(np.float64)


def _column(name: str, numbers: Floats) -> pl.Series:
    return pl.Series(name, numbers, dtype=pl.Float64).fill_nan(None)
