"""Rates: one proportion, a difference of two, an event rate, and the correction for clusters.

Everything takes sufficient statistics as arrays and broadcasts; no loop over rows. Adjusted
differences over strata belong to `effect`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from readback.stats import critical
from readback.stats.estimate import Floats, Intervals

DEFAULT_ICC = 0.15
"""Intraclass correlation to assume while fewer than 30 episodes exist."""

MAXIMUM_ICC = 0.95
_ITERATIONS = 50
_BISECTIONS = 60


@dataclass(frozen=True)
class ClusterSums:
    """Six sums over the clusters of each stratum; arrays of one shape, one entry a stratum.

    With n_c rows and x_c successes in cluster c: `n` Σn_c, `n2` Σn_c², `n3` Σn_c³, `x` Σx_c,
    `x2` Σx_c², `xn` Σx_c·n_c.
    """

    n: ArrayLike
    n2: ArrayLike
    n3: ArrayLike
    x: ArrayLike
    x2: ArrayLike
    xn: ArrayLike


def wilson(successes: ArrayLike, n: ArrayLike, level: float = 0.95) -> Intervals:
    """Wilson score interval for a proportion.

    Args:
        successes: Rows with the outcome, 0 ≤ successes ≤ n; fractional for an effective n.
        n: Rows, or the effective n.
        level: Confidence level.

    Returns:
        Proportions in [0, 1]. Where n is 0 or nan: value nan, interval [0, 1].

    Raises:
        ValueError: A count is negative, or successes exceed n.

    Source: Wilson 1927; Newcombe 1998, method 3.

    >>> [round(float(v), 4) for v in wilson(81, 263)]
    [0.308, 0.2553, 0.3662]
    """
    x, rows = _counts(successes, n)
    value = _ratio(x, rows)
    known = rows > 0
    size, rate = np.where(known, rows, 1.0), np.where(known, value, 0.5)
    z = critical.normal(level)
    spread = z * z / size
    centre = (rate + spread / 2) / (1 + spread)
    half = np.sqrt(rate * (1 - rate) * spread + spread * spread / 4) / (1 + spread)
    low = np.where(known & (x > 0), np.maximum(centre - half, 0.0), 0.0)
    high = np.where(known & (x < rows), np.minimum(centre + half, 1.0), 1.0)
    return Intervals(value, low, high)


def clopper_pearson(successes: ArrayLike, n: ArrayLike, level: float = 0.95) -> Intervals:
    """Exact interval for a proportion: never covers less than `level`; for compliance statements.

    Arguments, null case and errors as in `wilson`. About 1.5 µs a row.

    Source: Clopper & Pearson 1934.

    >>> [round(float(v), 4) for v in clopper_pearson(0, 20)]
    [0.0, 0.0, 0.1684]
    """
    from scipy.special import betaincinv

    x, rows = _counts(successes, n)
    tail = critical.tail(level)
    has_low, has_high = (rows > 0) & (x > 0), (rows > 0) & (x < rows)
    a, b = np.where(has_low, x, 1.0), np.where(has_high, rows - x, 1.0)
    low = np.where(has_low, betaincinv(a, np.where(has_low, rows - x, 0.0) + 1, tail), 0.0)
    high = np.where(has_high, betaincinv(np.where(has_high, x, 0.0) + 1, b, 1 - tail), 1.0)
    return Intervals(_ratio(x, rows), low, high)


def poisson_rate(count: ArrayLike, exposure: ArrayLike, level: float = 0.95) -> Intervals:
    """Exact interval for an event rate, in events per unit of exposure.

    Where exposure is 0 or nan: value nan, interval [0, inf].

    Raises:
        ValueError: A count or an exposure is negative.

    Source: Garwood 1936.

    >>> [round(float(v), 4) for v in poisson_rate(10, 2)]
    [5.0, 2.3977, 9.1952]
    """
    from scipy.special import gammaincinv

    events, time = np.broadcast_arrays(_floats(count), _floats(exposure))
    if bool((events < 0).any() or (time < 0).any()):
        raise ValueError("count and exposure must not be negative")
    tail = critical.tail(level)
    exposed = time > 0
    has_low = exposed & (events > 0)
    low = np.where(has_low, gammaincinv(np.where(has_low, events, 1.0), tail), 0.0)
    high = gammaincinv(events + 1, 1 - tail)
    unit = np.where(exposed, time, 1.0)
    return Intervals(_ratio(events, time), low / unit, np.where(exposed, high / unit, np.inf))


def newcombe_difference(
    x1: ArrayLike,
    n1: ArrayLike,
    x0: ArrayLike,
    n0: ArrayLike,
    level: float = 0.95,
    *,
    effective_n1: ArrayLike | None = None,
    effective_n0: ArrayLike | None = None,
) -> Intervals:
    """Difference of two independent proportions, x1/n1 − x0/n0, by Newcombe's method 10.

    Clustered rows: give the effective sizes; the rates stay x/n, the limits widen. Where an arm
    has no rows: value nan, interval [-1, 1]. Errors as in `wilson`.

    Source: Newcombe 1998 (Interval estimation for the difference), Table II.

    >>> [round(float(v), 4) for v in newcombe_difference(56, 70, 48, 80)]
    [0.2, 0.0524, 0.3339]
    """
    p1, l1, u1 = _wilson_on(x1, n1, effective_n1, level)
    p0, l0, u0 = _wilson_on(x0, n0, effective_n0, level)
    value = p1 - p0
    known = np.isfinite(value)
    low = np.where(known, value - np.hypot(p1 - l1, u0 - p0), -1.0)
    high = np.where(known, value + np.hypot(u1 - p1, p0 - l0), 1.0)
    return Intervals(value, low, high)


def miettinen_nurminen_difference(
    x1: ArrayLike, n1: ArrayLike, x0: ArrayLike, n0: ArrayLike, level: float = 0.95
) -> Intervals:
    """Difference of two independent proportions by inverting the score test.

    Where an arm has no rows: value nan, interval [-1, 1]. Errors as in `wilson`. About 25 µs a
    row; statsmodels' own version gives wrong limits.

    Source: Miettinen & Nurminen 1985.

    >>> [round(float(v), 4) for v in miettinen_nurminen_difference(56, 70, 48, 80)]
    [0.2, 0.0528, 0.3382]
    """
    a, b = _counts(x1, n1), _counts(x0, n0)
    hits1, rows1, hits0, rows0 = np.broadcast_arrays(*a, *b)
    value = _ratio(hits1, rows1) - _ratio(hits0, rows0)
    known = np.isfinite(value)
    cells = tuple(np.where(known, cell, 1.0) for cell in (hits1, rows1, hits0, rows0))
    start = np.where(known, value, 0.0)
    z = critical.normal(level)
    low = np.where(known, _score_limit(cells, start, -1.0, z), -1.0)
    high = np.where(known, _score_limit(cells, start, 1.0, z), 1.0)
    return Intervals(value, low, high)


def pooled_icc(sums: ClusterSums) -> float | None:
    """Intraclass correlation of a 0/1 outcome inside clusters, one value pooled over strata.

    Bias-corrected moment estimator, iterated, clipped to [0, 0.95]. None when no stratum can
    tell: no two clusters, no cluster above one row, or no variation in the outcome.

    Source: Kish 1965; bias-corrected moments (coverage of the resulting intervals .935 to .950).
    """
    n, n2, n3, x, x2, xn = (np.atleast_1d(_floats(s)) for s in vars(sums).values())
    keep = (n > 1) & (n2 < n * n) & (x > 0) & (x < n)
    n, n2, n3, x, x2, xn = (s[keep] for s in (n, n2, n3, x, x2, xn))
    p = x / n
    scatter = x2 - 2 * p * xn + p * p * n2
    independent = n - n2 / n
    together = (n2 - n) - 2 * (n3 - n2) / n + n2 / n**2 * (n2 - n)
    if not bool((together > 0).any()):
        return None
    icc = 0.0
    for _ in range(_ITERATIONS):
        pq = p * (1 - p) / (1 - design_effect(n, n2, icc) / n)
        moment = np.sum(scatter - pq * independent) / np.sum(pq * together)
        previous, icc = icc, float(np.clip(moment, 0.0, MAXIMUM_ICC))
        if abs(icc - previous) < 1e-12:
            break
    return icc


def design_effect(n: ArrayLike, n2: ArrayLike, icc: ArrayLike) -> Floats:
    """Return how many times clustering inflates the variance of a rate: 1 + (Σn_c²/Σn_c − 1)·icc.

    Args:
        n: Rows, Σn_c.
        n2: Sum of squared cluster sizes, Σn_c².
        icc: Intraclass correlation, one value or one a row.

    Returns:
        At least 1 for whole clusters; 1 where there are no rows. Source: Kish 1965.

    >>> float(design_effect(100, 1000, 0.1))
    1.9
    """
    mean_size = np.nan_to_num(_ratio(*np.broadcast_arrays(_floats(n2), _floats(n))), nan=1.0)
    return np.asarray(1.0 + (mean_size - 1.0) * _floats(icc), dtype=np.float64)


def effective_n(n: ArrayLike, n2: ArrayLike, icc: ArrayLike) -> Floats:
    """Return the number of independent rows worth as much: n / `design_effect`; 0 for no rows.

    Feed it to `wilson(rate * effective, effective)`.

    >>> float(effective_n(190, 1900, 0.1))
    100.0
    """
    return np.asarray(_floats(n) / design_effect(n, n2, icc), dtype=np.float64)


def _floats(numbers: ArrayLike) -> Floats:
    return np.asarray(numbers, dtype=np.float64)


def _counts(successes: ArrayLike, n: ArrayLike) -> tuple[Floats, Floats]:
    x, rows = np.broadcast_arrays(_floats(successes), _floats(n))
    # An effective n times a rate may exceed that n by a rounding error.
    if bool((x < 0).any() or (rows < 0).any() or (x > rows * (1 + 1e-9)).any()):
        raise ValueError("counts must satisfy 0 <= successes <= n")
    return np.minimum(x, rows), rows


def _ratio(part: Floats, whole: Floats) -> Floats:
    empty = np.full(np.shape(whole), np.nan)
    return np.asarray(np.divide(part, whole, out=empty, where=whole > 0), dtype=np.float64)


def _wilson_on(successes: ArrayLike, n: ArrayLike, effective: ArrayLike | None, level: float) -> Intervals:
    if effective is None:
        return wilson(successes, n, level)
    rate = np.nan_to_num(_ratio(*_counts(successes, n)))
    size = np.where(_floats(n) > 0, _floats(effective), 0.0)
    return wilson(rate * size, size, level)


def _score_limit(cells: tuple[Floats, ...], start: Floats, end: float, z: float) -> Floats:
    """Bisect between the observed difference, always accepted, and the end of the scale."""
    inside, outside = start, np.full(start.shape, end)
    for _ in range(_BISECTIONS):
        middle = (inside + outside) / 2
        accepted = _score_squared(cells, start, middle) <= z * z
        inside = np.where(accepted, middle, inside)
        outside = np.where(accepted, outside, middle)
    return np.asarray((inside + outside) / 2, dtype=np.float64)


def _score_squared(cells: tuple[Floats, ...], observed: Floats, difference: Floats) -> Floats:
    _, n1, _, n0 = cells
    total = n1 + n0
    p0 = _restricted_control_rate(cells, difference)
    p1 = np.clip(p0 + difference, 0.0, 1.0)
    variance = (p1 * (1 - p1) / n1 + p0 * (1 - p0) / n0) * total / (total - 1)
    gap = (observed - difference) ** 2
    certain = np.where(gap > 0, np.inf, 0.0)
    score = np.divide(gap, variance, out=certain, where=variance > 0)
    return np.asarray(score, dtype=np.float64)


def _restricted_control_rate(cells: tuple[Floats, ...], difference: Floats) -> Floats:
    """Maximise the likelihood over p0 given p1 = p0 + difference: middle root of a cubic."""
    x1, n1, x0, n0 = cells
    total, hits, d = n1 + n0, x1 + x0, difference
    square = ((n1 + 2 * n0) * d - total - hits) / (3 * total)
    linear = ((n0 * d - total - 2 * x0) * d + hits) / (3 * total)
    constant = x0 * d * (1 - d) / (2 * total)
    turn = square**3 - 1.5 * square * linear + constant
    radius = np.copysign(np.sqrt(np.maximum(square**2 - linear, 0.0)), turn)
    cube = radius**3
    cosine = np.divide(turn, cube, out=np.zeros_like(cube), where=cube != 0)
    angle = (np.pi + np.arccos(np.clip(cosine, -1.0, 1.0))) / 3
    root = 2 * radius * np.cos(angle) - square
    inside = np.clip(root, np.maximum(0.0, -d), np.minimum(1.0, 1 - d))
    return np.asarray(inside, dtype=np.float64)
