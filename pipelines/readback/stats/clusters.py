"""Rows that come in clusters, such as the requests of an episode: what they are worth.

Everything takes sums over clusters as arrays, one entry a stratum; no loop over rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from readback.stats.estimate import Floats, Intervals
from readback.stats.proportion import counts, floats, ratio, wilson

DEFAULT_ICC = 0.15
"""Intraclass correlation to assume while fewer than 30 episodes exist."""

MAXIMUM_ICC = 0.95
_ITERATIONS = 50


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


def clustered_rate(successes: ArrayLike, n: ArrayLike, n2: ArrayLike, icc: ArrayLike, level: float = 0.95) -> Intervals:
    """Rate of clustered rows: the plain rate, with Wilson limits on the effective n.

    Args:
        successes: Rows with the outcome.
        n: Rows.
        n2: Sum of squared cluster sizes.
        icc: Intraclass correlation, pooled over strata (`interval_icc`) and never one stratum's own.
        level: Confidence level.

    Returns:
        As `wilson`, with the same null case and errors.

    >>> [round(float(v), 4) for v in clustered_rate(19, 190, 1900, 0.1)]
    [0.1, 0.0552, 0.1744]
    """
    x, rows = counts(successes, n)
    value = ratio(x, rows)
    worth = effective_n(rows, n2, icc)
    _, low, high = wilson(np.nan_to_num(value) * worth, worth, level)
    return Intervals(value, low, high)


def pooled_icc(sums: ClusterSums) -> float | None:
    """Intraclass correlation of a 0/1 outcome inside clusters, one value pooled over strata.

    Bias-corrected moment estimator, iterated, clipped to [0, 0.95]. None when no stratum can
    tell: no two clusters, no cluster above one row, or no variation in the outcome.

    Source: Kish 1965; bias-corrected moments (coverage of the resulting intervals .935 to .950).
    """
    moments = _moments(sums)
    return None if moments is None else float(np.clip(moments.icc, 0.0, MAXIMUM_ICC))


def icc_upper_limit(sums: ClusterSums, confidence: float = 0.8) -> float | None:
    """One-sided upper limit of `pooled_icc`, by leaving out one stratum at a time.

    For rules that must not take clusters for independent rows, such as alarms. None where there
    is no correlation to estimate, or only one stratum that can tell.

    Source: Efron & Stein 1981 (jackknife).
    """
    from scipy.special import ndtri

    moments = _moments(sums)
    if moments is None or (moments.weight > 0).sum() < 2:
        return None
    without = (moments.scatter.sum() - moments.scatter) / (moments.weight.sum() - moments.weight)
    count = without.size
    error = np.sqrt((count - 1) / count * np.sum((without - without.mean()) ** 2))
    return float(np.clip(max(moments.icc, 0.0) + float(ndtri(confidence)) * error, 0.0, MAXIMUM_ICC))


def interval_icc(sums: ClusterSums) -> float | None:
    """Intraclass correlation to widen an interval by: `pooled_icc`, and a margin for the error of that estimate.

    A few dozen clusters tell the correlation so roughly that intervals on the estimate itself cover less than they
    say; the margin fades with more of them. Without two strata that can tell it is `pooled_icc`; None as there.

    Source: the one-sided 65% limit of `icc_upper_limit`; coverage in `benchmarks/promises.py`.
    """
    limit = icc_upper_limit(sums, confidence=0.65)
    return pooled_icc(sums) if limit is None else limit


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
    mean_size = np.nan_to_num(ratio(*np.broadcast_arrays(floats(n2), floats(n))), nan=1.0)
    return np.asarray(1.0 + (mean_size - 1.0) * floats(icc), dtype=np.float64)


def effective_n(n: ArrayLike, n2: ArrayLike, icc: ArrayLike) -> Floats:
    """Return the number of independent rows worth as much: n / `design_effect`; 0 for no rows.

    Feed it to `wilson(rate * effective, effective)`.

    >>> float(effective_n(190, 1900, 0.1))
    100.0
    """
    return np.asarray(floats(n) / design_effect(n, n2, icc), dtype=np.float64)


class _Moments(NamedTuple):
    """Excess scatter and its weight per stratum, whose totals' quotient is the correlation."""

    icc: float
    scatter: Floats
    weight: Floats


def _moments(sums: ClusterSums) -> _Moments | None:
    n, n2, n3, x, x2, xn = (np.atleast_1d(floats(s)) for s in vars(sums).values())
    keep = (n > 1) & (n2 < n * n) & (x > 0) & (x < n)
    n, n2, n3, x, x2, xn = (s[keep] for s in (n, n2, n3, x, x2, xn))
    p = x / n
    scatter = x2 - 2 * p * xn + p * p * n2
    independent = n - n2 / n
    together = (n2 - n) - 2 * (n3 - n2) / n + n2 / n**2 * (n2 - n)
    if not bool((together > 0).any()):
        return None
    icc = raw = 0.0
    excess = weight = together
    for _ in range(_ITERATIONS):
        pq = p * (1 - p) / (1 - design_effect(n, n2, icc) / n)
        excess, weight = scatter - pq * independent, pq * together
        raw = float(np.sum(excess) / np.sum(weight))
        previous, icc = icc, float(np.clip(raw, 0.0, MAXIMUM_ICC))
        if abs(icc - previous) < 1e-12:
            break
    return _Moments(raw, excess, weight)
