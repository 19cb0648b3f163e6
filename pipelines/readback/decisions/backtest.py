"""Whether recommendations hold: those of one period against what the next one shows. Pure.

An estimate of the first period and its interval speak of the first; the second is a sample of its own. So an interval
holds where the second period's estimate lies within the interval for the difference of the two.
"""

import math
from collections.abc import Iterable
from typing import NamedTuple

from readback.contracts import Recommendation


class Backtest(NamedTuple):
    """How many of the intervals of the first period the second bore out, and what it did not speak of."""

    held: int
    scored: int
    unscored: int

    @property
    def share(self) -> float | None:
        """Share of the scored intervals that held; None where none was scored."""
        return self.held / self.scored if self.scored else None


def score(first: Iterable[Recommendation], second: Iterable[Recommendation]) -> Backtest:
    """Match recommendations by id; those without an interval, or of which the second period is silent, are unscored."""
    later = {each.recommendation_id: each for each in second}
    verdicts = [_is_held(each, later.get(each.recommendation_id)) for each in first]
    known = [verdict for verdict in verdicts if verdict is not None]
    return Backtest(sum(known), len(known), len(verdicts) - len(known))


def _is_held(before: Recommendation, after: Recommendation | None) -> bool | None:
    if after is None or None in (before.estimate, before.low, before.high, after.estimate, after.low, after.high):
        return None
    difference = (after.estimate or 0.0) - (before.estimate or 0.0)
    return abs(difference) <= math.hypot(_half(before), _half(after))


def _half(each: Recommendation) -> float:
    return ((each.high or 0.0) - (each.low or 0.0)) / 2
