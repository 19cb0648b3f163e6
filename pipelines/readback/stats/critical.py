"""Critical values of the normal and Student distributions for two-sided intervals.

Only quantiles live here; scipy.special is imported on first use, scipy.stats never (1.5 s).
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray


def normal(level: float) -> float:
    """Return z such that a standard normal lies within ±z with probability `level`.

    Raises:
        ValueError: `level` is not strictly between 0 and 1.

    >>> round(normal(0.95), 6)
    1.959964
    """
    from scipy.special import ndtri

    return float(ndtri(1.0 - tail(level)))


def student(level: float, degrees: float) -> float:
    """Return t such that Student's t lies within ±t with probability `level`; nan if degrees ≤ 0.

    `degrees` may be fractional (effective clusters) or infinite (the normal value).

    >>> round(student(0.95, 10), 4)
    2.2281
    """
    from scipy.special import stdtrit

    upper = 1.0 - tail(level)
    return float(stdtrit(degrees, upper)) if degrees > 0 else math.nan


def students(level: float, degrees: NDArray[np.float64]) -> NDArray[np.float64]:
    """As `student`, of many degrees of freedom at once."""
    from scipy.special import stdtrit

    known = degrees > 0
    found = stdtrit(np.where(known, degrees, 1.0), 1.0 - tail(level))
    return np.where(known, found, np.nan)


def tail(level: float) -> float:
    """Return the probability left in each tail, (1 − level) / 2."""
    if not 0.0 < level < 1.0:
        raise ValueError(f"level must lie strictly between 0 and 1, not {level}")
    return (1.0 - level) / 2.0
