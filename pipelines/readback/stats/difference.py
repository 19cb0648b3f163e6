"""Two figures side by side: independent rates, paired runs of the same requests, estimates of any kind.

Rates take counts as arrays and broadcast. Differences within strata belong to `effect`.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from readback.stats import critical
from readback.stats.estimate import Estimate, Floats, Intervals
from readback.stats.proportion import counts, floats, ratio, wilson

_BISECTIONS = 60


class PairedDifference(NamedTuple):
    """Paired rates: their difference with its limits, and the exact McNemar p-value; arrays of one shape."""

    value: Floats
    low: Floats
    high: Floats
    p_value: Floats


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
    a, b = counts(x1, n1), counts(x0, n0)
    hits1, rows1, hits0, rows0 = np.broadcast_arrays(*a, *b)
    value = ratio(hits1, rows1) - ratio(hits0, rows0)
    known = np.isfinite(value)
    cells = tuple(np.where(known, cell, 1.0) for cell in (hits1, rows1, hits0, rows0))
    start = np.where(known, value, 0.0)
    z = critical.normal(level)
    low = np.where(known, _score_limit(cells, start, -1.0, z), -1.0)
    high = np.where(known, _score_limit(cells, start, 1.0, z), 1.0)
    return Intervals(value, low, high)


def paired_difference(
    both: ArrayLike, only_first: ArrayLike, only_second: ArrayLike, neither: ArrayLike, level: float = 0.95
) -> PairedDifference:
    """Compare two models that answered the same requests, as in a shadow run.

    Args:
        both: Pairs in which both had the outcome.
        only_first: Pairs in which only the first had it.
        only_second: Pairs in which only the second had it.
        neither: Pairs in which none had it.
        level: Confidence level.

    Returns:
        Rate of the first minus rate of the second by Newcombe's method 10 for pairs; without pairs
        value nan and interval [-1, 1]. The p-value is two-sided and 1 without discordant pairs.

    Raises:
        ValueError: A count is negative.

    Source: Newcombe 1998 (paired data); McNemar 1947, exact as in Mosteller 1952.

    >>> [round(float(v), 4) for v in paired_difference(14, 5, 0, 22)]
    [0.122, 0.0115, 0.2265, 0.0625]
    """
    from scipy.special import bdtr

    e, f, g, h = np.broadcast_arrays(*(floats(part) for part in (both, only_first, only_second, neither)))
    n = e + f + g + h
    p1, l1, u1 = wilson(e + f, n, level)
    p0, l0, u0 = wilson(e + g, n, level)
    value, phi = p1 - p0, _correlation(e, f, g, h, n)
    known = n > 0
    below = _crossed(p1 - l1, u0 - p0, phi)
    above = _crossed(u1 - p1, p0 - l0, phi)
    fewer, discordant = np.minimum(f, g), f + g
    p_value = np.minimum(2 * bdtr(fewer, discordant.astype(np.int64), 0.5), 1.0)
    return PairedDifference(
        value, np.where(known, value - below, -1.0), np.where(known, value + above, 1.0), np.asarray(p_value)
    )


def mover_difference(first: Estimate, second: Estimate) -> Estimate:
    """First minus second of two independent estimates: the method of variance estimates recovery.

    Args:
        first: Estimate in any unit.
        second: Estimate in the same unit, at the same level.

    Returns:
        The difference in that unit. Value None where either value is; a limit None where one that it needs is not
        reached. With Wilson limits this is Newcombe's method 10.

    Source: Zou & Donner 2008 (Construction of confidence limits about effect measures); Newcombe 1998.

    >>> found = mover_difference(Estimate(0.8, 0.6926, 0.8772, 70, 70), Estimate(0.6, 0.4905, 0.7000, 80, 80))
    >>> [round(float(number or 0), 3) for number in (found.value, found.low, found.high)]
    [0.2, 0.053, 0.334]
    """
    n = min(first.n, second.n)
    if first.value is None or second.value is None:
        return Estimate(None, None, None, n, None)
    difference = first.value - second.value
    below, above = _reach(first), _reach(second)
    low = None if below[0] is None or above[1] is None else difference - math.hypot(below[0], above[1])
    high = None if below[1] is None or above[0] is None else difference + math.hypot(below[1], above[0])
    return Estimate(difference, low, high, n, None)


def _wilson_on(successes: ArrayLike, n: ArrayLike, effective: ArrayLike | None, level: float) -> Intervals:
    if effective is None:
        return wilson(successes, n, level)
    rate = np.nan_to_num(ratio(*counts(successes, n)))
    size = np.where(floats(n) > 0, floats(effective), 0.0)
    return wilson(rate * size, size, level)


def _correlation(e: Floats, f: Floats, g: Floats, h: Floats, n: Floats) -> Floats:
    """Correlation of the pair, pulled towards zero by half a row where it is positive."""
    spread = np.sqrt((e + f) * (g + h) * (e + g) * (f + h))
    excess = e * h - f * g
    corrected = np.where(excess > 0, np.maximum(excess - n / 2, 0.0), excess)
    return np.asarray(np.divide(corrected, spread, out=np.zeros_like(spread), where=spread > 0), dtype=np.float64)


def _crossed(a: Floats, b: Floats, phi: Floats) -> Floats:
    return np.asarray(np.sqrt(np.maximum(a * a - 2 * phi * a * b + b * b, 0.0)), dtype=np.float64)


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


def _reach(estimate: Estimate) -> tuple[float | None, float | None]:
    """How far the limits lie below and above the value."""
    if estimate.value is None:
        return None, None
    below = None if estimate.low is None else estimate.value - estimate.low
    return below, None if estimate.high is None else estimate.high - estimate.value
