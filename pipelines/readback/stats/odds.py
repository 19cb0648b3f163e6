"""Odds ratios over strata: the secondary figure beside the risk difference of `effect`.

Rows count as independent; scale counts by their design effect first.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from readback.stats import critical
from readback.stats.effect import Strata
from readback.stats.estimate import Floats, finite
from readback.stats.heterogeneity import Heterogeneity


@dataclass(frozen=True)
class CommonOdds:
    """One odds ratio for all strata, exposed over control.

    Attributes:
        odds_ratio: Mantel–Haenszel odds ratio; None where a cross product is empty.
        low: Lower limit; None with it.
        high: Upper limit; None with it.
        statistic: Cochran–Mantel–Haenszel χ² of no association, corrected for continuity if asked;
            None without variation.
        p_value: Of `statistic`, on one degree of freedom.
    """

    odds_ratio: float | None
    low: float | None
    high: float | None
    statistic: float | None
    p_value: float | None


def mantel_haenszel_odds(strata: Strata, level: float = 0.95, *, continuity: bool = False) -> CommonOdds:
    """Estimate the common odds ratio and test whether it is 1.

    Source: Mantel & Haenszel 1959; variance Robins, Breslow & Greenland 1986.

    >>> found = mantel_haenszel_odds(Strata([30, 8], [100, 40], [40, 30], [200, 300]))
    >>> round(found.odds_ratio, 3)
    1.839
    """
    a, b, c, d, n = _cells(strata)
    r, s = a * d / n, b * c / n
    statistic, p_value = _association(a, b, c, d, n, continuity)
    if not (r.sum() > 0 and s.sum() > 0):
        return CommonOdds(None, None, None, statistic, p_value)
    concordant, discordant = (a + d) / n, (b + c) / n
    variance = (
        np.sum(concordant * r) / (2 * r.sum() ** 2)
        + np.sum(concordant * s + discordant * r) / (2 * r.sum() * s.sum())
        + np.sum(discordant * s) / (2 * s.sum() ** 2)
    )
    half = critical.normal(level) * math.sqrt(variance)
    log = math.log(r.sum() / s.sum())
    return CommonOdds(math.exp(log), math.exp(log - half), math.exp(log + half), statistic, p_value)


def odds_heterogeneity(strata: Strata, *, tarone: bool = True) -> Heterogeneity:
    """Test whether the odds ratio is the same in all strata.

    None where no common odds ratio exists, or fewer than two strata can tell.

    Source: Breslow & Day 1980; correction Tarone 1985.
    """
    common = mantel_haenszel_odds(strata).odds_ratio
    a, b, c, d, n = _cells(strata)
    telling = ((a + b) * (c + d) * (a + c) * (b + d)) > 0
    if common is None or telling.sum() < 2:
        return Heterogeneity.of(None, max(int(telling.sum()) - 1, 0))
    a, b, c, d, n = (cell[telling] for cell in (a, b, c, d, n))
    fitted = _fitted(common, a + b, a + c, n)
    cells = (fitted, a + b - fitted, a + c - fitted, n - (a + b) - (a + c) + fitted)
    variance = 1 / sum((1 / cell for cell in cells), np.zeros_like(n))
    statistic = float(np.sum((a - fitted) ** 2 / variance))
    if tarone:
        statistic -= float(np.sum(a - fitted) ** 2 / np.sum(variance))
    return Heterogeneity.of(statistic, a.size - 1)


def _cells(strata: Strata) -> tuple[Floats, Floats, Floats, Floats, Floats]:
    x1, n1, x0, n0 = (
        np.atleast_1d(np.asarray(part, dtype=np.float64)) for part in (strata.x1, strata.n1, strata.x0, strata.n0)
    )
    used = (n1 > 0) & (n0 > 0)
    x1, n1, x0, n0 = (part[used] for part in (x1, n1, x0, n0))
    return x1, n1 - x1, x0, n0 - x0, n1 + n0


def _association(
    a: Floats, b: Floats, c: Floats, d: Floats, n: Floats, continuity: bool
) -> tuple[float | None, float | None]:
    from scipy.special import chdtrc

    excess = float(np.sum(a - (a + b) * (a + c) / n))
    variance = float(np.sum((a + b) * (c + d) * (a + c) * (b + d) / (n**2 * np.maximum(n - 1, 1))))
    if not variance > 0:
        return None, None
    gap = max(abs(excess) - (0.5 if continuity else 0.0), 0.0)
    statistic = gap * gap / variance
    return statistic, finite(chdtrc(1, statistic))


def _fitted(odds: float, row: Floats, column: Floats, n: Floats) -> Floats:
    """Exposed events expected in each stratum under the common odds ratio: root of a quadratic."""
    square, linear, constant = 1 - odds, n - row - column + odds * (row + column), -odds * row * column
    if abs(square) < 1e-12:
        return np.asarray(-constant / linear, dtype=np.float64)
    root = np.sqrt(np.maximum(linear**2 - 4 * square * constant, 0.0))
    return np.asarray((-linear + root) / (2 * square), dtype=np.float64)
