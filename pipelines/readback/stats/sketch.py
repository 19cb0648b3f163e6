"""Quantiles from logarithmic histograms that merge by adding counts (the DDSketch rule).

Every quantile read off the histogram is within a relative error `alpha` of the exact discrete
one. Here are the rule and the reading; the histogram itself is a table kept in SQL. Calls that were
cut off count as what they are: longer than they were seen.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from readback.stats import critical
from readback.stats.estimate import Floats

ZERO_BUCKET = -32768
"""Bucket of exact zeros: the lowest smallint, below every positive value's bucket."""


class Quantile(NamedTuple):
    """A quantile of a histogram in the unit of its values, with an interval; what is not known is None.

    `at_least`: what the quantile exceeds, only where rows that were cut hide it. `n`: rows, cut ones included.
    """

    value: float | None
    low: float | None
    high: float | None
    n: int
    effective_n: float
    at_least: float | None = None
    cut: int = 0


def bucket(x: ArrayLike, alpha: float = 0.01) -> NDArray[np.int64]:
    """Return the histogram bucket of each value.

    The SQL twin, with `gamma = (1 + alpha) / (1 - alpha)` bound as a parameter, is

        case when x > 0 then cast(ceil(ln(x) / ln(gamma)) as smallint)
             when x = 0 then -32768 end

    which leaves nulls and negative values null: count those apart.

    Args:
        x: Values ≥ 0 in any unit (latencies in ms), any shape.
        alpha: Relative error to guarantee, strictly between 0 and 1.

    Raises:
        ValueError: A value is negative, nan or infinite, `alpha` is out of range, or a bucket does
            not fit a smallint (at 1%: values outside 1e-284 to 1e284).

    Source: Masson, Rim & Lee 2019 (DDSketch).

    >>> bucket([0.001, 1, 100]).tolist()
    [-345, 0, 231]
    """
    values = np.asarray(x, dtype=np.float64)
    if not bool(np.all((values >= 0) & np.isfinite(values))):
        raise ValueError("only finite values of at least 0 have a bucket")
    positive = values > 0
    index = np.ceil(np.log(np.where(positive, values, 1.0)) / math.log(_gamma(alpha)))
    if bool(np.any(np.abs(index) >= -ZERO_BUCKET)):
        raise ValueError(f"a value has no smallint bucket at a relative error of {alpha}")
    return np.where(positive, index, ZERO_BUCKET).astype(np.int64)


def bucket_value(i: ArrayLike, alpha: float = 0.01) -> Floats:
    """Return the value that stands for bucket `i`: 2·gamma^i / (gamma + 1), and 0 for zeros.

    The SQL twin is `case when i = -32768 then 0 else 2 * pow(gamma, i) / (gamma + 1) end`.

    >>> round(float(bucket_value(231)), 4)
    100.4946
    """
    gamma = _gamma(alpha)
    index = np.asarray(i, dtype=np.float64)
    zero = index == ZERO_BUCKET
    value = 2 * gamma ** np.where(zero, 0.0, index) / (gamma + 1)
    return np.where(zero, 0.0, value)


def quantile(
    buckets: ArrayLike,
    counts: ArrayLike,
    q: float,
    alpha: float = 0.01,
    *,
    is_cut: ArrayLike = False,
    cut_after: ArrayLike | None = None,
    effective_n: float | None = None,
    level: float = 0.95,
) -> Quantile:
    """Read quantile `q` off one histogram, with an order-statistic interval.

    The rank is ceil(q·N), which the error bound needs against SQL's `quantile_disc`. The interval
    covers sampling error only, on ranks of a binomial(`effective_n`, q).

    The true time of a row that was cut lies anywhere above its own. So the quantile lies between
    that of all rows with the cut ones where they were cut, and that with them beyond every time;
    where both fall into one bucket it is known. Nothing is assumed of how much longer they took.

    Args:
        buckets: Bucket of each cell, any order; a bucket may come more than once.
        counts: Rows in each cell.
        q: Share of rows at or below the answer, in (0, 1].
        alpha: The histogram's relative error.
        is_cut: Whether a cell holds rows that were cut at that time; one for all, or one a cell.
        cut_after: Shortest time in each cell; read of cut cells only, it makes `at_least` exact.
        effective_n: Independent rows the histogram is worth; None means all of its rows.
        level: Confidence level.

    Returns:
        `value` None for an empty histogram, and where cut rows hide it: then `at_least` tells what
        it exceeds. A limit is None when too few rows set it, or it lies among the cut ones.

    Raises:
        ValueError: `q` is out of range, a count is negative or the lengths differ.

    Source: Manski 2003, Partial Identification of Probability Distributions, chapter 1, for the bounds.

    >>> round(quantile([0, 231], [99, 1], 0.5).value, 4)
    0.99
    >>> quantile([231, 344], [90, 10], 0.95, is_cut=[False, True], cut_after=[0, 960.0]).at_least
    960.0
    """
    if not 0.0 < q <= 1.0:
        raise ValueError(f"q must lie in (0, 1], not {q}")
    index, rows = _cells(buckets, counts)
    cut = np.broadcast_to(np.asarray(is_cut, dtype=np.bool_), rows.shape)
    n = int(rows.sum())
    if n == 0:
        return Quantile(None, None, None, 0, 0.0)
    size = float(n) if effective_n is None else min(float(effective_n), float(n))
    rank = math.ceil(q * n - 1e-9)
    low_rank, high_rank = _limit_ranks(n, size, q, level)
    lowest, answered = _Ranked.of(index, rows), _Ranked.of(index[~cut], rows[~cut])
    below = lowest.at(rank)
    is_known = below == answered.at(rank)
    return Quantile(
        value=_value(below, alpha) if is_known else None,
        low=_value(lowest.at(low_rank), alpha),
        high=_value(answered.at(high_rank), alpha),
        n=n,
        effective_n=size,
        at_least=None if is_known or below is None else _exceeded(below, rank, (index, rows, cut), cut_after, alpha),
        cut=int(rows[cut].sum()),
    )


def _gamma(alpha: float) -> float:
    if not 0.0 < alpha < 1.0:
        raise ValueError(f"alpha must lie strictly between 0 and 1, not {alpha}")
    return (1 + alpha) / (1 - alpha)


class _Ranked(NamedTuple):
    """Buckets in order, with the number of rows up to and with each."""

    buckets: NDArray[np.int64]
    ranks: NDArray[np.int64]

    @classmethod
    def of(cls, buckets: NDArray[np.int64], rows: NDArray[np.int64]) -> _Ranked:
        order = np.argsort(buckets, kind="stable")
        return cls(buckets[order], np.cumsum(rows[order]))

    def at(self, rank: int) -> int | None:
        """Bucket of the row of that rank; None where there is none."""
        if not self.ranks.size or not 1 <= rank <= self.ranks[-1]:
            return None
        return int(self.buckets[np.searchsorted(self.ranks, rank, side="left")])


def _cells(buckets: ArrayLike, counts: ArrayLike) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    index, rows = np.asarray(buckets, dtype=np.int64), np.asarray(counts, dtype=np.int64)
    if index.ndim != 1 or index.shape != rows.shape:
        raise ValueError("buckets and counts must be one-dimensional and of one length")
    if bool((rows < 0).any()):
        raise ValueError("counts must not be negative")
    return index, rows


def _limit_ranks(n: int, size: float, q: float, level: float) -> tuple[int, int]:
    """Ranks of the limits among n rows worth `size`; outside 1..n where there is no limit."""
    tail, draws = critical.tail(level), int(size)
    if draws < 1 or q == 1.0:
        return 0, n + 1
    below = _binomial_quantile(tail, draws, q)
    above = _binomial_quantile(1 - tail, draws, q) + 1
    return (
        math.floor(below * n / draws),
        math.ceil(above * n / draws) if above <= draws else n + 1,
    )


def _binomial_quantile(probability: float, n: int, q: float) -> int:
    """Smallest k with P(Binomial(n, q) ≤ k) ≥ probability."""
    from scipy.special import bdtr, bdtrik

    k = max(math.ceil(float(bdtrik(probability, n, q))), 0)
    return k - 1 if k > 0 and float(bdtr(k - 1, n, q)) >= probability else k


def _value(found: int | None, alpha: float) -> float | None:
    return None if found is None else float(bucket_value(found, alpha))


def _exceeded(
    found: int,
    rank: int,
    cells: tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]],
    cut_after: ArrayLike | None,
    alpha: float,
) -> float:
    """What the row of that rank, in bucket `found`, surely exceeds.

    That is the bucket's lower edge; and the shortest cut in it, where the answers in it are too few to hold the rank.
    """
    index, rows, cut = cells
    own = (index == found) & cut & (rows > 0)
    answered = int(rows[(index < found) | ((index == found) & ~cut)].sum())
    if cut_after is not None and rank > answered:
        return float(np.asarray(cut_after, dtype=np.float64)[own].min())
    return float(bucket_value(found, alpha)) / (1 + alpha)
