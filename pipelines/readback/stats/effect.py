"""Exposed against control, compared only within strata: Mantel–Haenszel for rates and for means.

Takes counts per stratum and, for dependent rows, counts per cluster. Plain differences of two
rates belong to `difference`, what limits a comparison to `sensitivity`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from readback.stats import critical
from readback.stats.estimate import Floats, finite
from readback.stats.sensitivity import e_value


@dataclass(frozen=True)
class Strata:
    """Counts per stratum; arrays of one length, one entry a stratum.

    `x1` of `n1` exposed rows and `x0` of `n0` control rows had the outcome.
    """

    x1: ArrayLike
    n1: ArrayLike
    x0: ArrayLike
    n0: ArrayLike


@dataclass(frozen=True)
class Clusters:
    """Counts per cluster × stratum of one arm; arrays of one length.

    Attributes:
        stratum: Position of the stratum in `Strata`, from 0.
        x: Rows with the outcome.
        n: Rows.
        cluster: Which cluster the entry belongs to (any integers), for clusters that span
            strata. None: every entry is a cluster of its own.
    """

    stratum: ArrayLike
    x: ArrayLike
    n: ArrayLike
    cluster: ArrayLike | None = None


@dataclass(frozen=True)
class AdjustedDifference:
    """A difference of rates, exposed minus control, adjusted for strata; fractions, not points.

    Attributes:
        difference: Mantel–Haenszel risk difference; None when no stratum holds both arms.
        low: Lower limit; None without a difference, with fewer than two clusters in an arm, or
            where the outcome never varies.
        high: Upper limit, likewise.
        standard_error: Of `difference`; None where the limits are.
        crude: Difference of the two overall rates, unadjusted; None when an arm is empty.
        strata: Strata used, those with both arms.
        overlap: Share of exposed rows that lie in a used stratum; None without exposed rows.
        g: Effective number of exposed clusters; None when rows were taken as independent.
        clusters: Exposed clusters in used strata; None likewise.
        risk_ratio: Mantel–Haenszel risk ratio; None when no control row had the outcome.
        e_value: How strongly an unmeasured cause must be tied to both exposure and outcome (as
            a risk ratio) to explain the difference away. None without a positive risk ratio.
        e_value_limit: The same for the limit nearer to no difference; 1 when the interval holds 0.
        n1: Exposed rows in used strata.
        n0: Control rows in used strata.
        events: Rows with the outcome in used strata, both arms.
    """

    difference: float | None
    low: float | None
    high: float | None
    standard_error: float | None
    crude: float | None
    strata: int
    overlap: float | None
    g: float | None
    clusters: int | None
    risk_ratio: float | None
    e_value: float | None
    e_value_limit: float | None
    n1: int
    n0: int
    events: int


@dataclass(frozen=True)
class Weighed:
    """Sums per stratum with the Mantel–Haenszel weights as shares; unusable strata weigh 0."""

    x1: Floats
    n1: Floats
    x0: Floats
    n0: Floats
    weight: Floats
    total_weight: float

    @property
    def used(self) -> NDArray[np.bool_]:
        """Strata that hold both arms."""
        return self.weight > 0

    @property
    def difference(self) -> float:
        """Weighted mean of the differences within strata; nan where no stratum holds both arms."""
        gaps = self.rate(self.x1, self.n1) - self.rate(self.x0, self.n0)
        return float(np.sum(self.weight * gaps)) if self.used.any() else math.nan

    def rate(self, hits: Floats, rows: Floats) -> Floats:
        """Hits per row; 0 in a stratum without rows, where nothing is read."""
        return np.divide(hits, rows, out=np.zeros_like(rows), where=rows > 0)


def mantel_haenszel_difference(
    strata: Strata,
    exposed_clusters: Clusters | None = None,
    control_clusters: Clusters | None = None,
    level: float = 0.95,
) -> AdjustedDifference:
    """Compare the outcome rate of exposed and control rows within strata.

    Without clusters, rows count as independent: Sato's variance and a normal interval. With
    them, each exposed cluster is centred at its stratum's control rate plus the common
    difference, each control cluster at its stratum's control rate; the interval is Student's t
    on g − 1 degrees, g the effective number of exposed clusters.

    Raises:
        ValueError: A count is negative or exceeds its rows, lengths differ, a cluster names no
            stratum, or only one arm has clusters.

    Source: Greenland & Robins 1985; Sato 1989; clusters centred at the common difference, whose intervals cover .946
    to .975 in simulation.

    >>> result = mantel_haenszel_difference(Strata([30, 8], [100, 40], [40, 30], [200, 300]))
    >>> round(result.difference, 4), round(result.crude, 4)
    (0.1, 0.1314)
    """
    if (exposed_clusters is None) != (control_clusters is None):
        raise ValueError("give clusters for both arms or for neither")
    for arm in (exposed_clusters, control_clusters):
        if arm is not None:
            _check_counts(arm.x, arm.n)
    _check_counts(strata.x1, strata.n1)
    _check_counts(strata.x0, strata.n0)
    counts = weighed(strata)
    difference = counts.difference
    g = clusters = None
    if exposed_clusters is None or control_clusters is None:
        variance, degrees = _independent_variance(counts, difference), math.inf
    else:
        variance, g, clusters = cluster_variance(counts, difference, exposed_clusters, control_clusters)
        degrees = g - 1
    return _summary(counts, difference, variance, degrees, level, g, clusters)


def weighed(strata: Strata) -> Weighed:
    """Weigh every stratum by how much its two arms together can tell.

    Raises:
        ValueError: Lengths differ.
    """
    x1, n1, x0, n0 = (
        np.atleast_1d(np.asarray(a, dtype=np.float64)) for a in (strata.x1, strata.n1, strata.x0, strata.n0)
    )
    if not x1.shape == n1.shape == x0.shape == n0.shape:
        raise ValueError("strata must give four arrays of one length")
    total = n1 + n0
    weight = np.divide(n1 * n0, total, out=np.zeros_like(total), where=total > 0)
    whole = float(weight.sum())
    return Weighed(x1, n1, x0, n0, weight / whole if whole > 0 else weight, whole)


def _check_counts(x: ArrayLike, n: ArrayLike) -> None:
    hits, rows = np.atleast_1d(np.asarray(x, dtype=np.float64)), np.atleast_1d(np.asarray(n, dtype=np.float64))
    if hits.shape == rows.shape and not bool(np.all((hits >= 0) & (hits <= rows))):
        raise ValueError("counts must satisfy 0 <= x <= n")


def _independent_variance(counts: Weighed, difference: float) -> float:
    used = counts.used
    if not used.any():
        return math.nan
    x1, n1, x0, n0 = (a[used] for a in (counts.x1, counts.n1, counts.x0, counts.n0))
    n = n1 + n0
    p = (n1**2 * x0 - n0**2 * x1 + n1 * n0 * (n0 - n1) / 2) / n**2
    q = (x1 * (n0 - x0) + x0 * (n1 - x1)) / (2 * n)
    return float((difference * p.sum() + q.sum()) / counts.total_weight**2)


def cluster_variance(
    counts: Weighed, difference: float, exposed: Clusters, control: Clusters
) -> tuple[float, float, int]:
    """Variance over clusters centred at the common difference, effective exposed clusters, and those used."""
    base = counts.rate(counts.x0, counts.n0)
    pull, reach = _pulls(exposed, counts, counts.n1, base + difference)
    pull0, _ = _pulls(control, counts, counts.n0, base)
    squares = reach**2
    g = float(squares.sum() ** 2 / np.sum(squares**2)) if squares.size else 0.0
    return _scatter(pull) + _scatter(pull0), g, int(reach.size)


def _pulls(arm: Clusters, counts: Weighed, rows: Floats, centre: Floats) -> tuple[Floats, Floats]:
    """Per cluster of an arm: pull on the difference, and share of the arm's weighted rows."""
    stratum = np.asarray(arm.stratum, dtype=np.intp)
    x, n = np.asarray(arm.x, dtype=np.float64), np.asarray(arm.n, dtype=np.float64)
    if stratum.size and not 0 <= stratum.min() <= stratum.max() < rows.size:
        raise ValueError("every cluster must name a stratum by its position")
    used = counts.used[stratum] & (n > 0)
    stratum, x, n = stratum[used], x[used], n[used]
    scale = counts.weight[stratum] / rows[stratum]
    pull, reach = scale * (x - n * centre[stratum]), scale * n
    if arm.cluster is None:
        return pull, reach
    _, owner = np.unique(np.asarray(arm.cluster)[used], return_inverse=True)
    return _totals(owner, pull), _totals(owner, reach)


def _totals(owner: NDArray[np.intp], parts: Floats) -> Floats:
    return np.asarray(np.bincount(owner, weights=parts), dtype=np.float64)


def _scatter(pull: Floats) -> float:
    """Sum of squares with the C/(C−1) correction; nan for fewer than two clusters."""
    c = pull.size
    return float(c / (c - 1) * np.sum(pull**2)) if c > 1 else math.nan


def _summary(
    counts: Weighed,
    difference: float,
    variance: float,
    degrees: float,
    level: float,
    g: float | None,
    clusters: int | None,
) -> AdjustedDifference:
    # No events at all give a variance of 0, which is ignorance and not certainty.
    error = math.sqrt(variance) if variance > 0 else math.nan
    half = critical.student(level, degrees) * error
    low, high = (finite(np.clip(end, -1, 1)) for end in (difference - half, difference + half))
    ratio, e, e_limit = _on_ratio_scale(counts, difference, low, high)
    used = counts.used
    return AdjustedDifference(
        difference=finite(difference),
        low=low,
        high=high,
        standard_error=finite(error),
        crude=crude_difference(counts),
        strata=int(used.sum()),
        overlap=overlap_share(counts),
        g=g,
        clusters=clusters,
        risk_ratio=ratio,
        e_value=e,
        e_value_limit=e_limit,
        n1=int(counts.n1[used].sum()),
        n0=int(counts.n0[used].sum()),
        events=int(counts.x1[used].sum() + counts.x0[used].sum()),
    )


def _on_ratio_scale(
    counts: Weighed, difference: float, low: float | None, high: float | None
) -> tuple[float | None, float | None, float | None]:
    # The MH risk ratio is 1 + difference / control rate under the same weights. Taking that rate
    # as known carries the limits over, so that both scales agree on whether no effect is excluded.
    base = float(np.sum(counts.weight * counts.rate(counts.x0, counts.n0)))
    if base == 0:
        return None, None, None
    limits = [None if end is None else 1 + end / base for end in (low, high)]
    ratio = max(1 + difference / base, 0.0)
    return ratio, *e_value(ratio, *limits)


def crude_difference(counts: Weighed) -> float | None:
    """Difference of the two overall means, unadjusted; None when an arm is empty."""
    n1, n0 = counts.n1.sum(), counts.n0.sum()
    return float(counts.x1.sum() / n1 - counts.x0.sum() / n0) if n1 > 0 and n0 > 0 else None


def overlap_share(counts: Weighed) -> float | None:
    """Share of exposed rows that lie in a used stratum; None without exposed rows."""
    exposed = counts.n1.sum()
    return float(counts.n1[counts.used].sum() / exposed) if exposed > 0 else None
