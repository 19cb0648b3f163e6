"""Which requests a trigger over a window keeps off the preferred model: the rule of a class, run over its calls.

A call that was cut after some seconds would have taken at least as long; what a call that was never made would have
shown, nobody knows, so it enters no window. A call that the trigger keeps off is not made either.
"""

import math
from bisect import bisect_left, insort
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

QUANTILE = 0.95


@dataclass(frozen=True)
class Asked:
    """A call of one class to one preferred model.

    `seconds`: until the whole answer, or until it was cut (`is_cut`); None where it failed otherwise. `cause`: of its
    failure, None where it was answered.
    """

    request_id: str
    started_at: datetime
    is_tried: bool
    cause: str | None
    seconds: float | None
    is_cut: bool = False


class WindowRule(NamedTuple):
    """A trigger that fires for `cause`: a share of calls with that cause, or a 95th percentile above some seconds.

    `share_gte` and `gt_s`: one of the two. `least` calls in `window_s` seconds are needed.
    """

    cause: str
    window_s: float
    least: int
    share_gte: float | None = None
    gt_s: float | None = None


class KeptOff(NamedTuple):
    """A call that a trigger keeps off; not certainly where it hangs on how long cut calls would have taken."""

    request_id: str
    cause: str
    is_certain: bool


def kept_off(calls: Iterable[Asked], rules: Iterable[WindowRule]) -> Iterator[KeptOff]:
    """The calls that find a trigger fired when they begin, the oldest first; the first of the rules that fired speaks.

    >>> at = datetime(2026, 5, 1)
    >>> calls = [Asked(str(n), at + timedelta(seconds=n), True, None, 9.0) for n in range(4)]
    >>> [each.request_id for each in kept_off(calls, [WindowRule("latency_breach", 60.0, 3, gt_s=5.0)])]
    ['3']
    """
    watched = [_Watched(rule) for rule in rules]
    for call in calls:
        fired = [found for found in (watch.fired(call) for watch in watched) if found is not None]
        if fired:
            yield max(fired, key=lambda found: found.is_certain)
        if call.is_tried and not any(found.is_certain for found in fired):
            for watch in watched:
                watch.add(call)


@dataclass
class _Watched:
    """The window of one rule as it moves: how many calls, how many of them hit, and their times in order."""

    rule: WindowRule
    calls: deque[Asked] = field(default_factory=deque)
    hits: int = 0
    least_s: list[float] = field(default_factory=list)
    most_s: list[float] = field(default_factory=list)

    def fired(self, call: Asked) -> KeptOff | None:
        """Whether the rule holds just before a call."""
        while self.calls and self.calls[0].started_at < call.started_at - timedelta(seconds=self.rule.window_s):
            self._drop(self.calls.popleft())
        if self.rule.share_gte is not None:
            is_over = len(self.calls) >= self.rule.least and self.hits >= self.rule.share_gte * len(self.calls)
            return KeptOff(call.request_id, self.rule.cause, True) if is_over and self.hits else None
        if len(self.least_s) < self.rule.least or self.rule.gt_s is None:
            return None
        lowest, highest = (_percentile(times) for times in (self.least_s, self.most_s))
        if highest <= self.rule.gt_s:
            return None
        return KeptOff(call.request_id, self.rule.cause, lowest > self.rule.gt_s)

    def add(self, call: Asked) -> None:
        """What a call showed, once it was made."""
        self.calls.append(call)
        self.hits += call.cause == self.rule.cause
        for times, seconds in self._times(call):
            insort(times, seconds)

    def _drop(self, call: Asked) -> None:
        self.hits -= call.cause == self.rule.cause
        for times, seconds in self._times(call):
            del times[bisect_left(times, seconds)]

    def _times(self, call: Asked) -> Iterator[tuple[list[float], float]]:
        """The shortest and the longest that it may have taken, each with the list that it belongs to."""
        if call.seconds is not None:
            yield self.least_s, call.seconds
            yield self.most_s, math.inf if call.is_cut else call.seconds


def _percentile(ordered: list[float]) -> float:
    """By nearest rank."""
    return ordered[math.ceil(QUANTILE * len(ordered)) - 1]
