"""What a log tells of one call to the preferred model, as a trigger reads it: a number, or the bounds of it."""

import math
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import NamedTuple

from readback.policy.fields import LatencyMetric


class Asked(NamedTuple):
    """A call of one class to one preferred model.

    `cause`: of its failure, None where it was answered. `seconds`: until the whole answer, or until it was cut
    (`is_cut`); None where it failed otherwise. `ttft_s`: seconds to the first token. `confidence`: in its answer, 0 to
    1. `tokens`: of prompt and answer. All None where the log does not tell.
    """

    request_id: str
    started_at: datetime
    is_tried: bool
    cause: str | None
    seconds: float | None = None
    is_cut: bool = False
    is_stream: bool | None = None
    ttft_s: float | None = None
    tokens_per_s: float | None = None
    confidence: float | None = None
    tokens: int | None = None

    @property
    def is_failure(self) -> bool:
        """It ended in an error: neither answered, nor cut, nor answered and set aside."""
        return self.cause is not None and not self.is_cut and self.cause != "low_confidence"


class Reading(NamedTuple):
    """The lowest and the highest that a call may have shown; `is_shown`: that it showed anything is certain."""

    low: float
    high: float
    is_shown: bool = True


_ANYTHING = Reading(0.0, math.inf)


def reading(metric: LatencyMetric, call: Asked) -> Reading | None:
    """What a call showed of a latency metric: seconds, or tokens per second; None where there was nothing to show.

    >>> call = Asked("1", datetime(2026, 5, 1), True, None, seconds=6.0, is_stream=True)
    >>> reading(LatencyMetric.TTFT_P95, call)
    Reading(low=0.0, high=6.0, is_shown=True)
    """
    return _READ[metric](call)


def _total(call: Asked) -> Reading | None:
    if call.seconds is None:
        return None
    return Reading(call.seconds, math.inf if call.is_cut else call.seconds)


def _ttft(call: Asked) -> Reading | None:
    """The first token came before the last one; of a call that was cut it may never have come."""
    if call.ttft_s is not None:
        return Reading(call.ttft_s, call.ttft_s)
    open_reading = _of_a_stream(call)
    if open_reading is None or not open_reading.is_shown or call.is_cut or call.seconds is None:
        return open_reading
    return Reading(0.0, call.seconds)


def _rate(call: Asked) -> Reading | None:
    return _of_a_stream(call) if call.tokens_per_s is None else Reading(call.tokens_per_s, call.tokens_per_s)


def _of_a_stream(call: Asked) -> Reading | None:
    """Anything, of a stream; nothing, of another answer or a failure; of who knows what, not even that is certain."""
    if call.is_stream is False or call.is_failure:
        return None
    return _ANYTHING._replace(is_shown=call.is_stream is True)


_READ: Mapping[LatencyMetric, Callable[[Asked], Reading | None]] = {
    LatencyMetric.TOTAL_P95: _total,
    LatencyMetric.TTFT_P95: _ttft,
    LatencyMetric.STREAM_RATE: _rate,
}
