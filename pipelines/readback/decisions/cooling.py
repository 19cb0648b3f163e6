"""Which requests a cooldown keeps off the preferred model: the rule of a class, run over its calls in their order.

What the preferred model would have done for a call that was kept off is not in any log, so such a call neither opens
nor ends a cooldown.
"""

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
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
    """A cooldown of `duration_s` seconds after `failures` failures within `window_s` seconds, or in a row."""

    duration_s: float
    failures: int | None = None
    window_s: float | None = None


def cooled(calls: Iterable[Call], rule: Rule) -> Iterator[tuple[str, str]]:
    """The calls that fall into a cooldown, each with the cause of the failure that opened it.

    The calls are those of one class and model, the oldest first. `failures` failures (1 where absent) within `window`
    open it (without a window, in a row); a success in between starts the count anew.

    >>> at = datetime(2026, 5, 1)
    >>> calls = [Call(str(n), at + timedelta(seconds=20 * n), True, None if n else "provider_outage") for n in range(4)]
    >>> list(cooled(calls, Rule(30.0)))
    [('1', 'provider_outage')]
    """
    failures: deque[datetime] = deque(maxlen=rule.failures or 1)
    until, cause = None, ""
    for call in calls:
        if until is not None and call.started_at < until:
            yield call.request_id, cause
        elif call.is_tried and call.cause is None:
            failures.clear()
        elif call.is_tried and call.cause is not None:
            failures.append(call.started_at)
            if len(failures) == failures.maxlen and _is_within(failures, rule.window_s):
                until, cause = call.started_at + timedelta(seconds=rule.duration_s), call.cause


def _is_within(failures: deque[datetime], window: float | None) -> bool:
    return window is None or failures[-1] - failures[0] <= timedelta(seconds=window)
