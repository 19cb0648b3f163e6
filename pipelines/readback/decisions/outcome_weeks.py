"""Weekly outcome counts of every workflow on one axis of weeks, as the detector of `stats` takes them.

Rows of the model `outcome_weeks` in, arrays out; everything follows from the mature weeks alone. What is found in them
is `surveillance`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

from readback import stats
from readback.metrics.correlation import pooled
from readback.stats.estimate import Floats

MATURE = 0.99
"""Share of a week's observable runs that must be mature: an early event would enter before the early non-events."""

DISTURBED = 0.5
"""Share of a week from which on one episode keeps it out of a baseline: an incident is not how a workflow fares."""

BLOCKS = ("peak", "off", "weekend")
"""Blocks of the week whose mix may change: 8 to 18 of Monday to Friday, their other hours, Saturday and Sunday."""

_WEEK = timedelta(days=7)
_SERIES = ["metric", "workflow"]


@dataclass(frozen=True)
class Series:
    """Every outcome metric of every workflow on one axis of weeks: arrays of a row a series, and of a column a week.

    Attributes:
        of: One row a series: metric, workflow, preferred_model, baseline_weeks, last_week_at, ends_at.
        starts: Start of each week of the axis.
        first: Position of the week with which the baseline begins.
        baseline: Position of the first week after it; beyond the axis while it is not full.
        events: Mature runs that the outcome hit; 0 before `first`, and in a week without any.
        trials: Mature runs, likewise.
        block_events: The same by block of the week, along a last axis; 0 where no block is told.
        block_trials: Likewise.
        cluster_size: Runs of a cluster, weighed by themselves; 0 in a week without any.
        until: Position of the week after the last in which the metric is mature, for any workflow.
        disturbed: Weeks of which an incident took up most, or with a holiday.
        holidays: Names of the holidays of each week of the axis; None for none.
        left_out: Weeks of the baseline that do not feed it.
        maturing: Weeks that an outcome which arrives late may still change.
        design_effect: One a series.
    """

    of: pl.DataFrame
    starts: Sequence[datetime]
    holidays: Sequence[str | None]
    first: NDArray[np.int64]
    baseline: NDArray[np.int64]
    events: Floats
    trials: Floats
    block_events: Floats
    block_trials: Floats
    cluster_size: Floats
    until: NDArray[np.int64]
    disturbed: NDArray[np.bool_]
    left_out: NDArray[np.bool_]
    maturing: NDArray[np.bool_]
    design_effect: Floats

    @cached_property
    def counts(self) -> stats.WeeklyCounts:
        """As the detector takes them: at the mix of hours that the baseline had."""
        kept = ~self.left_out
        worth = self.design_effect[:, None] * self._standardized.inflation
        return stats.WeeklyCounts(self.at_usual_mix * kept, self.trials * kept, worth, self.baseline)

    @property
    def at_usual_mix(self) -> Floats:
        """Events at the mix of hours that the baseline had; (series, weeks)."""
        return self._standardized.events

    @cached_property
    def _standardized(self) -> stats.Standardized:
        feeds = ~self.left_out & (np.arange(self.trials.shape[1]) < self.baseline[:, None])
        blocks = self.block_events, self.block_trials
        return stats.standardized(self.events, self.trials, *blocks, feeds, self.cluster_size)

    def part(self, rows: NDArray[np.int64]) -> "Series":
        """Some of the series."""
        arrays = {
            name: getattr(self, name)[rows]
            for name in (
                "of",
                "first",
                "baseline",
                "events",
                "trials",
                "block_events",
                "block_trials",
                "cluster_size",
                "until",
                "disturbed",
                "left_out",
                "maturing",
                "design_effect",
            )
        }
        return replace(self, **arrays)

    def judged_from(self, look: NDArray[np.int64], without: NDArray[np.bool_]) -> "Series":
        """The same with everything before `look` as the baseline, except some weeks."""
        before = np.arange(self.trials.shape[1]) < look[:, None]
        return replace(self, baseline=look, left_out=before & without)


def series_of(rows: pl.DataFrame, as_of: datetime) -> Series | None:
    """Every series with a mature week, over the weeks that have ended, by metric and workflow; None without any."""
    mature = rows.filter((pl.col("ends_at") <= as_of) & (pl.col("maturity") >= MATURE)).sort(*_SERIES, "week_at")
    if mature.is_empty():
        return None
    start = mature["week_at"].min()
    # A week of local time may be an hour longer or shorter than seven days.
    week = ((mature["week_at"] - start).dt.total_seconds() / _WEEK.total_seconds()).round().cast(pl.Int64)
    mature = mature.with_columns(week.alias("week"))
    mature = mature.with_columns((pl.col("week").max().over("metric") + 1).alias("until"))
    of = mature.group_by(_SERIES, maintain_order=True).agg(
        *(pl.col(name).first() for name in ("preferred_model", "rebased_at", "baseline_weeks")),
        pl.col("week_at").max().alias("last_week_at"),
        pl.col("ends_at").max(),
        *(pl.col(name).sum() for name in ("n", "n2")),
        pl.col("until").first(),
        pl.col("week").filter(pl.col("rebased_at").is_null() | (pl.col("week_at") >= pl.col("rebased_at"))).min(),
    )
    return _placed(mature, of, _starts(mature))


def _holidays(mature: pl.DataFrame, weeks: int) -> list[str | None]:
    """Names of the holidays of every week of the axis."""
    known = dict(mature.select("week", "holidays").drop_nulls().unique("week").iter_rows())
    return [known.get(number) for number in range(weeks)]


def _starts(mature: pl.DataFrame) -> list[datetime]:
    """Start of every week of the axis, as the rows have it where there is one."""
    known = dict(mature.select("week", "week_at").unique("week").iter_rows())
    return [known.get(number, known[0] + number * _WEEK) for number in range(max(known) + 1)]


def _placed(mature: pl.DataFrame, of: pl.DataFrame, starts: Sequence[datetime]) -> Series:
    shape = (of.height, len(starts))
    lengths = mature.group_by(_SERIES, maintain_order=True).len()["len"].to_numpy()
    place = np.repeat(np.arange(of.height), lengths), mature["week"].to_numpy()
    events, trials, squares, share = (np.zeros(shape) for _ in range(4))
    for array, name in ((events, "x"), (trials, "n"), (squares, "n2"), (share, "episode_share")):
        array[place] = mature[name].fill_null(0.0).to_numpy()
    maturing = np.zeros(shape, dtype=np.bool_)
    maturing[place] = mature["is_maturing"].to_numpy()
    size = np.divide(squares, trials, out=np.zeros(shape), where=trials > 0)
    by_block = _by_block(mature, place, (*shape, len(BLOCKS)))
    first = of["week"].fill_null(len(starts)).to_numpy()
    begun = np.arange(len(starts)) >= first[:, None]
    holidays = _holidays(mature, len(starts))
    is_festive = np.array([name is not None for name in holidays], dtype=np.bool_)
    disturbed = begun & ((share >= DISTURBED) | is_festive)
    baseline = _ends(begun & ~disturbed, of["baseline_weeks"].to_numpy())
    left_out = disturbed & (np.arange(len(starts)) < baseline[:, None])
    icc = of.select(_SERIES).join(_correlations(mature), on="metric", how="left", maintain_order="left")["icc"]
    inflation = stats.design_effect(of["n"].to_numpy(), of["n2"].to_numpy(), icc.to_numpy())
    until = of["until"].to_numpy()
    return Series(
        of,
        starts,
        holidays,
        first,
        baseline,
        events * begun,
        trials * begun,
        by_block[0] * begun[..., None],
        by_block[1] * begun[..., None],
        size * begun,
        until,
        disturbed,
        left_out,
        maturing,
        inflation,
    )


def _by_block(
    mature: pl.DataFrame, place: tuple[NDArray[np.int64], NDArray[np.int64]], shape: tuple[int, int, int]
) -> tuple[Floats, Floats]:
    """Events and trials by block of the week; 0 where the rows do not tell them."""
    events, trials = np.zeros(shape), np.zeros(shape)
    for number, block in enumerate(BLOCKS):
        for array, name in ((events, f"{block}_x"), (trials, f"{block}_n")):
            array[(*place, number)] = mature[name].fill_null(0.0).to_numpy()
    return events, trials


def _ends(counted: NDArray[np.bool_], needed: NDArray[np.int64]) -> NDArray[np.int64]:
    """The first week after so many that count; beyond the axis by as many as are missing."""
    so_far = counted.cumsum(axis=1)
    full = so_far >= needed[:, None]
    missing = needed - so_far[:, -1]
    ends = np.where(full.any(axis=1), full.argmax(axis=1) + 1, counted.shape[1] + missing)
    return np.asarray(ends, dtype=np.int64)


def _correlations(mature: pl.DataFrame) -> pl.DataFrame:
    """One intraclass correlation per metric, pooled over the weeks of its workflows: its upper 80% limit.

    A stratum is one week: over several, a rise would pass for clustering and hide itself.
    """
    metrics = mature["metric"].unique().sort().to_list()
    limits = [pooled(mature.filter(pl.col("metric") == metric), stats.icc_upper_limit) for metric in metrics]
    return pl.DataFrame({"metric": metrics, "icc": limits})
