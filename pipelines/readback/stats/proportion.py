"""Rates: one proportion or event rate of independent rows.

Everything takes sufficient statistics as arrays and broadcasts; no loop over rows. Rows that come
in clusters belong to `clusters`, two rates side by side to `difference`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from readback.stats import critical
from readback.stats.estimate import Floats, Intervals


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
    x, rows = counts(successes, n)
    value = ratio(x, rows)
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

    x, rows = counts(successes, n)
    tail = critical.tail(level)
    has_low, has_high = (rows > 0) & (x > 0), (rows > 0) & (x < rows)
    a, b = np.where(has_low, x, 1.0), np.where(has_high, rows - x, 1.0)
    low = np.where(has_low, betaincinv(a, np.where(has_low, rows - x, 0.0) + 1, tail), 0.0)
    high = np.where(has_high, betaincinv(np.where(has_high, x, 0.0) + 1, b, 1 - tail), 1.0)
    return Intervals(ratio(x, rows), low, high)


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

    events, time = np.broadcast_arrays(floats(count), floats(exposure))
    if bool((events < 0).any() or (time < 0).any()):
        raise ValueError("count and exposure must not be negative")
    tail = critical.tail(level)
    exposed = time > 0
    has_low = exposed & (events > 0)
    low = np.where(has_low, gammaincinv(np.where(has_low, events, 1.0), tail), 0.0)
    high = gammaincinv(events + 1, 1 - tail)
    unit = np.where(exposed, time, 1.0)
    return Intervals(ratio(events, time), low / unit, np.where(exposed, high / unit, np.inf))


def floats(numbers: ArrayLike) -> Floats:
    """Numbers as an array of floats."""
    return np.asarray(numbers, dtype=np.float64)


def counts(successes: ArrayLike, n: ArrayLike) -> tuple[Floats, Floats]:
    """Successes and rows as arrays of one shape.

    Raises:
        ValueError: A count is negative, or successes exceed n.
    """
    x, rows = np.broadcast_arrays(floats(successes), floats(n))
    # An effective n times a rate may exceed that n by a rounding error.
    if bool((x < 0).any() or (rows < 0).any() or (x > rows * (1 + 1e-9)).any()):
        raise ValueError("counts must satisfy 0 <= successes <= n")
    return np.minimum(x, rows), rows


def ratio(part: Floats, whole: Floats) -> Floats:
    """Part over whole; nan where the whole is 0 or nan."""
    empty = np.full(np.shape(whole), np.nan)
    return np.asarray(np.divide(part, whole, out=empty, where=whole > 0), dtype=np.float64)
