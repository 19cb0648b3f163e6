"""Weekly counts of many series, and what their baselines say of the rates before the first look.

The counts of clustered rows are divided by their design effect here, once. What is concluded from them is `detector`.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from readback.stats.estimate import Floats

SHIFTS = (0.02, 0.035, 0.05, 0.08, 0.12)
"""Rises of the rate that the detector listens for, as fractions."""

MINIMUM_DESIGN_EFFECT = 1.2
"""Design effects below count as this: too small a one multiplies false alarms, too large one delays."""

_NODES = 21
_FARTHEST = 3.5
_EDGE = 1e-9


@dataclass(frozen=True)
class WeeklyCounts:
    """Counts of many series (workflow × metric), week by week; only mature weeks belong in here.

    Attributes:
        events: Rows with the bad outcome; shape (series, weeks). For a fall of a good rate, or
            for an improvement, give the other rows instead (`reversed`).
        trials: Rows; same shape. A week without any is no look. Take a week that must not count
            (an incident inside the baseline, a holiday) out by 0 events of 0 trials.
        design_effect: Inflation of the variance by clusters (`design_effect`); one for all, one a
            series, or one a series and week. At least 1.2 is used.
        baseline_weeks: Leading weeks that are the baseline; one for all or one a series.
    """

    events: ArrayLike
    trials: ArrayLike
    design_effect: ArrayLike
    baseline_weeks: ArrayLike = 12

    def reversed(self) -> WeeklyCounts:
        """The same weeks seen from the other side: rows without the outcome."""
        others = np.asarray(self.trials, dtype=np.float64) - np.asarray(self.events, dtype=np.float64)
        return WeeklyCounts(others, self.trials, self.design_effect, self.baseline_weeks)

    @cached_property
    def series(self) -> Series:
        """The counts over the design effect.

        Raises:
            ValueError: Shapes do not fit, or a count is negative or exceeds its trials.
        """
        return _series(self)

    @cached_property
    def prior(self) -> Prior:
        """What the baselines say of the rates; errors as in `series`."""
        return _prior(self.series)


class Series(NamedTuple):
    """Counts over the design effect, ready to be multiplied, a row a series: weeks, baselines, looks.

    `inflation` is the largest design effect of a series.
    """

    hits: Floats
    misses: Floats
    base_hits: Floats
    base_misses: Floats
    base_n: Floats
    looks: NDArray[np.bool_]
    inflation: Floats

    def part(self, rows: slice) -> Series:
        """Some of the series."""
        hits, misses, base_hits, base_misses, base_n, looks, inflation = self
        base = base_hits[rows], base_misses[rows], base_n[rows]
        return Series(hits[rows], misses[rows], *base, looks[rows], inflation[rows])

    @property
    def base_rate(self) -> Floats:
        """Rate in the baseline weeks; nan where they have no trials."""
        n = self.base_hits + self.base_misses
        return np.asarray(np.divide(self.base_hits, n, out=np.full(n.shape, np.nan), where=n > 0), dtype=np.float64)


class Prior(NamedTuple):
    """Baseline rates (series, nodes), the logarithms of their weights (nodes), and raised rates (…, shifts)."""

    rate: Floats
    log_weight: Floats
    raised: Floats

    def part(self, rows: slice) -> Prior:
        """That of some of the series."""
        return Prior(self.rate[rows], self.log_weight, self.raised[rows])


def raised_by_shifts(rate: Floats) -> Floats:
    """Each rate after each of the shifts, along a new last axis.

    A rate near one cannot rise by twelve points; half of the way to one is still a rise.
    """
    return np.asarray(np.minimum(rate[..., None] + np.asarray(SHIFTS), (1 + rate[..., None]) / 2), dtype=np.float64)


def _series(counts: WeeklyCounts) -> Series:
    events = np.atleast_2d(np.asarray(counts.events, dtype=np.float64))
    trials = np.atleast_2d(np.asarray(counts.trials, dtype=np.float64))
    if events.shape != trials.shape or not bool(np.all((events >= 0) & (events <= trials))):
        raise ValueError("events and trials must be of one shape and satisfy 0 <= events <= trials")
    many, weeks = events.shape
    inflation = np.asarray(counts.design_effect, dtype=np.float64)
    if inflation.ndim == 1:
        inflation = inflation[:, None]
    scale = np.maximum(np.broadcast_to(inflation, events.shape), MINIMUM_DESIGN_EFFECT)
    hits, misses = events / scale, (trials - events) / scale
    baseline = np.broadcast_to(np.asarray(counts.baseline_weeks, dtype=np.int64), (many,))[:, None]
    before = np.arange(weeks) < baseline
    base_hits, base_misses = (np.where(before, part, 0.0).sum(axis=1) for part in (hits, misses))
    told = (before & (trials > 0)).sum(axis=1)
    looks = ~before & (told > 0)[:, None]
    base_n = (base_hits + base_misses) / np.maximum(told, 1)
    return Series(hits, misses, base_hits, base_misses, base_n, looks, scale.max(axis=1, initial=MINIMUM_DESIGN_EFFECT))


def _prior(series: Series) -> Prior:
    """Jeffreys' posterior of each baseline at even steps of its normal scores, far into the tails.

    Even shares of it would end at the outermost: of fifty baselines one lies beyond by chance and, as the weeks go by,
    passes for a rise.
    """
    from scipy.special import betaincinv, ndtr

    scores = np.linspace(-_FARTHEST, _FARTHEST, _NODES)
    log_weight = -(scores**2) / 2
    log_weight -= np.log(np.exp(log_weight).sum())
    a, b = series.base_hits + 0.5, series.base_misses + 0.5
    rate: Floats = np.clip(betaincinv(a[:, None], b[:, None], ndtr(scores)), _EDGE, 1 - _EDGE)
    return Prior(rate, log_weight, raised_by_shifts(rate))
