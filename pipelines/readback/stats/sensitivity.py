"""What a comparison cannot rule out: unmeasured causes, unseen outcomes, effects too small to find.

Everything takes finished figures; how those are estimated belongs to `effect` and `proportion`.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from readback.stats import critical
from readback.stats.estimate import Floats, Intervals


def e_value(
    risk_ratio: float, low: float | None = None, high: float | None = None
) -> tuple[float | None, float | None]:
    """E-value of a risk ratio, and of the confidence limit nearer to 1.

    The first is None for a ratio that is not positive and finite; the second is None when that
    limit is not given, and 1 when the interval holds 1.

    Source: VanderWeele & Ding 2017.

    >>> [round(e, 2) for e in e_value(0.8, 0.71, 0.91)]
    [1.81, 1.43]
    """
    limit = low if risk_ratio >= 1 else high
    if limit is None or not math.isfinite(limit):
        return _e(risk_ratio), None
    crosses = limit <= 1 if risk_ratio >= 1 else limit >= 1
    return _e(risk_ratio), 1.0 if crosses else _e(limit)


def minimum_detectable_difference(
    p: ArrayLike, n1: ArrayLike, n0: ArrayLike, *, level: float = 0.95, power: float = 0.8
) -> Floats:
    """Smallest difference of two rates that a test at `level` would find with chance `power`.

    Args:
        p: Base rate.
        n1: Exposed rows, or effective n.
        n0: Control rows, or effective n.
        level: One minus the two-sided error rate.
        power: Chance to find it.

    Returns:
        Fractions; nan where an arm is empty or the base rate is 0, 1 or unknown.

    >>> round(float(minimum_detectable_difference(0.10, 300, 1e9)), 3)
    0.049
    """
    from scipy.special import ndtri

    rate, exposed, control = np.broadcast_arrays(*(np.asarray(a, dtype=np.float64) for a in (p, n1, n0)))
    usable = (exposed > 0) & (control > 0) & (rate > 0) & (rate < 1)
    per_row = 1 / np.where(usable, exposed, 1.0) + 1 / np.where(usable, control, 1.0)
    spread = np.where(usable, rate * (1 - rate) * per_row, np.nan)
    factor = critical.normal(level) + float(ndtri(power))
    return np.asarray(factor * np.sqrt(spread), dtype=np.float64)


def unseen_bounds(events: ArrayLike, observed: ArrayLike, unseen: ArrayLike) -> Intervals:
    """A rate and what it could be if none, or all, of the unseen units had the event.

    Args:
        events: Observed units with the event.
        observed: Units whose outcome is known.
        unseen: Units whose outcome is not.

    Returns:
        Fractions: the rate of the observed between its bounds. No sampling error is in them.
        Where nothing was observed the rate is nan; without any unit the bounds are [0, 1].

    Source: Manski 1989.

    >>> [round(float(v), 4) for v in unseen_bounds(2, 8, 1)]
    [0.25, 0.2222, 0.3333]
    """
    x, known, missing = np.broadcast_arrays(*(np.asarray(a, dtype=np.float64) for a in (events, observed, unseen)))
    if not bool(np.all((x >= 0) & (x <= known) & (missing >= 0))):
        raise ValueError("counts must satisfy 0 <= events <= observed and 0 <= unseen")
    whole = known + missing
    value = np.divide(x, known, out=np.full(x.shape, np.nan), where=known > 0)
    low = np.divide(x, whole, out=np.zeros(x.shape), where=whole > 0)
    high = np.divide(x + missing, whole, out=np.ones(x.shape), where=whole > 0)
    return Intervals(value, low, high)


def unseen_difference_bounds(exposed: Intervals, control: Intervals) -> Intervals:
    """Difference of two rates whose unseen units may have fallen out either way.

    >>> a, b = unseen_bounds(2, 8, 1), unseen_bounds(1, 10, 0)
    >>> [round(float(v), 4) for v in unseen_difference_bounds(a, b)]
    [0.15, 0.1222, 0.2333]
    """
    return Intervals(exposed.value - control.value, exposed.low - control.high, exposed.high - control.low)


def _e(ratio: float) -> float | None:
    if not 0 < ratio < math.inf:
        return None
    above = max(ratio, 1 / ratio)
    return above + math.sqrt(above * (above - 1))
