"""Weekly outcome counts of every workflow on one axis of weeks, and their rises, as the detector of `stats` sees them.

Everything follows from the mature weeks alone, from the first one on: who computes it again finds the same rises with
the same onsets. What is told of a rise is `quality_rules`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import groupby

import numpy as np

from readback import stats
from readback.stats import detector
from readback.stats.estimate import Floats

MATURE = 0.99
"""Share of a week's observable runs that must be mature: an early event would enter before the early non-events."""

CLEAR_LOOKS = 3
CLEAR_FRACTION = 0.01
"""A rise is over after this many looks with evidence below this fraction of the alert threshold."""

FEWEST_CLUSTERS = 30
"""Clusters below which the intraclass correlation is assumed rather than estimated."""

RETURN_BASELINE_WEEKS = 4
"""Weeks of a rise that must have been seen before its return can be told from chance."""

_WEEK = timedelta(days=7)


@dataclass(frozen=True)
class OutcomeWeek:
    """A row of `outcome_weeks`; n runs, x of them hit, and the sums over clusters of `stats.ClusterSums`."""

    metric: str
    workflow: str
    week_at: datetime
    ends_at: datetime
    n: float
    x: float
    n2: float
    n3: float
    x2: float
    xn: float
    cluster_count: float
    maturity: float | None
    preferred_model: str | None
    rebased_at: datetime | None
    baseline_weeks: int


@dataclass(frozen=True)
class Rise:
    """A lasting rise of one series; weeks are positions on the axis. `ended` is None while it lasts."""

    onset: int
    watched: int
    ended: int | None
    peak: float


@dataclass(frozen=True)
class Series:
    """One outcome metric of one workflow on the axis; a week without mature runs is 0 of 0."""

    weeks: Sequence[OutcomeWeek]
    starts: Sequence[datetime]
    first: int
    events: Floats
    trials: Floats
    design_effect: float

    @property
    def baseline(self) -> int:
        """The first week after the baseline."""
        return self.first + self.weeks[0].baseline_weeks

    def heard(self, first_look: int = 0, without: slice | None = None) -> detector.WeeklyCounts:
        """The counts with evidence gathered from `first_look` on, and some weeks taken out."""
        events, trials = self.events.copy(), self.trials.copy()
        for part in (slice(0, self.first), without or slice(0, 0)):
            events[part], trials[part] = 0.0, 0.0
        return detector.WeeklyCounts(events[None], trials[None], self.design_effect, self.baseline, first_look)


def family(rows: Sequence[OutcomeWeek], as_of: datetime) -> list[Series]:
    """Every series with a mature week, over the weeks that have ended; by metric and workflow."""
    mature = [row for row in rows if row.ends_at <= as_of and row.maturity is not None and row.maturity >= MATURE]
    if not mature:
        return []
    start, last = min(row.week_at for row in mature), max(row.week_at for row in mature)
    axis = [start + _WEEK * number for number in range(round((last - start) / _WEEK) + 1)]
    groups = [list(group) for _, group in groupby(sorted(mature, key=_place), key=lambda row: _place(row)[:2])]
    correlations = _correlations(groups)
    return [_series(weeks, axis, correlations[weeks[0].metric]) for weeks in groups]


def stacked(series: Sequence[Series]) -> detector.WeeklyCounts:
    """All series at once, each from its own baseline on."""
    weeks = np.arange(series[0].trials.size)
    begun = weeks >= np.array([each.first for each in series])[:, None]
    return detector.WeeklyCounts(
        np.where(begun, [each.events for each in series], 0.0),
        np.where(begun, [each.trials for each in series], 0.0),
        np.array([each.design_effect for each in series]),
        np.array([each.baseline for each in series]),
    )


def limits(series: Sequence[Series]) -> detector.Thresholds:
    """Thresholds of the whole family, for as many looks as it has had, a year's at least."""
    looks = max((each.trials.size for each in series), default=0)
    return detector.thresholds(len(series), max(looks, detector.LOOKS_A_YEAR))


def rises(series: Series, thresholds: detector.Thresholds) -> Iterator[Rise]:
    """Every rise of a series, the oldest first. After one has ended the evidence is gathered anew, without its weeks.

    Source: statistics.md §4.2, §4.5; a return is a rise of the runs that were not hit, against those of the rise.
    """
    look, taken = series.baseline, None
    while look < series.trials.size:
        found = detector.detect(series.heard(look, taken), thresholds)
        watched = int(found.first_watch[0])
        if watched < 0:
            return
        onset, evidence = int(found.onset[0]), found.evidence[0]
        ended = _ended(series, onset, watched, evidence, thresholds)
        until = series.trials.size if ended is None else ended + 1
        yield Rise(onset, watched, ended, float(np.nanmax(evidence[watched:until])))
        look, taken = until, slice(onset, until)


def _ended(series: Series, onset: int, watched: int, evidence: Floats, thresholds: detector.Thresholds) -> int | None:
    low = np.nan_to_num(evidence, nan=np.inf) < CLEAR_FRACTION * thresholds.alert
    clear = [week for week in range(watched + CLEAR_LOOKS, low.size) if low[week - CLEAR_LOOKS + 1 : week + 1].all()]
    returned = _returned(series, onset, watched, thresholds)
    ends = clear[:1] + ([] if returned is None else [returned])
    return min(ends) if ends else None


def _returned(series: Series, onset: int, watched: int, thresholds: detector.Thresholds) -> int | None:
    """The week in which runs that were not hit are watched for a rise, against those since the onset."""
    baseline = max(watched + 1, onset + RETURN_BASELINE_WEEKS)
    if baseline >= series.trials.size:
        return None
    raised = replace(series.heard(baseline, slice(0, onset)), baseline_weeks=baseline)
    week = int(detector.detect(raised.reversed(), thresholds).first_watch[0])
    return week if week >= 0 else None


def _series(weeks: Sequence[OutcomeWeek], axis: Sequence[datetime], icc: float) -> Series:
    place = {start: number for number, start in enumerate(axis)}
    events, trials = np.zeros(len(axis)), np.zeros(len(axis))
    for week in weeks:
        events[place[week.week_at]], trials[place[week.week_at]] = week.x, week.n
    inflation = stats.design_effect(sum(week.n for week in weeks), sum(week.n2 for week in weeks), icc)
    return Series(weeks, axis, _first(weeks, place), events, trials, float(inflation))


def _first(weeks: Sequence[OutcomeWeek], place: dict[datetime, int]) -> int:
    """Where the baseline begins: with the series, or with the first week after somebody made it begin anew."""
    rebased = weeks[0].rebased_at
    later = [week.week_at for week in weeks if rebased is None or week.week_at >= rebased]
    return place[later[0]] if later else len(place)


def _correlations(groups: Sequence[Sequence[OutcomeWeek]]) -> dict[str, float]:
    """One intraclass correlation per metric, pooled over the weeks of its workflows.

    A stratum is one week: over several, a rise would pass for clustering and hide itself.
    """
    found = {}
    for metric in {weeks[0].metric for weeks in groups}:
        own = [week for weeks in groups for week in weeks if week.metric == metric]
        is_known = sum(week.cluster_count for week in own) >= FEWEST_CLUSTERS
        pooled = stats.pooled_icc(_sums(own)) if is_known else None
        found[metric] = stats.DEFAULT_ICC if pooled is None else pooled
    return found


def _sums(weeks: Sequence[OutcomeWeek]) -> stats.ClusterSums:
    columns = ([getattr(week, name) for week in weeks] for name in ("n", "n2", "n3", "x", "x2", "xn"))
    return stats.ClusterSums(*columns)


def _place(row: OutcomeWeek) -> tuple[str, str, datetime]:
    return row.metric, row.workflow, row.week_at
