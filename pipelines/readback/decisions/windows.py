"""Which requests a trigger over a window or a period keeps off the preferred model: its rule, run over a class's calls.

A call that was cut after some seconds would have taken at least as long; what a call that was never made would have
shown, nobody knows, so it enters no window. A call that a trigger keeps off is not made either.
"""

import math
from bisect import bisect_left, insort
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import NamedTuple, Protocol

from readback.decisions.asked import Asked, Reading, reading
from readback.decisions.window_rules import QUANTILES, BudgetRule, LatencyRule, ShareRule, WindowRule


class KeptOff(NamedTuple):
    """A call that a rule keeps off; not certainly where it hangs on what the log does not tell of earlier ones."""

    request_id: str
    cause: str
    is_certain: bool
    rule: WindowRule | None = None


def kept_off(
    calls: Iterable[Asked], rules: Iterable[WindowRule], holds: Callable[[KeptOff], bool] = lambda _: True
) -> Iterator[KeptOff]:
    """Each rule that has fired when a call begins, the oldest call first.

    A call is not made, and shows nothing to later ones, where a rule certainly fired and that `holds`.

    >>> from datetime import datetime
    >>> from readback.policy.fields import LatencyMetric
    >>> at = datetime(2026, 5, 1)
    >>> calls = [Asked(str(n), at + timedelta(seconds=n), True, None, 9.0) for n in range(4)]
    >>> [each.request_id for each in kept_off(calls, [LatencyRule(LatencyMetric.TOTAL_P95, 60.0, 3, gt=5.0)])]
    ['3']
    """
    watched = [(rule, _watch(rule)) for rule in rules]
    for call in calls:
        fired = [(rule, watch.fired(call)) for rule, watch in watched]
        off = [KeptOff(call.request_id, rule.cause, sure, rule) for rule, sure in fired if sure is not None]
        yield from off
        if call.is_tried and not any(each.is_certain and holds(each) for each in off):
            for _, watch in watched:
                watch.add(call)


class _Watch(Protocol):
    """A rule as it moves over the calls."""

    def fired(self, call: Asked) -> bool | None:
        """Whether the rule holds just before a call: True certainly, False perhaps, None not."""

    def add(self, call: Asked) -> None:
        """What a call showed, once it was made."""


def _watch(rule: WindowRule) -> _Watch:
    match rule:
        case ShareRule():
            return _ShareWatch(rule)
        case LatencyRule():
            return _LatencyWatch(rule)
        case BudgetRule():
            return _BudgetWatch(rule)


@dataclass
class _ShareWatch:
    """How many calls the window holds, and how many of them hit: certainly, and perhaps."""

    rule: ShareRule
    calls: deque[tuple[Asked, Reading]] = field(default_factory=deque)
    least_hits: float = 0
    most_hits: float = 0

    def fired(self, call: Asked) -> bool | None:
        begin = call.started_at - timedelta(seconds=self.rule.window_s)
        while self.calls and self.calls[0][0].started_at < begin:
            _, hit = self.calls.popleft()
            self._count(hit, -1)
        needed = max(self.rule.share_gte * len(self.calls), 1)
        if len(self.calls) < self.rule.least or self.most_hits < needed:
            return None
        return self.least_hits >= needed

    def add(self, call: Asked) -> None:
        hit = self._hit(call)
        self.calls.append((call, hit))
        self._count(hit, 1)

    def _count(self, hit: Reading, sign: int) -> None:
        self.least_hits += sign * hit.low
        self.most_hits += sign * hit.high

    def _hit(self, call: Asked) -> Reading:
        is_cause = call.cause == self.rule.cause
        if self.rule.below is None:
            return Reading(is_cause, is_cause)
        if call.confidence is None:
            return Reading(0, call.cause is None or is_cause)
        is_low = call.confidence < self.rule.below
        return Reading(is_low, is_low)


@dataclass
class _LatencyWatch:
    """The readings of a window in order, the lowest and the highest that each may have been."""

    rule: LatencyRule
    calls: deque[tuple[Asked, Reading]] = field(default_factory=deque)
    shown: int = 0
    lows: list[float] = field(default_factory=list)
    highs: list[float] = field(default_factory=list)

    def fired(self, call: Asked) -> bool | None:
        begin = call.started_at - timedelta(seconds=self.rule.window_s)
        while self.calls and self.calls[0][0].started_at < begin:
            _, gone = self.calls.popleft()
            self.shown -= gone.is_shown
            del self.lows[bisect_left(self.lows, gone.low)]
            del self.highs[bisect_left(self.highs, gone.high)]
        if len(self.calls) < self.rule.least:
            return None
        low, high = (self._quantile(readings) for readings in (self.lows, self.highs))
        if not (self._is_over(low) or self._is_over(high)):
            return None
        return self.shown >= self.rule.least and self._is_over(low) and self._is_over(high)

    def add(self, call: Asked) -> None:
        found = reading(self.rule.metric, call)
        if found is not None:
            self.calls.append((call, found))
            self.shown += found.is_shown
            insort(self.lows, found.low)
            insort(self.highs, found.high)

    def _is_over(self, value: float) -> bool:
        return value > self.rule.gt if self.rule.gt is not None else value < (self.rule.lt or 0.0)

    def _quantile(self, ordered: list[float]) -> float:
        """By nearest rank."""
        return ordered[math.ceil(QUANTILES[self.rule.metric] * len(ordered)) - 1]


@dataclass
class _BudgetWatch:
    """What the calls of the present period have used up: certainly, and perhaps."""

    rule: BudgetRule
    period: int = -1
    least: float = 0.0
    most: float = 0.0

    def fired(self, call: Asked) -> bool | None:
        self._turn(call)
        return None if self.most < self.rule.amount else self.least >= self.rule.amount

    def add(self, call: Asked) -> None:
        self._turn(call)
        used = self._used(call)
        self.least += used.low
        self.most += used.high

    def _turn(self, call: Asked) -> None:
        period = math.floor(call.started_at.timestamp() / self.rule.period_s)
        if period != self.period:
            self.period, self.least, self.most = period, 0.0, 0.0

    def _used(self, call: Asked) -> Reading:
        """A failure uses no tokens that it does not tell."""
        if self.rule.unit == "requests":
            return Reading(1, 1)
        if self.rule.unit == "tokens" and (call.tokens is not None or call.is_failure):
            return Reading(call.tokens or 0, call.tokens or 0)
        return Reading(0, math.inf)
