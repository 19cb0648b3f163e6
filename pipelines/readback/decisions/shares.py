"""How sure a share of requests is when those of one day, or of one hour, share their fate.

Requests of an outage fall together, so a share is worth fewer independent requests than it counts. The correlation is
pooled over all rows of the evidence and never one row's own. Source: statistics.md §1.3.
"""

from collections.abc import Sequence

import numpy as np

from readback.stats import DEFAULT_ICC, ClusterSums, Intervals, effective_n, pooled_icc, wilson


def sizes(sums: Sequence[ClusterSums]) -> list[float]:
    """Independent requests that each row is worth, with the correlation within clusters pooled over all of them."""
    columns = np.array([list(vars(each).values()) for each in sums], dtype=np.float64).T
    pooled = pooled_icc(ClusterSums(*columns)) if sums else None
    icc = DEFAULT_ICC if pooled is None else pooled
    return [float(effective_n(each.n, each.n2, icc)) for each in sums]


def share(part: float, whole: float, size: float) -> tuple[float, float, float]:
    """The share with its 95% limits on an effective size; all of [0, 1] where the whole is 0.

    >>> [round(limit, 3) for limit in share(35, 1000, 250.0)]
    [0.035, 0.018, 0.066]
    """
    found: Intervals = wilson(part / whole * size if whole else 0.0, size if whole else 0.0)
    return float(part / whole) if whole else float(found.value), float(found.low), float(found.high)
