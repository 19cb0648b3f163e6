"""Intervals and evidence that stay valid however often one looks: for figures that people reload.

They are wider than fixed-sample ones (about 1.6 times Wilson); closed periods do not need them.
Alarms on many series belong to `detector`.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from readback.stats import critical
from readback.stats.estimate import Floats, Intervals
from readback.stats.proportion import counts, ratio

_BISECTIONS = 60
_EDGE = 1e-12
_LEAST_VARIANCE = 1e-3


def confidence_sequence(successes: ArrayLike, n: ArrayLike, tightest_n: float = 100, level: float = 0.95) -> Intervals:
    """Interval for a proportion that covers at all sample sizes at once.

    Args:
        successes: Rows with the outcome so far; fractional for an effective n.
        n: Rows so far, or the effective n.
        tightest_n: Sample size at which the interval is made as narrow as it can be.
        level: Chance that no interval of the whole sequence ever misses the proportion.

    Returns:
        Proportions in [0, 1]. Where n is 0 or nan: value nan, interval [0, 1].

    Raises:
        ValueError: As `wilson`.

    Source: Howard, Ramdas, McAuliffe & Sekhon 2021 (two-sided beta-binomial mixture).

    >>> [round(float(v), 4) for v in confidence_sequence(15, 50, 50)]
    [0.3, 0.1296, 0.5119]
    """
    x, rows = counts(successes, n)
    value = ratio(x, rows)
    known = rows > 0
    start = np.where(known, value, 0.5)
    low = _limit(x, rows, start, 0.0, tightest_n, level)
    high = _limit(x, rows, start, 1.0, tightest_n, level)
    return Intervals(value, np.where(known & (x > 0), low, 0.0), np.where(known & (x < rows), high, 1.0))


def normal_mixture_bound(variance: ArrayLike, tightest_variance: float, level: float = 0.95) -> Floats:
    """How far a sum of centred terms may stray, at any time, once its variance has grown to `variance`.

    Divide by n for the bound of a mean. `tightest_variance` is where the bound is made tightest.

    Source: Howard, Ramdas, McAuliffe & Sekhon 2021 (two-sided normal mixture).

    >>> round(float(normal_mixture_bound(100, 100)), 5)
    30.35209
    """
    v = np.asarray(variance, dtype=np.float64)
    rho = tightest_variance / _scale(level)
    return np.asarray(np.sqrt((v + rho) * (np.log1p(v / rho) - 2 * math.log1p(-level))), dtype=np.float64)


def two_stream_evidence(x1: ArrayLike, n1: ArrayLike, x0: ArrayLike, n0: ArrayLike) -> Floats:
    """Evidence that two concurrent streams of outcomes differ, after each block of both.

    Args:
        x1: Rows with the outcome in each block (week) of the one stream; last axis is time.
        n1: Rows of that block.
        x0: The same of the other stream.
        n0: The same of the other stream.

    Returns:
        e-values of the same shape: they exceed c at any time with chance at most 1/c while both
        streams share one rate in each block. Confounding is not dealt with: compare within strata
        and multiply.

    Raises:
        ValueError: As `wilson`.

    Source: Turner, Ly & Grünwald 2024, with rates learned from earlier blocks.
    """
    (a, na), (b, nb) = counts(x1, n1), counts(x0, n0)
    a, na, b, nb = np.broadcast_arrays(a, na, b, nb)
    rate1, rate0 = _learned(a, na), _learned(b, nb)
    rows = na + nb
    common = np.divide(na * rate1 + nb * rate0, rows, out=np.full(rows.shape, 0.5), where=rows > 0)
    gain = _log_likelihood(a, na, rate1) + _log_likelihood(b, nb, rate0) - _log_likelihood(a + b, rows, common)
    return np.asarray(np.exp(np.cumsum(gain, axis=-1)), dtype=np.float64)


def _scale(level: float) -> float:
    critical.tail(level)
    surprise = -2 * math.log1p(-level)
    return surprise + math.log1p(surprise)


def _limit(x: Floats, n: Floats, start: Floats, end: float, tightest_n: float, level: float) -> Floats:
    """Bisect between the observed proportion, never excluded, and the end of the scale."""
    inside, outside = start, np.full(start.shape, end)
    for _ in range(_BISECTIONS):
        middle = (inside + outside) / 2
        kept = _log_evidence(x, n, middle, tightest_n, level) < -math.log1p(-level)
        inside, outside = np.where(kept, middle, inside), np.where(kept, outside, middle)
    return np.asarray((inside + outside) / 2, dtype=np.float64)


def _log_evidence(x: Floats, n: Floats, proportion: Floats, tightest_n: float, level: float) -> Floats:
    from scipy.special import betaln

    p = np.clip(proportion, _EDGE, 1 - _EDGE)
    pq = p * (1 - p)
    r = np.maximum(tightest_n * pq / _scale(level) - pq, _LEAST_VARIANCE * pq)
    a, b = r / (1 - p), r / p
    mixed = betaln(a + x, b + n - x) - betaln(a, b)
    return np.asarray(mixed - _log_likelihood(x, n, p), dtype=np.float64)


def _log_likelihood(x: Floats, n: Floats, p: Floats) -> Floats:
    return np.asarray(x * np.log(p) + (n - x) * np.log1p(-p), dtype=np.float64)


def _learned(x: Floats, n: Floats) -> Floats:
    """Posterior mean (Jeffreys) of the blocks before each block."""
    return np.asarray((np.cumsum(x, axis=-1) - x + 0.5) / (np.cumsum(n, axis=-1) - n + 1.0), dtype=np.float64)
