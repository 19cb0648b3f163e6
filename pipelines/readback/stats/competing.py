"""Time to one of several ends, of which only one can come: cumulative incidence.

An episode that an admin disabled, or whose requests are held, will not recover by itself; taking
it for censored would pretend that it might. Plain survival belongs to `survival`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from readback.stats import critical
from readback.stats.estimate import Estimate, Floats
from readback.stats.proportion import wilson

CENSORED = 0
_EQUAL = 1e-12


@dataclass(frozen=True)
class Incidence:
    """How likely one kind of end has come, after each distinct duration; arrays of one length.

    Attributes:
        time: Distinct durations, rising, in seconds.
        incidence: Share that has ended this way by then.
        standard_error: Of `incidence`.
        at_risk: Rows still followed just before.
        events: Ends of this kind at `time`.
        is_settled: Whether nobody is followed beyond the last time because everybody ended.
    """

    time: Floats
    incidence: Floats
    standard_error: Floats
    at_risk: NDArray[np.int64]
    events: NDArray[np.int64]
    is_settled: bool

    @property
    def n(self) -> int:
        """Rows behind the curve."""
        return int(self.at_risk[0]) if self.at_risk.size else 0


def cumulative_incidence(durations: ArrayLike, ends: ArrayLike, kind: int) -> Incidence:
    """Estimate how likely an end of one kind has come by each duration.

    Args:
        durations: Seconds, each ≥ 0.
        ends: How each row ended: 0 censored, else a positive number per kind of end.
        kind: Kind of end asked for.

    Raises:
        ValueError: Lengths differ, a duration is negative or not finite, or a number is negative.

    Source: Aalen & Johansen 1978; variance Marubini & Valsecchi 1995, section 10.4.

    >>> cumulative_incidence([60, 120, 300, 300], [1, 2, 1, 0], 1).incidence.tolist()
    [0.25, 0.25, 0.5]
    """
    seconds, how = np.asarray(durations, dtype=np.float64), np.asarray(ends, dtype=np.int64)
    if seconds.ndim != 1 or seconds.shape != how.shape or bool((how < 0).any()):
        raise ValueError("durations and ends must be one-dimensional and of one length, ends at least 0")
    if not bool(np.all((seconds >= 0) & np.isfinite(seconds))):
        raise ValueError("every duration must be finite and at least 0")
    time, place = np.unique(seconds, return_inverse=True)
    leaving = np.bincount(place, minlength=time.size)
    at_risk = seconds.size - np.cumsum(leaving) + leaving
    ended = np.bincount(place[how != CENSORED], minlength=time.size)
    events = np.bincount(place[how == kind], minlength=time.size)
    going_on = np.concatenate([[1.0], np.cumprod(1.0 - ended / at_risk)])
    # Steps that add up to one in theory overshoot it by a rounding error.
    incidence = np.minimum(np.cumsum(going_on[:-1] * events / at_risk), 1.0)
    error = incidence_error(incidence, going_on[:-1], ended, events, at_risk)
    return Incidence(time, incidence, error, at_risk, events, time.size > 0 and going_on[-1] < _EQUAL)


def incidence_within(curve: Incidence, horizon: float, level: float = 0.95) -> Estimate:
    """Share that has ended this way within `horizon` seconds.

    Limits on the log(−log) scale of the share still without such an end; where none or all have
    it, Wilson limits on the rows that tell. `value` None: no rows, or followed for less than
    `horizon`; then `low` still holds, as the share only grows.

    Raises:
        ValueError: `horizon` is negative.

    >>> incidence_within(cumulative_incidence([60, 120, 300, 600], [1, 2, 1, 0], 1), 300).value
    0.5
    """
    if not horizon >= 0:
        raise ValueError(f"horizon must not be negative, not {horizon}")
    if curve.n == 0:
        return Estimate(None, None, None, 0, 0.0)
    step = int(np.searchsorted(curve.time, horizon, side="right"))
    share = float(curve.incidence[step - 1]) if step else 0.0
    low, high = _limits(curve, step, share, horizon, level)
    known = bool(horizon <= curve.time[-1] or curve.is_settled)
    events = float(curve.events.sum())
    return Estimate(share if known else None, low, high if known else None, curve.n, events)


def _limits(curve: Incidence, step: int, share: float, horizon: float, level: float) -> tuple[float, float]:
    without = 1.0 - share
    if _EQUAL < share < 1.0 - _EQUAL:
        half = critical.normal(level) * float(curve.standard_error[step - 1]) / (-without * np.log(without))
        return 1.0 - without ** np.exp(-half), 1.0 - without ** np.exp(half)
    happened = int(curve.events[:step].sum())
    followed = int(curve.at_risk[curve.time >= horizon][:1].sum())
    _, low, high = wilson(happened, happened if share > 0.5 else followed, level)
    return float(low), float(high)


def incidence_error(
    incidence: Floats, before: Floats, ended: NDArray[np.int64], events: NDArray[np.int64], n: NDArray[np.int64]
) -> Floats:
    """Delta-method error at each time t, from sums over the earlier times i of (I_t − I_i)^0, ^1 and ^2."""
    left = n - ended
    hazard = np.divide(ended, n * left, out=np.zeros(incidence.shape), where=left > 0)
    own = before**2 * events * (n - events) / n.astype(np.float64) ** 3
    cross = before * events / n.astype(np.float64) ** 2
    first, second, third = (np.cumsum(hazard * incidence**power, axis=-1) for power in (0, 1, 2))
    spread = incidence**2 * first - 2 * incidence * second + third
    mixed = incidence * np.cumsum(cross, axis=-1) - np.cumsum(cross * incidence, axis=-1)
    return np.sqrt(np.maximum(spread + np.cumsum(own, axis=-1) - 2 * mixed, 0.0))
