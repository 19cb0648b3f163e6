"""Time to an event when some have not happened yet: Kaplan–Meier and what is read off it.

Durations in seconds (any unit works, results keep it); `observed` False means right-censored:
still open when last seen. Dropping those, as a mean time to recovery does, biases every figure.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from readback.stats import critical
from readback.stats.estimate import Estimate, Floats
from readback.stats.proportion import wilson

MINIMUM_EVENTS_FOR_RMST_INTERVAL = 20
_EQUAL = 1e-12


@dataclass(frozen=True)
class Curve:
    """Survival function after each distinct duration; arrays of one length, all empty for no rows.

    Attributes:
        time: Distinct durations, rising, in seconds; both events and censorings.
        survival: Share not yet recovered just after `time`.
        at_risk: Rows still followed just before `time`.
        events: Events at `time`; 0 where only censorings fall.
        low: Lower log(−log) limit of `survival`; nan where survival is 0 or 1.
        high: Upper limit; nan where survival is 0 or 1. It is undefined there, not 0.
    """

    time: Floats
    survival: Floats
    at_risk: NDArray[np.int64]
    events: NDArray[np.int64]
    low: Floats
    high: Floats

    @property
    def n(self) -> int:
        """Rows behind the curve."""
        return int(self.at_risk[0]) if self.at_risk.size else 0

    @property
    def event_count(self) -> int:
        """Rows whose event was observed."""
        return int(self.events.sum())

    def reaches(self, horizon: float) -> bool:
        """Tell whether the curve is known up to `horizon` seconds."""
        return self.n > 0 and bool(horizon <= self.time[-1] or self.survival[-1] == 0)


@dataclass(frozen=True)
class RestrictedMean(Estimate):
    """A restricted mean in seconds; `standard_error` is None where the mean is."""

    standard_error: float | None = None


@dataclass(frozen=True)
class LogRank:
    """Two-sample log-rank test; None where the rows hold no comparison.

    `observed` and `expected` count the events of the first sample.
    """

    statistic: float | None
    p_value: float | None
    observed: int
    expected: float


def kaplan_meier(durations: ArrayLike, observed: ArrayLike, level: float = 0.95) -> Curve:
    """Estimate the survival function, with a pointwise log(−log) band.

    Args:
        durations: Seconds, each ≥ 0.
        observed: True where the event happened at that duration, False where still open then.
        level: Confidence level of the band.

    Raises:
        ValueError: Lengths differ, or a duration is negative or not finite.

    Source: Kaplan & Meier 1958; variance Greenwood 1926; band Kalbfleisch & Prentice 1980.

    >>> kaplan_meier([60, 120, 120], [True, True, False]).survival.round(3).tolist()
    [0.667, 0.333]
    """
    seconds, happened = _checked(durations, observed)
    time, place = np.unique(seconds, return_inverse=True)
    events = np.bincount(place[happened], minlength=time.size)
    leaving = np.bincount(place, minlength=time.size)
    at_risk = seconds.size - np.cumsum(leaving) + leaving
    survival = np.asarray(np.cumprod(1.0 - events / at_risk), dtype=np.float64)
    low, high = log_log_band(survival, greenwood(events, at_risk), critical.normal(level))
    return Curve(time, survival, at_risk, events, low, high)


def median(curve: Curve) -> Estimate:
    """Return the duration by which half of the rows had their event; see `quantile`."""
    return quantile(curve, 0.5)


def quantile(curve: Curve, q: float) -> Estimate:
    """Return the duration, in seconds, by which a share `q` of the rows had their event.

    `value` None: not reached, or no rows. `high` None: the band never falls that low, so only
    "at least `low`" may be said. `low` None: too few rows to set a lower limit.

    Raises:
        ValueError: `q` is not strictly between 0 and 1.

    Source: Brookmeyer & Crowley 1982, on the log(−log) band.

    >>> quantile(kaplan_meier([60, 120, 300], [True, True, False]), 0.5).value
    120.0
    """
    if not 0.0 < q < 1.0:
        raise ValueError(f"q must lie strictly between 0 and 1, not {q}")
    remaining = 1.0 - q
    return Estimate(
        value=_first_time(curve, curve.survival, remaining),
        low=_first_time(curve, curve.low, remaining),
        high=_first_time(curve, curve.high, remaining),
        n=curve.n,
        effective_n=float(curve.event_count),
    )


def share_within(durations: ArrayLike, observed: ArrayLike, horizon: float, level: float = 0.95) -> Estimate:
    """Estimate the share of rows whose event comes within `horizon` seconds: 1 − S(horizon).

    The limits are those of the curve's band; where none or all had the event the band is
    undefined, and Wilson limits on the rows that tell stand in. `value` None: no rows, or
    followed for less than `horizon`; then `low` still holds, as the share only grows.

    Raises:
        ValueError: As `kaplan_meier`, or `horizon` is negative.

    >>> share_within([60, 120, 300, 600], [True, True, True, False], 300).value
    0.75
    """
    if not horizon >= 0:
        raise ValueError(f"horizon must not be negative, not {horizon}")
    curve = kaplan_meier(durations, observed, level)
    if curve.n == 0:
        return Estimate(None, None, None, 0, 0.0)
    share, low, high = _share_by(curve, horizon, level)
    known = curve.reaches(horizon)
    return Estimate(
        value=share if known else None,
        low=low,
        high=high if known else None,
        n=curve.n,
        effective_n=float(curve.event_count),
    )


def rmst(durations: ArrayLike, observed: ArrayLike, tau: float, level: float = 0.95) -> RestrictedMean:
    """Estimate the mean number of seconds spent before the event inside the first `tau` seconds.

    The interval uses Student's t on events − 1 (events within `tau`). Below 20 events `low` and
    `high` are None. `value` is None for no rows, or when follow-up ends before `tau`.

    Raises:
        ValueError: As `kaplan_meier`, or `tau` is not positive and finite.

    Source: Royston & Parmar 2013; interval with t on events - 1.

    >>> rmst([60, 120, 300], [True, True, False], 120).value
    100.0
    """
    if not 0 < tau < np.inf:
        raise ValueError(f"tau must be positive and finite, not {tau}")
    curve = kaplan_meier(durations, observed, level)
    within = curve.time <= tau
    events = int(curve.events[within].sum())
    if not curve.reaches(tau):
        return RestrictedMean(None, None, None, curve.n, float(events))
    area, error = _area_and_error(curve, within, tau)
    if events < MINIMUM_EVENTS_FOR_RMST_INTERVAL:
        return RestrictedMean(area, None, None, curve.n, float(events), error)
    half = critical.student(level, events - 1) * error
    return RestrictedMean(area, max(area - half, 0.0), min(area + half, tau), curve.n, float(events), error)


def rmst_difference(first: RestrictedMean, second: RestrictedMean, level: float = 0.95) -> Estimate:
    """Difference of two restricted means, first minus second, in seconds: the change between periods.

    Student interval with Welch's degrees of freedom, each sample giving its events less one. `value`
    None where a mean is; limits None below 20 events in either sample.

    Source: Royston & Parmar 2013; Welch 1947.
    """
    n = first.n + second.n
    if first.value is None or second.value is None:
        return Estimate(None, None, None, n, None)
    difference = first.value - second.value
    parts = [(sample.standard_error or 0.0) ** 2 for sample in (first, second)]
    degrees = [(sample.effective_n or 0.0) - 1 for sample in (first, second)]
    variance = sum(parts)
    if min(degrees) + 1 < MINIMUM_EVENTS_FOR_RMST_INTERVAL or not variance > 0:
        return Estimate(difference, None, None, n, None)
    welch = variance**2 / sum(part**2 / free for part, free in zip(parts, degrees, strict=True))
    half = critical.student(level, welch) * variance**0.5
    return Estimate(difference, difference - half, difference + half, n, None)


def log_rank(durations_a: ArrayLike, observed_a: ArrayLike, durations_b: ArrayLike, observed_b: ArrayLike) -> LogRank:
    """Test whether two samples share one survival function (χ² with one degree of freedom).

    `statistic` and `p_value` are None when a sample is empty or no event distinguishes them.

    Raises:
        ValueError: As `kaplan_meier`.

    Source: Mantel 1966; Peto & Peto 1972.
    """
    from scipy.special import chdtrc

    seconds_a, happened_a = _checked(durations_a, observed_a)
    seconds_b, happened_b = _checked(durations_b, observed_b)
    times, d = np.unique(np.concatenate([seconds_a[happened_a], seconds_b[happened_b]]), return_counts=True)
    at_risk_a, at_risk_b = _at_risk(seconds_a, times), _at_risk(seconds_b, times)
    total = at_risk_a + at_risk_b
    share = at_risk_a / total
    expected = float(np.sum(d * share))
    variance = float(np.sum(d * share * (1 - share) * (total - d) / np.maximum(total - 1, 1)))
    count = int(happened_a.sum())
    if not variance > 0:
        return LogRank(None, None, count, expected)
    statistic = (count - expected) ** 2 / variance
    return LogRank(statistic, float(chdtrc(1, statistic)), count, expected)


def _checked(durations: ArrayLike, observed: ArrayLike) -> tuple[Floats, NDArray[np.bool_]]:
    seconds = np.asarray(durations, dtype=np.float64)
    happened = np.asarray(observed, dtype=np.bool_)
    if seconds.ndim != 1 or seconds.shape != happened.shape:
        raise ValueError("durations and observed must be one-dimensional and of one length")
    if not bool(np.all((seconds >= 0) & np.isfinite(seconds))):
        raise ValueError("every duration must be finite and at least 0")
    return seconds, happened


def greenwood(events: NDArray[np.int64], at_risk: NDArray[np.int64]) -> Floats:
    """Greenwood's sums along the last axis, of which the variance of a curve is made."""
    # Where everybody left has the event the term is infinite; the band is undefined there.
    left = at_risk - events
    terms = np.divide(events, at_risk * left, out=np.zeros(events.shape), where=left > 0)
    return np.cumsum(terms, axis=-1)


def log_log_band(survival: Floats, sums: Floats, z: float) -> tuple[Floats, Floats]:
    """Limits of a curve on the log(−log) scale, given Greenwood's sums; nan where it is 0 or 1."""
    low, high = np.full(survival.shape, np.nan), np.full(survival.shape, np.nan)
    inner = (survival > 0) & (survival < 1)
    inside = survival[inner]
    half = z * np.sqrt(sums[inner]) / -np.log(inside)
    low[inner], high[inner] = inside ** np.exp(half), inside ** np.exp(-half)
    return low, high


def _first_time(curve: Curve, heights: Floats, remaining: float) -> float | None:
    reached = np.flatnonzero(heights <= remaining + _EQUAL)
    return float(curve.time[reached[0]]) if reached.size else None


def _share_by(curve: Curve, horizon: float, level: float) -> tuple[float, float, float]:
    """Share with the event by `horizon` (or by the end of follow-up), and its limits."""
    step = int(np.searchsorted(curve.time, horizon, side="right"))
    survival = float(curve.survival[step - 1]) if step else 1.0
    if 0.0 < survival < 1.0:
        return 1.0 - survival, 1.0 - float(curve.high[step - 1]), 1.0 - float(curve.low[step - 1])
    happened = int(curve.events[:step].sum())
    followed = int(curve.at_risk[curve.time >= horizon][:1].sum())
    _, low, high = wilson(happened, happened if survival == 0.0 else followed, level)
    return 1.0 - survival, float(low), float(high)


def _area_and_error(curve: Curve, within: NDArray[np.bool_], tau: float) -> tuple[float, float]:
    """Area under the curve up to `tau`, and its standard error from the areas to the right."""
    edges = np.concatenate([[0.0], curve.time[within], [tau]])
    heights = np.concatenate([[1.0], curve.survival[within]])
    slices = np.diff(edges) * heights
    right = np.cumsum(slices[::-1])[::-1][1:]
    d, n = curve.events[within], curve.at_risk[within]
    terms = np.divide(d, n * (n - d), out=np.zeros(d.shape), where=n > d)
    return float(slices.sum()), float(np.sqrt(np.sum(right**2 * terms)))


def _at_risk(seconds: Floats, times: Floats) -> NDArray[np.int64]:
    return seconds.size - np.searchsorted(np.sort(seconds), times, side="left")
