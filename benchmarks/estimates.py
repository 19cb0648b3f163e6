"""Time everything between the SQL and the figures: 200 workflows, 104 weeks; and the look at 1,000 × 5 outcome rates.

python benchmarks/estimates.py
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl

from readback import stats
from readback.contracts.vocabulary import Dimension
from readback.decisions.effects import OUTCOMES
from readback.decisions.outcome_weeks import BLOCKS
from readback.decisions.quality_rules import lasting, monitors, quality_regression
from readback.decisions.surveillance import watch
from readback.metrics import comparisons, estimation, recovery
from readback.metrics.definitions import metrics_of

WORKFLOWS, WEEKS = 200, 104
_RNG = np.random.default_rng(1)


def rates() -> None:
    """Every proportion and total, in all its lanes."""
    for definition in metrics_of("proportion", "clustered_proportion", "total"):
        lanes = [pl.lit(lane.value).alias("lane") for lane in definition.lanes]
        sums, months = (pl.concat([rows.with_columns(lane) for lane in lanes]) for rows in (_SUMS, _MONTHS))
        is_total = definition.estimator == "total"
        told = estimation.totals(sums, definition) if is_total else estimation.proportions(sums, definition, months)
        estimation.judge(told, definition, 20, 0.7)


def recoveries() -> None:
    """Every survival metric, of every dimension; two episodes in every workflow and week."""
    _recover(_EPISODES)


def dense() -> None:
    """The same with ten episodes in every workflow and week, so that most weeks are estimated."""
    _recover(_DENSE)


def _recover(episodes: pl.DataFrame) -> None:
    asked = metrics_of("survival")
    for dimension in (Dimension.ALL, *recovery.COLUMNS):
        recovery.figures_of(episodes, dimension, asked, 20)


def periods() -> None:
    """Recovery of every week against the week before: all, by workflow and by class; of the dense episodes."""
    starts = [datetime(2024, 1, 1, tzinfo=UTC) + timedelta(weeks=week) for week in range(WEEKS)]
    told = pl.DataFrame({"grain": "week", "period_start": starts[1:], "previous_start": starts[:-1]})
    told = told.cast({"period_start": pl.Datetime("us", "UTC"), "previous_start": pl.Datetime("us", "UTC")})
    for dimension in comparisons.DIMENSIONS:
        list(comparisons.compare(recovery.of_members(_DENSE, dimension), told, dimension, 8, starts[-1]))


def every_look() -> None:
    """Limits for every look at 20 rates of each workflow in its day, week, month, quarter and in all."""
    n = _RNG.integers(20, 900, 5 * 20 * WORKFLOWS)
    stats.confidence_sequence(_RNG.binomial(n, 0.1), n)


def latencies() -> None:
    """One quantile of each workflow and week, of 30 buckets, the last one of calls that were cut off."""
    buckets, counts = np.arange(100, 400, 10), _RNG.integers(0, 20, (WORKFLOWS * WEEKS, 30))
    is_cut, after = np.arange(30) == 29, np.full(30, 300.0)
    for cells in counts:
        worth = cells.sum() / 2
        stats.sketch_quantile(buckets, cells, 0.95, is_cut=is_cut, cut_after=after, effective_n=worth)


def lanes() -> None:
    """Three outcomes of every workflow: 104 weeks × peak and off hours, one cluster of each lane in each."""
    stratum = np.arange(2 * WEEKS)
    n = _RNG.integers(5, 40, (2, stratum.size))
    x = _RNG.binomial(n, 0.1)
    for _ in range(3 * WORKFLOWS):
        strata = stats.Strata(x[0], n[0], x[1], n[1])
        exposed, control = (stats.Clusters(stratum, x[lane], n[lane]) for lane in (0, 1))
        stats.mantel_haenszel_difference(strata, exposed, control)


def amounts() -> None:
    """Cost and latency of every workflow: the same strata, with the bootstrap of each ratio."""
    stratum = np.arange(2 * WEEKS)
    n = _RNG.integers(5, 40, (2, stratum.size)).astype(np.float64)
    x = _RNG.gamma(2.0, 0.01, n.shape) * n
    exposed, control = (stats.Clusters(stratum, x[lane], n[lane]) for lane in (0, 1))
    one = stats.Comparison(stats.Strata(x[0], n[0], x[1], n[1]), exposed, control)
    for _ in range(2):
        stats.stratified_mean_differences([one] * WORKFLOWS, seed=1)


def detectors() -> None:
    """The look at 1,000 workflows × 5 metrics × 104 weeks as a run makes it: rows in, rises and monitors out."""
    found = watch(_OUTCOMES, _END)
    monitors(found, _END)
    list(quality_regression(lasting(found), _END))


def _sums() -> pl.DataFrame:
    count = WORKFLOWS * WEEKS
    n = _RNG.integers(50, 900, count)
    x = _RNG.binomial(n, 0.1)
    same = dict.fromkeys(("denominator", "eligible", "observable", "weight_squares", "cluster_n"), n.astype(np.float64))
    clusters = {"cluster_count": n / 10, "cluster_n2": n * 12.0, "cluster_n3": n * 150.0}
    events = {"numerator": x * 1.0, "cluster_x": x * 1.0, "cluster_x2": x * 1.8, "cluster_xn": x * 12.0}
    members = np.repeat(np.arange(WORKFLOWS), WEEKS).astype(str)
    closes = [datetime(2024, 1, 15, tzinfo=UTC) + timedelta(weeks=week) for week in range(WEEKS)] * WORKFLOWS
    key = {"grain": ["week"] * count, "dimension": ["workflow"] * count, "member": members, "closes_at": closes}
    return pl.DataFrame(key | same | clusters | events)


def _months(sums: pl.DataFrame) -> pl.DataFrame:
    """Rows of the model `cluster_months`: those of a month end their windows in the next one."""
    closing = pl.col("closes_at").dt.truncate("1mo")
    parts = [pl.col(f"cluster_{name}").sum().alias(name) for name in ("n", "n2", "n3", "x", "x2", "xn")]
    of = sums.group_by(pl.col("member").alias("workflow"), closing.alias("closing_at"), maintain_order=True)
    return of.agg(pl.col("cluster_count").sum(), *parts).with_columns(pl.col("closing_at").alias("month_at"))


def _episodes(each: int) -> pl.DataFrame:
    count = each * WORKFLOWS * WEEKS
    weeks = [datetime(2024, 1, 1, tzinfo=UTC) + timedelta(weeks=int(week)) for week in _RNG.integers(0, WEEKS, count)]
    frame = pl.DataFrame(
        {
            "grain": ["week"] * count,
            "period_start": weeks,
            "workflow": _RNG.integers(0, WORKFLOWS, count).astype(str),
            "duration_s": _RNG.lognormal(7, 1, count).round(),
            "is_recovered": _RNG.random(count) < 0.9,
        }
    )
    others = ("workflow_class", "cause", "model", "provider", "team")
    state = pl.when("is_recovered").then(pl.lit("recovered")).otherwise(pl.lit("open"))
    return frame.with_columns(state.alias("state"), *(pl.lit(name).alias(name) for name in others))


def _outcomes() -> pl.DataFrame:
    """Rows of the model `outcome_weeks`: of 5,000 series one in a hundred rises, and half of those return."""
    series = 5_000
    rates = np.full((series, WEEKS), 0.1)
    rates[::100, 60:], rates[::200, 80:] = 0.16, 0.1
    n = np.full(rates.size, 200.0)
    x = _RNG.binomial(200, rates).ravel().astype(np.float64)
    shares = dict(zip(BLOCKS, _RNG.dirichlet((60, 25, 15), rates.size).T, strict=True))
    starts = [_END - timedelta(weeks=WEEKS - week) for week in range(WEEKS)]
    names = [f"{series % 1_000}/{series // 3_000}" for series in range(series)]
    return pl.DataFrame(
        {
            "metric": np.repeat(np.array(list(OUTCOMES))[np.arange(series) // 1_000 % 3], WEEKS),
            "workflow": np.repeat(np.array(names), WEEKS),
            "week_at": starts * series,
            "ends_at": [start + timedelta(weeks=1) for start in starts] * series,
            **{f"{block}_{part}": of * share for block, share in shares.items() for part, of in (("n", n), ("x", x))},
            **{"n": n, "x": x, "n2": n * 10, "n3": n * 100, "x2": x * 2, "xn": x * 10, "cluster_count": n / 10},
        }
    ).with_columns(
        pl.lit(1.0).alias("maturity"),
        pl.lit(None, pl.Float64).alias("episode_share"),
        pl.lit("model").alias("preferred_model"),
        pl.lit(None, pl.Datetime("us", "UTC")).alias("rebased_at"),
        pl.lit(12).alias("baseline_weeks"),
        pl.lit(False).alias("is_maturing"),
        pl.lit(None, pl.String).alias("holidays"),
    )


_END = datetime(2026, 1, 5, tzinfo=UTC)
_SUMS, _EPISODES, _DENSE, _OUTCOMES = _sums(), _episodes(2), _episodes(10), _outcomes()
_MONTHS = _months(_SUMS)
_STEPS: tuple[Callable[[], None], ...] = (
    rates,
    recoveries,
    dense,
    periods,
    every_look,
    latencies,
    lanes,
    amounts,
    detectors,
)


def main() -> None:
    """Print the processor seconds that each step takes, the best of three rounds."""
    for step in _STEPS:
        print(f"{step.__name__:12} {min(_seconds(step) for _ in range(3)):6.2f} s", flush=True)


def _seconds(step: Callable[[], None]) -> float:
    # Seconds of the processor: other work on the machine does not count.
    start = time.process_time()
    step()
    return time.process_time() - start


if __name__ == "__main__":
    main()
