"""Ratios of sums over clusters, such as cost per accepted answer, and a bootstrap over clusters.

Takes sums per cluster (an episode, an hour of a workflow); rows inside one share their cause.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike

from readback.stats import critical
from readback.stats.estimate import Estimate, Floats

FEWEST_CLUSTERS = 20
"""Clusters below which resampling them says little."""

DRAWS = 2_000
_LEAST_WIDTH = 512
_AT_ONCE = 64
"""Tables whose resamples are in memory together."""


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

    For what has no formula: ratios of ratios, differences of quantiles. A cluster is drawn a Poisson number of times,
    scaled so that as many are drawn as there are.

    Args:
        sums: Sums per cluster, shape (clusters, k).
        statistic: Maps totals of shape (m, k) to m numbers; nan where it is not defined.
        seed: Same seed, same interval.
        draws: Resamples.
        level: Confidence level.

    Returns:
        The statistic of all clusters. Limits are None below 20 clusters and where the statistic is
        undefined in more of the draws than a tail holds. `n`: clusters.

    Source: Davison & Hinkley 1997, chapter 3; Hanley & MacGibbon 2006 (Poisson weights).

    >>> cluster_bootstrap([[1.0, 2.0]] * 20, lambda t: t[:, 0] / t[:, 1], seed=1).low
    0.5
    """
    return cluster_bootstraps([np.asarray(sums, np.float64)], statistic, seed=seed, draws=draws, level=level)[0]


def cluster_bootstraps(
    many: Sequence[Floats],
    statistic: Callable[[Floats], Floats],
    *,
    seed: int,
    draws: int = DRAWS,
    level: float = 0.95,
) -> list[Estimate]:
    """As `cluster_bootstrap`, of many tables of sums with the same columns: they share their draws, and the time.

    Arguments as there; an interval is the same whatever stands beside it.
    """
    found = [_whole(sums, statistic) for sums in many]
    worth = [place for place, one in enumerate(found) if one.n >= FEWEST_CLUSTERS and one.value is not None]
    for width in sorted({_width(many[place]) for place in worth}):
        of_width = [place for place in worth if _width(many[place]) == width]
        for start in range(0, len(of_width), _AT_ONCE):
            part = of_width[start : start + _AT_ONCE]
            totals = _drawn([many[place] for place in part], _weights(seed, draws, width))
            for place, drawn in zip(part, totals, strict=True):
                found[place] = _limited(found[place], statistic(drawn), level)
    return found


def _whole(sums: Floats, statistic: Callable[[Floats], Floats]) -> Estimate:
    clusters = sums.shape[0]
    value = float(statistic(sums.sum(axis=0, keepdims=True))[0])
    return Estimate.of(value, math.nan, math.nan, n=clusters, effective_n=clusters)


def _width(sums: Floats) -> int:
    return max(_LEAST_WIDTH, 1 << (len(sums) - 1).bit_length())


@lru_cache(maxsize=2)
def _weights(seed: int, draws: int, width: int) -> Floats:
    """How often each of `width` clusters is drawn in each resample; the first columns serve fewer clusters."""
    return np.random.default_rng(seed).poisson(1.0, (draws, width)).astype(np.float64)


def _drawn(tables: Sequence[Floats], weights: Floats) -> Iterator[Floats]:
    """Totals of each table in each resample: one multiplication for all of them is many times as fast as one each."""
    columns = tables[0].shape[1] + 1
    side_by_side = np.zeros((weights.shape[1], len(tables) * columns))
    for place, sums in enumerate(tables):
        side_by_side[: sums.shape[0], place * columns : (place + 1) * columns - 1] = sums
        side_by_side[: sums.shape[0], (place + 1) * columns - 1] = 1.0
    totals = (weights @ side_by_side).reshape(weights.shape[0], len(tables), columns)
    for place, sums in enumerate(tables):
        count = np.maximum(totals[:, place, -1:], 1.0)
        yield totals[:, place, :-1] * (sums.shape[0] / count)


def _limited(whole: Estimate, drawn: Floats, level: float) -> Estimate:
    known = np.sort(drawn[~np.isnan(drawn)])
    tail = critical.tail(level)
    if drawn.size - known.size > tail * drawn.size:
        return whole
    low, high = np.quantile(known, [tail, 1 - tail])
    return replace(whole, low=float(low), high=float(high))
