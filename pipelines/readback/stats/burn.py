"""How fast an error budget is being spent: multi-window burn rates.

Counts of two windows in, burn rates out. Which windows a rule looks at, and what is told to whom,
is decided elsewhere.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from readback.stats.estimate import Floats
from readback.stats.proportion import counts, floats, ratio, wilson

FEWEST_BAD = 10
"""Bad requests in the long window below which nothing is said."""


class Burn(NamedTuple):
    """Burn rates of both windows, and whether the budget is burning; arrays of one shape.

    `long` and `short` are nan where a window had no requests. 1 spends exactly the budget by the
    end of the period.
    """

    long: Floats
    short: Floats
    is_burning: NDArray[np.bool_]


def burn_factor(budget_share: ArrayLike, window_s: ArrayLike, period_s: ArrayLike = 30 * 86_400) -> Floats:
    """Burn rate at which `budget_share` of the period's budget is spent within the window.

    Source: Beyer et al. 2018, The Site Reliability Workbook, chapter 5.

    >>> [round(float(f), 4) for f in burn_factor([0.02, 0.05, 0.10], [3600, 21600, 259200])]
    [14.4, 6.0, 1.0]
    """
    return np.asarray(floats(budget_share) * floats(period_s) / floats(window_s), dtype=np.float64)


def burn_rate(bad: ArrayLike, total: ArrayLike, objective: ArrayLike) -> Floats:
    """Share of bad requests over the share that the objective allows; nan without requests.

    Raises:
        ValueError: A count does not fit, or an objective is not strictly between 0 and 1.

    >>> float(burn_rate(144, 10_000, 0.999).round(6))
    14.4
    """
    return np.asarray(ratio(*counts(bad, total)) / _allowed(objective), dtype=np.float64)


def burn(
    long_bad: ArrayLike,
    long_total: ArrayLike,
    short_bad: ArrayLike,
    short_total: ArrayLike,
    objective: ArrayLike,
    factor: ArrayLike,
    *,
    design_effect: ArrayLike = 1.0,
) -> Burn:
    """Judge many budgets at once: burning where both windows exceed the factor, and not by a few unlucky requests.

    With little traffic one bad request is a large share: at least 10 bad requests are needed in the
    long window, and the lower 95% limit of its share, on its effective n, must exceed the factor
    too. Where that fails, look at a longer window.

    Args:
        long_bad: Bad requests in the long window.
        long_total: Requests in it.
        short_bad: The same of the short window, which tells that it is still going on.
        short_total: Likewise.
        objective: Share of good requests promised, such as 0.999.
        factor: Burn rate from which on to speak (`burn_factor`).
        design_effect: Inflation of the variance by clusters.

    Raises:
        ValueError: As `burn_rate`.
    """
    long, short = burn_rate(long_bad, long_total, objective), burn_rate(short_bad, short_total, objective)
    worth = np.maximum(floats(design_effect), 1.0)
    bad, total = counts(long_bad, long_total)
    sure = wilson(bad / worth, total / worth).low > floats(factor) * _allowed(objective)
    exceeded = (long > floats(factor)) & (short > floats(factor))
    return Burn(long, short, np.asarray(exceeded & sure & (bad >= FEWEST_BAD), dtype=np.bool_))


def _allowed(objective: ArrayLike) -> Floats:
    allowed = 1.0 - floats(objective)
    if not bool(np.all((allowed > 0) & (allowed < 1))):
        raise ValueError("an objective must lie strictly between 0 and 1")
    return allowed
