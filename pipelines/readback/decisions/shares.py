"""How sure a share of requests is when those of one day, or of one hour, share their fate.

Requests of an outage fall together, so a share is worth fewer independent requests than it counts. The correlation is
pooled over rows of one kind: what an outage does to a day, a prompt that is too long does not.

Source: statistics.md §1.3.
"""

from collections import defaultdict
from collections.abc import Hashable, Sequence

import numpy as np

from readback.stats import DEFAULT_ICC, ClusterSums, Intervals, effective_n, pooled_icc, wilson


def sizes(sums: Sequence[ClusterSums], kinds: Sequence[Hashable] | None = None) -> list[float]:
    """Independent requests that each row is worth; the correlation is pooled over the rows of a kind, else over all."""
    alike: dict[Hashable, list[ClusterSums]] = defaultdict(list)
    kinds = [None] * len(sums) if kinds is None else kinds
    for kind, each in zip(kinds, sums, strict=True):
        alike[kind].append(each)
    icc = {kind: _correlation(rows) for kind, rows in alike.items()}
    return [float(effective_n(each.n, each.n2, icc[kind])) for kind, each in zip(kinds, sums, strict=True)]


def _correlation(sums: Sequence[ClusterSums]) -> float:
    columns = np.array([list(vars(each).values()) for each in sums], dtype=np.float64).T
    pooled = pooled_icc(ClusterSums(*columns))
    return DEFAULT_ICC if pooled is None else pooled


def share(part: float, whole: float, size: float) -> tuple[float, float, float]:
    """The share with its 95% limits on an effective size; all of [0, 1] where the whole is 0.

    >>> [round(limit, 3) for limit in share(35, 1000, 250.0)]
    [0.035, 0.018, 0.066]
    """
    found: Intervals = wilson(part / whole * size if whole else 0.0, size if whole else 0.0)
    return float(part / whole) if whole else float(found.value), float(found.low), float(found.high)
