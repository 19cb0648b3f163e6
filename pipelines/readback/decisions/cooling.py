"""Which requests a cooldown keeps off the preferred model: the rule of a class, run over its calls in their order.

What the preferred model would have done for a call that was kept off is not in any log, so such a call neither opens
nor ends a cooldown.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple


@dataclass(frozen=True)
class Call:
    """A call of one class to one preferred model; `cause` is that of a failure that a cooldown counts, else None."""

    request_id: str
    started_at: datetime
    is_tried: bool
    cause: str | None


class Rule(NamedTuple):
    """A cooldown of `duration_s` seconds after `failures` failures within `window_s` seconds, or in a row.

    `least` calls must have been made by then. With `share_gte`, such a share of those in the window must have failed;
    without it, a success starts the count anew.
    """

    duration_s: float
    failures: int | None = None
    window_s: float | None = None
    least: int | None = None
    share_gte: float | None = None


def cooled(calls: Iterable[Call], rule: Rule) -> Iterator[tuple[str, str]]:
    """The calls that fall into a cooldown, each with the cause of the failure that opened it.

    The calls are those of one class and model, the oldest first.

    >>> at = datetime(2026, 5, 1)
    >>> calls = [Call(str(n), at + timedelta(seconds=20 * n), True, None if n else "provider_outage") for n in range(4)]
    >>> list(cooled(calls, Rule(30.0)))
    [('1', 'provider_outage')]
    """
    recent = _Recent(rule)
    until, cause = None, ""
    for call in calls:
        if until is not None and call.started_at < until:
            yield call.request_id, cause
        elif call.is_tried:
            recent.add(call)
            if call.cause is not None and recent.is_enough():
                until, cause = call.started_at + timedelta(seconds=rule.duration_s), call.cause


@dataclass
class _Recent:
    """The calls that count towards a cooldown, and how many of them failed."""

    rule: Rule
    calls: deque[Call] = field(default_factory=deque)
    failed: int = 0

    def add(self, call: Call) -> None:
        """A call that was made."""
        if call.cause is None and (self.rule.share_gte is None or self.rule.window_s is None):
            self.calls.clear()
            self.failed = 0
            return
        self.calls.append(call)
        self.failed += call.cause is not None
        while self.rule.window_s is not None and self._age(call) > timedelta(seconds=self.rule.window_s):
            self.failed -= self.calls.popleft().cause is not None

    def is_enough(self) -> bool:
        """The failures, the calls and their share suffice."""
        is_share = self.failed >= (self.rule.share_gte or 0.0) * len(self.calls)
        return is_share and self.failed >= (self.rule.failures or 1) and len(self.calls) >= (self.rule.least or 1)

    def _age(self, call: Call) -> timedelta:
        return call.started_at - self.calls[0].started_at
