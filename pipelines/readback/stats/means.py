"""Exposed against control for amounts, such as cost or seconds, compared only within strata.

Takes sums per stratum and per cluster. The same for rates belongs to `effect`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from readback.stats import critical
from readback.stats.effect import Clusters, Strata, Weighed, cluster_variance, crude_difference, overlap_share, weighed
from readback.stats.estimate import Estimate, Floats, finite
from readback.stats.ratio import FEWEST_CLUSTERS, cluster_bootstraps

_ROUNDING = 1e-12

_MOST_GROUPS = 200
"""Clusters are thrown together into at most this many before they are drawn: as valid, and fast."""


@dataclass(frozen=True)
class AdjustedMean:
    """A difference of mean amounts per row, exposed minus control, adjusted for strata.

    Attributes:
        difference: In the unit of the amounts; None when no stratum holds both arms.
        low: Lower limit; None with fewer than two clusters in an arm, or without variation.
        high: Upper limit, likewise.
        standard_error: Of `difference`; None where the limits are.
        crude: Difference of the two overall means, unadjusted; None when an arm is empty.
        ratio: Exposed mean over control mean under the same weights, with a bootstrap interval
            over clusters; its value is None where the control mean is not positive.
        strata: Strata used, those with both arms.
        overlap: Share of exposed rows in a used stratum; None without exposed rows.
        g: Effective number of exposed clusters.
        clusters: Exposed clusters in used strata.
        n1: Exposed rows in used strata.
        n0: Control rows in used strata.
    """

    difference: float | None
    low: float | None
    high: float | None
    standard_error: float | None
    crude: float | None
    ratio: Estimate
    strata: int
    overlap: float | None
    g: float
    clusters: int
    n1: int
    n0: int


class Comparison(NamedTuple):
    """What one comparison takes: sums per stratum, and per cluster of both arms."""

    strata: Strata
    exposed: Clusters
    control: Clusters


def stratified_mean_difference(
    strata: Strata, exposed: Clusters, control: Clusters, *, seed: int, level: float = 0.95
) -> AdjustedMean:
    """Compare mean amounts of exposed and control rows within strata, `x` being sums of amounts.

    Weights and variance as in `mantel_haenszel_difference`. The ratio draws whole clusters
    (`cluster_bootstrap`): amounts are skewed, and a ratio has no good formula.

    Raises:
        ValueError: Lengths differ, or a cluster names no stratum.

    Source: as `mantel_haenszel_difference`; Davison & Hinkley 1997 for the ratio.
    """
    return stratified_mean_differences([Comparison(strata, exposed, control)], seed=seed, level=level)[0]


def stratified_mean_differences(
    comparisons: Sequence[Comparison], *, seed: int, level: float = 0.95
) -> list[AdjustedMean]:
    """As `stratified_mean_difference`, of many comparisons: their ratios share draws, and the time."""
    sums = [weighed(one.strata) for one in comparisons]
    parts = [_both_arms(of, one) for of, one in zip(sums, comparisons, strict=True)]
    ratios = cluster_bootstraps(parts, _ratio_of_means, seed=seed, level=level)
    return [_mean_difference(of, one, ratio, level) for of, one, ratio in zip(sums, comparisons, ratios, strict=True)]


def _mean_difference(sums: Weighed, arms: Comparison, ratio: Estimate, level: float) -> AdjustedMean:
    difference = sums.difference
    variance, g, clusters = cluster_variance(sums, difference, arms.exposed, arms.control)
    error = math.sqrt(variance) if variance > 0 else math.nan
    # Equal amounts differ by rounding; that is no variation.
    error = error if error > _ROUNDING * _largest_mean(sums) else math.nan
    half = critical.student(level, g - 1) * error
    has_limits = clusters >= FEWEST_CLUSTERS
    low, high = (ratio.low, ratio.high) if has_limits else (None, None)
    return AdjustedMean(
        difference=finite(difference),
        low=finite(difference - half),
        high=finite(difference + half),
        standard_error=finite(error),
        crude=crude_difference(sums),
        ratio=Estimate(ratio.value, low, high, clusters, float(clusters)),
        strata=int(sums.used.sum()),
        overlap=overlap_share(sums),
        g=g,
        clusters=clusters,
        n1=int(sums.n1[sums.used].sum()),
        n0=int(sums.n0[sums.used].sum()),
    )


def _largest_mean(sums: Weighed) -> float:
    """Size of the mean amounts that the difference is taken of."""
    means = [np.abs(x[sums.used] / n[sums.used]) for x, n in ((sums.x1, sums.n1), (sums.x0, sums.n0))]
    return float(max((part.max(initial=0.0) for part in means), default=0.0))


def _both_arms(sums: Weighed, arms: Comparison) -> Floats:
    """Weighted amount and weight of the exposed, then of the control arm, one row a group of clusters."""
    parts1, parts0 = _weighted_parts(sums, arms.exposed, sums.n1), _weighted_parts(sums, arms.control, sums.n0)
    return np.vstack([np.hstack([parts1, np.zeros_like(parts1)]), np.hstack([np.zeros_like(parts0), parts0])])


def _weighted_parts(sums: Weighed, arm: Clusters, rows: Floats) -> Floats:
    """Weighted amount and weight of each group of clusters; groups keep whole clusters together."""
    stratum = np.asarray(arm.stratum, dtype=np.intp)
    x, n = np.asarray(arm.x, dtype=np.float64), np.asarray(arm.n, dtype=np.float64)
    used = sums.used[stratum] & (n > 0)
    names = np.arange(x.size) if arm.cluster is None else np.asarray(arm.cluster)
    _, owner = np.unique(names[used], return_inverse=True)
    group = owner % _MOST_GROUPS
    scale = sums.weight[stratum[used]] / rows[stratum[used]]
    return np.column_stack([np.bincount(group, weights=scale * part[used]) for part in (x, n)])


def _ratio_of_means(totals: Floats) -> Floats:
    amount1, weight1, amount0, weight0 = totals.T
    above, below = amount1 * weight0, amount0 * weight1
    known = (weight1 > 0) & (below > 0)
    return np.asarray(np.divide(above, below, out=np.full(above.shape, np.nan), where=known), dtype=np.float64)
