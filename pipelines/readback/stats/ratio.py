"""Ratios of sums over clusters, such as cost per accepted answer, and a bootstrap over clusters.

Takes sums per cluster (an episode, an hour of a workflow); rows inside one share their cause.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from readback.stats import critical
from readback.stats.estimate import Estimate, Floats

FEWEST_CLUSTERS = 20
"""Clusters below which resampling them says little."""

DRAWS = 2_000
_DRAWS_AT_ONCE = 250


def clustered_ratio(parts: ArrayLike, wholes: ArrayLike, level: float = 0.95) -> Estimate:
    """Ratio of two sums over clusters, Σparts / Σwholes, with a Student interval over clusters.

    Args:
        parts: Sum of the numerator (cost, minutes) in each cluster.
        wholes: Sum of the denominator (answers, requests) in each cluster, at least 0.
        level: Confidence level.

    Returns:
        `value` None without a positive whole; limits None below two clusters. `n`: clusters.

    Raises:
        ValueError: Lengths differ, or a whole is negative.

    Source: Cochran 1977, Sampling Techniques, chapter 6 (delta method).

    >>> clustered_ratio([2, 4, 9], [1, 2, 4]).value
    2.142857142857143
    """
    y, x = np.asarray(parts, dtype=np.float64), np.asarray(wholes, dtype=np.float64)
    if y.ndim != 1 or y.shape != x.shape or bool((x < 0).any()):
        raise ValueError("parts and wholes must be one-dimensional and of one length, wholes at least 0")
    clusters, whole = y.size, float(x.sum())
    if not whole > 0:
        return Estimate(None, None, None, clusters, 0.0)
    ratio = float(y.sum()) / whole
    if clusters < 2:
        return Estimate(ratio, None, None, clusters, float(clusters))
    variance = float(np.sum((y - ratio * x) ** 2)) * clusters / (clusters - 1) / whole**2
    half = critical.student(level, clusters - 1) * math.sqrt(variance)
    return Estimate(ratio, ratio - half, ratio + half, clusters, float(clusters))


def cluster_bootstrap(
    sums: ArrayLike,
    statistic: Callable[[Floats], Floats],
    *,
    seed: int,
    draws: int = DRAWS,
    level: float = 0.95,
) -> Estimate:
    """Percentile interval of any function of sums, by drawing whole clusters again and again.

    For what has no formula: ratios of ratios, differences of quantiles.

    Args:
        sums: Sums per cluster, shape (clusters, k).
        statistic: Maps totals of shape (m, k) to m numbers; nan where it is not defined.
        seed: Same seed, same interval.
        draws: Resamples.
        level: Confidence level.

    Returns:
        The statistic of all clusters. Limits are None below 20 clusters and where the statistic is
        undefined in more of the draws than a tail holds. `n`: clusters.

    Source: Davison & Hinkley 1997, chapter 3.

    >>> cluster_bootstrap([[1.0, 2.0]] * 20, lambda t: t[:, 0] / t[:, 1], seed=1).low
    0.5
    """
    per_cluster = np.asarray(sums, dtype=np.float64)
    clusters = per_cluster.shape[0]
    whole = float(statistic(per_cluster.sum(axis=0, keepdims=True))[0])
    if clusters < FEWEST_CLUSTERS or math.isnan(whole):
        return Estimate.of(whole, math.nan, math.nan, n=clusters, effective_n=clusters)
    drawn = _resampled(per_cluster, statistic, np.random.default_rng(seed), draws)
    known = np.sort(drawn[~np.isnan(drawn)])
    tail = critical.tail(level)
    if drawn.size - known.size > tail * drawn.size:
        return Estimate.of(whole, math.nan, math.nan, n=clusters, effective_n=clusters)
    low, high = np.quantile(known, [tail, 1 - tail])
    return Estimate.of(whole, low, high, n=clusters, effective_n=clusters)


def _resampled(
    per_cluster: Floats, statistic: Callable[[Floats], Floats], rng: np.random.Generator, draws: int
) -> Floats:
    clusters = per_cluster.shape[0]
    even = np.full(clusters, 1 / clusters)
    parts = [
        statistic(rng.multinomial(clusters, even, size=min(_DRAWS_AT_ONCE, draws - start)) @ per_cluster)
        for start in range(0, draws, _DRAWS_AT_ONCE)
    ]
    return np.concatenate(parts)
