"""Whether recommendations hold: what the window before the last one asked for, against what the last one shows.

An estimate and its interval speak of the earlier window; the later one is a sample of its own. So an interval holds
where zero lies within the interval of the difference of the two (method of variance estimates recovery).
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from readback import store
from readback.contracts import MetricEffect, Recommendation
from readback.decisions.advice import Limits
from readback.decisions.evidence import window
from readback.decisions.hindsight import shown
from readback.decisions.recommendations import recommend
from readback.metrics.effects import Days, effect_rows
from readback.settings import Settings
from readback.stats import Estimate, mover_difference, wilson


@dataclass(frozen=True)
class Score:
    """One recommendation: what it said of the earlier window, what the later one shows of the very same change.

    `is_held` is None where either has no interval: a bound, a trial, or a later window without such requests.
    """

    recommendation_id: str
    kind: str
    workflow_class: str | None
    title: str
    change: str
    said: Limits
    shown: Limits
    is_held: bool | None


@dataclass(frozen=True)
class Backtest:
    """All scores, and from when until when recommendations were made and were scored."""

    from_at: datetime
    middle: datetime
    as_of: datetime
    scores: tuple[Score, ...]

    @property
    def held(self) -> int:
        """Intervals that the later window bore out."""
        return sum(score.is_held is True for score in self.scores)

    @property
    def scored(self) -> int:
        """Intervals of which the later window speaks."""
        return sum(score.is_held is not None for score in self.scores)

    @property
    def share(self) -> Limits:
        """Share of the scored intervals that held, with its 95% limits; nothing where none was scored."""
        if not self.scored:
            return None, None, None
        value, low, high = (float(limit) for limit in wilson(self.held, self.scored))
        return value, low, high


def backtest(con: store.Connection, settings: Settings, as_of: datetime) -> Backtest:
    """Recommend as of the moment before the last window, and look at the same changes in that window."""
    middle = window(as_of)["from_at"]
    before = middle - timedelta(microseconds=1)
    earlier, later = Days(until=before.date()), Days(since=middle.date())
    with _compared(con, settings, before, earlier):
        first = recommend(con, before, settings, earlier)
    with _compared(con, settings, as_of, later):
        second = shown(con, first, as_of, settings, later)
    return Backtest(window(before)["from_at"], middle, as_of, tuple(score(first, second)))


def score(first: Iterable[Recommendation], later: Mapping[str, Limits]) -> Iterator[Score]:
    """Each recommendation with what a later window shows of it, by its id."""
    for each in first:
        said, seen = (each.estimate, each.low, each.high), later.get(each.recommendation_id, (None, None, None))
        yield Score(
            each.recommendation_id,
            each.kind,
            each.workflow_class,
            each.title,
            each.change,
            said,
            seen,
            _held(said, seen),
        )


def _held(said: Limits, seen: Limits) -> bool | None:
    difference = mover_difference(_estimate(seen), _estimate(said))
    if difference.low is None or difference.high is None:
        return None
    return difference.low <= 0 <= difference.high


def _estimate(limits: Limits) -> Estimate:
    return Estimate(*limits, 0, None)


@contextmanager
def _compared(con: store.Connection, settings: Settings, as_of: datetime, days: Days) -> Iterator[None]:
    """`metric_effects` of some days only, for this connection and no reader of the tables."""
    con.execute("create or replace temp table metric_effects as from main.metric_effects limit 0")
    try:
        store.insert_rows(con, MetricEffect, effect_rows(con, settings, as_of, days))
        yield
    finally:
        con.execute("drop table temp.metric_effects")
