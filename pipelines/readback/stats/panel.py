"""Many samples of durations at once: what `survival` and `competing` read off one curve, for thousands of them.

Samples of like length lie in one block, one row each, so that arithmetic runs over whole blocks; the formulas are those
of the single curves. Arrays in and out have one entry a sample.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from readback.stats import critical
from readback.stats.competing import CENSORED, incidence_error
from readback.stats.estimate import Floats, Intervals
from readback.stats.proportion import wilson
from readback.stats.survival import MINIMUM_EVENTS_FOR_RMST_INTERVAL, greenwood, log_log_band

_EQUAL = 1e-12
Ints = NDArray[np.int64]
Truths = NDArray[np.bool_]


class RestrictedMeans(NamedTuple):
    """Restricted means in seconds, their limits and errors, and the events within; arrays of one shape."""

    value: Floats
    low: Floats
    high: Floats
    standard_error: Floats
    events: Floats


class LogRanks(NamedTuple):
    """Log-rank statistics and p-values; nan where a pair holds no comparison."""

    statistic: Floats
    p_value: Floats


@dataclass(frozen=True)
class Block:
    """Samples of like length: row i holds the steps of sample `rows[i]`, filled up with steps at which nothing is."""

    rows: Ints
    time: Floats
    at_risk: Ints
    events: Ints
    ended: Ints
    last: Floats

    @cached_property
    def survival(self) -> Floats:
        """Share without the event just after each step."""
        return np.asarray(np.cumprod(1.0 - self.events / self.at_risk, axis=-1), dtype=np.float64)


@dataclass(frozen=True)
class Panel:
    """Samples to estimate together; `count` of them, some perhaps without rows."""

    count: int
    size: Ints
    blocks: tuple[Block, ...]


def panel(sample: ArrayLike, durations: ArrayLike, ends: ArrayLike, count: int, kind: int = 1) -> Panel:
    """Lay out rows by the sample that each belongs to.

    Args:
        sample: Number of the sample of each row, from 0 to `count` − 1.
        durations: Seconds, each ≥ 0.
        ends: How each row ended: 0 censored, else a positive number per kind of end.
        count: Samples.
        kind: The kind of end that is the event; the others compete with it.

    Raises:
        ValueError: Lengths differ, or a duration is negative or not finite.
    """
    owner, seconds, how = np.asarray(sample, np.int64), np.asarray(durations, np.float64), np.asarray(ends, np.int64)
    if not owner.shape == seconds.shape == how.shape or not bool(np.all((seconds >= 0) & np.isfinite(seconds))):
        raise ValueError("rows must be of one length, and every duration finite and at least 0")
    order = np.lexsort((seconds, owner))
    step, owners, time = _steps(owner[order], seconds[order])
    how = how[order]
    leaving = np.bincount(step, minlength=time.size)
    size = np.bincount(owner, minlength=count)
    at_risk = size[owners] - _before(leaving, owners, count)
    events, ended = (np.bincount(step[chosen], minlength=time.size) for chosen in (how == kind, how != CENSORED))
    columns = _Columns(owners, time, at_risk, events, ended)
    return Panel(count, size, tuple(_blocks(columns, count)))


def quantiles(samples: Panel, q: float, level: float = 0.95) -> Intervals:
    """As `survival.quantile`, of every sample; nan where it gives None.

    >>> quantiles(panel([0, 0, 0], [60, 120, 300], [1, 1, 0], 1), 0.5).value.tolist()
    [120.0]
    """
    if not 0.0 < q < 1.0:
        raise ValueError(f"q must lie strictly between 0 and 1, not {q}")

    def of(block: Block) -> tuple[Floats, ...]:
        band = log_log_band(block.survival, greenwood(block.events, block.at_risk), critical.normal(level))
        return tuple(_first_time(block, heights, 1.0 - q) for heights in (block.survival, *band))

    return Intervals(*_gathered(samples, of, 3))


def restricted_means(samples: Panel, tau: float, level: float = 0.95) -> RestrictedMeans:
    """As `survival.rmst`, of every sample; nan where it gives None.

    >>> restricted_means(panel([0, 0, 0], [60, 120, 300], [1, 1, 0], 1), 120).value.tolist()
    [100.0]
    """
    if not 0 < tau < np.inf:
        raise ValueError(f"tau must be positive and finite, not {tau}")

    def of(block: Block) -> tuple[Floats, ...]:
        within = block.time <= tau
        events = np.sum(block.events * within, axis=-1).astype(np.float64)
        area, error = _area_and_error(block, within, tau)
        known = (tau <= block.last) | (block.survival[:, -1] == 0)
        half = critical.students(level, events - 1) * error
        half[events < MINIMUM_EVENTS_FOR_RMST_INTERVAL] = np.nan
        means = (area, np.maximum(area - half, 0.0), np.minimum(area + half, tau), error)
        return (*(np.where(known, part, np.nan) for part in means), events)

    return RestrictedMeans(*_gathered(samples, of, 5))


def shares_ended(samples: Panel, horizon: float, level: float = 0.95) -> Intervals:
    """As `competing.incidence_within`, of every sample; nan where it gives None.

    >>> shares_ended(panel([0, 0, 0, 0], [60, 120, 300, 600], [1, 2, 1, 0], 1), 300).value.tolist()
    [0.5]
    """
    if not horizon >= 0:
        raise ValueError(f"horizon must not be negative, not {horizon}")

    def of(block: Block) -> tuple[Floats, ...]:
        going_on = np.cumprod(1.0 - block.ended / block.at_risk, axis=-1)
        before = np.concatenate([np.ones((block.rows.size, 1)), going_on[:, :-1]], axis=-1)
        incidence = np.minimum(np.cumsum(before * block.events / block.at_risk, axis=-1), 1.0)
        error = incidence_error(incidence, before, block.ended, block.events, block.at_risk)
        within = block.time <= horizon
        share, spread = (_at_last(part, within) for part in (incidence, error))
        low, high = _share_limits(block, within, horizon, share, spread, critical.normal(level), level)
        known = (horizon <= block.last) | (going_on[:, -1] < _EQUAL)
        return np.where(known, share, np.nan), low, np.where(known, high, np.nan)

    return Intervals(*_gathered(samples, of, 3))


def log_ranks(pair: ArrayLike, is_first: ArrayLike, durations: ArrayLike, observed: ArrayLike, count: int) -> LogRanks:
    """As `survival.log_rank`, of many pairs of samples.

    Args:
        pair: Number of the pair of each row, from 0 to `count` − 1.
        is_first: Whether the row is of the first sample of its pair.
        durations: Seconds, each ≥ 0.
        observed: True where the event happened.
        count: Pairs.

    >>> log_ranks([0, 0, 0, 0], [1, 1, 0, 0], [1, 2, 3, 4], [1, 1, 1, 1], 1).statistic.round(3).tolist()
    [2.882]
    """
    from scipy.special import chdtrc

    owner, seconds, happened = np.asarray(pair, np.int64), np.asarray(durations, np.float64), np.asarray(observed, bool)
    order = np.lexsort((seconds, owner))
    first, happened = np.asarray(is_first, bool)[order], happened[order]
    step, owners, _ = _steps(owner[order], seconds[order])
    totals = []
    for chosen in (np.ones_like(first), first):
        leaving = np.bincount(step[chosen], minlength=owners.size)
        size = np.bincount(owner[order][chosen], minlength=count)
        totals.append(size[owners] - _before(leaving, owners, count))
    total, at_risk = totals
    d = np.bincount(step[happened], minlength=owners.size)
    share = at_risk / total
    terms = d * share * (1 - share) * (total - d) / np.maximum(total - 1, 1)
    expected, variance = (np.bincount(owners, weights=part, minlength=count) for part in (d * share, terms))
    seen = np.bincount(owner[order][happened & first], minlength=count)
    square = (seen - expected) ** 2
    statistic = np.divide(square, variance, out=np.full(count, np.nan), where=variance > 0)
    return LogRanks(statistic, np.asarray(chdtrc(1, statistic), dtype=np.float64))


class _Columns(NamedTuple):
    """Steps of all samples one after another."""

    owners: Ints
    time: Floats
    at_risk: Ints
    events: Ints
    ended: Ints


def _steps(owner: Ints, seconds: Floats) -> tuple[Ints, Ints, Floats]:
    """Of rows in order: the step of each, and each step's owner and time. Equal times of one owner are one step."""
    is_new = np.ones(owner.size, dtype=np.bool_)
    is_new[1:] = (owner[1:] != owner[:-1]) | (seconds[1:] != seconds[:-1])
    return np.cumsum(is_new) - 1, owner[is_new], seconds[is_new]


def _before(leaving: Ints, owners: Ints, count: int) -> Ints:
    """Rows of the same owner that left before each step."""
    gone = np.cumsum(leaving) - leaving
    start = np.minimum(np.searchsorted(owners, np.arange(count)), max(owners.size - 1, 0))
    return np.asarray(gone - gone[start][owners] if owners.size else gone, dtype=np.int64)


def _blocks(columns: _Columns, count: int) -> Iterator[Block]:
    lengths = np.bincount(columns.owners, minlength=count)
    start = np.cumsum(lengths) - lengths
    sizes = np.ceil(np.log2(np.maximum(lengths, 1))).astype(np.int64)
    for size in np.unique(sizes[lengths > 0]):
        rows = np.flatnonzero((sizes == size) & (lengths > 0))
        width = int(lengths[rows].max())
        place = np.arange(width)
        is_step = place < lengths[rows][:, None]
        at = np.where(is_step, start[rows][:, None] + place, 0)
        yield Block(
            rows=rows,
            time=np.where(is_step, columns.time[at], np.inf),
            at_risk=np.where(is_step, columns.at_risk[at], 1),
            events=np.where(is_step, columns.events[at], 0),
            ended=np.where(is_step, columns.ended[at], 0),
            last=columns.time[start[rows] + lengths[rows] - 1],
        )


def _gathered(samples: Panel, of: Callable[[Block], tuple[Floats, ...]], parts: int) -> tuple[Floats, ...]:
    told = tuple(np.full(samples.count, np.nan) for _ in range(parts))
    for block in samples.blocks:
        for whole, part in zip(told, of(block), strict=True):
            whole[block.rows] = part
    return told


def _first_time(block: Block, heights: Floats, remaining: float) -> Floats:
    reached = heights <= remaining + _EQUAL
    first = np.take_along_axis(block.time, reached.argmax(axis=-1)[:, None], axis=-1)[:, 0]
    return np.where(reached.any(axis=-1), first, np.nan)


def _area_and_error(block: Block, within: Truths, tau: float) -> tuple[Floats, Floats]:
    """Area under each curve up to `tau`, and its standard error from the areas to the right."""
    one = np.ones((block.rows.size, 1))
    edges = np.concatenate([0 * one, np.minimum(block.time, tau), tau * one], axis=-1)
    slices = np.diff(edges, axis=-1) * np.concatenate([one, block.survival], axis=-1)
    right = np.cumsum(slices[:, ::-1], axis=-1)[:, ::-1][:, 1:]
    d, n = block.events, block.at_risk
    terms = np.divide(d, n * (n - d), out=np.zeros(d.shape), where=within & (n > d))
    return slices.sum(axis=-1), np.sqrt(np.sum(right**2 * terms, axis=-1))


def _at_last(numbers: Floats, within: Truths) -> Floats:
    """The number at the last step within the horizon; 0 before the first."""
    step = within.sum(axis=-1)
    taken = np.take_along_axis(numbers, np.maximum(step - 1, 0)[:, None], axis=-1)[:, 0]
    return np.where(step > 0, taken, 0.0)


def _share_limits(
    block: Block, within: Truths, horizon: float, share: Floats, error: Floats, z: float, level: float
) -> tuple[Floats, Floats]:
    """On the log(−log) scale; where none or all have ended so, Wilson limits on the rows that tell."""
    happened = np.sum(block.events * within, axis=-1)
    is_after = (block.time >= horizon) & np.isfinite(block.time)
    first = np.take_along_axis(block.at_risk, is_after.argmax(axis=-1)[:, None], axis=-1)[:, 0]
    followed = np.where(is_after.any(axis=-1), first, 0)
    _, low, high = wilson(happened, np.where(share > 0.5, happened, np.maximum(followed, happened)), level)
    inner = (share > _EQUAL) & (share < 1.0 - _EQUAL)
    without = np.where(inner, 1.0 - share, 0.5)
    half = z * error / (-without * np.log(without))
    return np.where(inner, 1.0 - without ** np.exp(-half), low), np.where(inner, 1.0 - without ** np.exp(half), high)
