"""One look at every outcome rate of the fleet: lasting rises, evidence, detectable change, and the list of the month.

The one place where the detector runs: the alerts on quality and the table `monitors` are both told from what it found.
Who looks again finds the same rises with the same onsets.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from readback import stats
from readback.decisions.outcome_weeks import Series, series_of
from readback.stats.estimate import Floats

HORIZON_WEEKS = 8
"""Time within which a rise should be found, for the detectable change."""

MONTH_WEEKS = 4
"""Weeks that the list of risen rates compares with the baselines."""

FALSE_SHARE = 0.05
"""Share of that list which may be false, on average and whatever the workflows share."""

CLEAR_LOOKS = 3
CLEAR_FRACTION = 0.01
"""A rise is over after this many looks with evidence below this fraction of the alert threshold."""

RETURN_BASELINE_WEEKS = 4
"""Weeks of a rise that must have been seen before its return can be told from chance."""


class Rise(NamedTuple):
    """A lasting rise of one series; weeks are positions on the axis. `ended` is None while it lasts."""

    onset: int
    watched: int
    ended: int | None
    peak: float


@dataclass(frozen=True)
class Surveillance:
    """What one look found; arrays of one entry a series.

    `evidence`: at the newest week, since the last rise that has ended. `change`: in fractions. `month`: e-values of the
    last weeks against the baseline. `is_listed`: whether they are on the list of the month. nan where not known.
    """

    series: Series
    thresholds: stats.Thresholds
    evidence: Floats
    change: Floats
    month: Floats
    is_listed: NDArray[np.bool_]
    rises: Mapping[int, Sequence[Rise]]

    def lasting(self) -> Iterator[tuple[int, Rise]]:
        """The rises that last, with the position of their series."""
        for row in sorted(self.rises):
            if self.rises[row][-1].ended is None:
                yield row, self.rises[row][-1]


def watch(rows: pl.DataFrame, as_of: datetime) -> Surveillance | None:
    """Look at every series of `outcome_weeks`; None where no week is mature.

    On average one series of the whole fleet is falsely watched a year, and with 5% probability any is falsely alerted
    on. Source: statistics.md §4.2, §4.3, §4.5.
    """
    series = series_of(rows, as_of)
    if series is None:
        return None
    limits = stats.detection_thresholds(series.of.height)
    evidence, rises = _history(series, limits)
    change = stats.detectable_change(series.counts, limits.alert, HORIZON_WEEKS, ends=series.until)
    change = np.where(series.baseline <= series.until, change, np.nan)
    month = stats.window_evidence(series.counts, MONTH_WEEKS, series.until)
    return Surveillance(series, limits, evidence, change, month, _listed(month), rises)


def _listed(month: Floats) -> NDArray[np.bool_]:
    known = np.isfinite(month)
    listed = np.zeros(month.shape, dtype=np.bool_)
    if known.any():
        listed[known] = stats.e_benjamini_hochberg(month[known], FALSE_SHARE)
    return listed


def _history(series: Series, limits: stats.Thresholds) -> tuple[Floats, dict[int, list[Rise]]]:
    """The evidence of now, and every rise of each series, the oldest first.

    After a rise has ended the evidence is gathered anew: its weeks feed no baseline, all others do.
    """
    rows, now = np.arange(series.of.height), series
    evidence, rises = np.full(rows.size, np.nan), defaultdict[int, list[Rise]](list)
    taken = np.zeros(series.trials.shape, dtype=np.bool_)
    while rows.size:
        found = stats.detect(now.counts, limits)
        evidence[rows] = found.evidence[:, -1]
        risen = np.flatnonzero(found.first_watch >= 0)
        ends = _ends(now.part(risen), found.onset[risen], found.first_watch[risen], found.evidence[risen], limits)
        for row, place, end in zip(rows[risen], risen, ends, strict=True):
            onset, watched = int(found.onset[place]), int(found.first_watch[place])
            until = len(series.starts) if end is None else end + 1
            peak = float(np.nanmax(found.evidence[place, watched:until]))
            rises[int(row)].append(Rise(onset, watched, end, peak))
            taken[row, onset:until] = True
        over = [(row, end + 1) for row, end in zip(rows[risen], ends, strict=True) if end is not None]
        rows = np.array([row for row, _ in over], dtype=np.int64)
        without = taken[rows] | series.disturbed[rows]
        now = series.part(rows).judged_from(np.array([look for _, look in over], dtype=np.int64), without)
    return evidence, dict(rises)


def _ends(
    risen: Series, onset: NDArray[np.int64], watched: NDArray[np.int64], evidence: Floats, limits: stats.Thresholds
) -> list[int | None]:
    """The week in which each rise was over, by its own evidence or by that for a return; None while it lasts."""
    returned = _returned(risen, onset, watched, limits)
    low = np.nan_to_num(evidence, nan=np.inf) < CLEAR_FRACTION * limits.alert
    return [_end(*each) for each in zip(low, watched, returned, strict=True)]


def _end(low: NDArray[np.bool_], watched: int, returned: int) -> int | None:
    clear = [week for week in range(watched + CLEAR_LOOKS, low.size) if low[week - CLEAR_LOOKS + 1 : week + 1].all()]
    ends = clear[:1] + ([int(returned)] if returned >= 0 else [])
    return min(ends) if ends else None


def _returned(
    risen: Series, onset: NDArray[np.int64], watched: NDArray[np.int64], limits: stats.Thresholds
) -> NDArray[np.int64]:
    """The week in which runs that were not hit are watched for a rise, against those since the onset; -1 for none."""
    if not onset.size:
        return onset
    before = np.arange(risen.trials.shape[1]) < onset[:, None]
    raised = risen.judged_from(np.maximum(watched + 1, onset + RETURN_BASELINE_WEEKS), before)
    return stats.detect(raised.counts.reversed(), limits).first_watch
