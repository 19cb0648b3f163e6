"""Watch many weekly rates for a rise, for as long as one likes: the e-SR detector.

Weekly counts in, evidence, tier, onset and detectable change out. The baseline is estimated, not
taken as known: its error persists over the year and floods every rule that plugs it in. What an
alert is called, and when it is resolved, is not decided here.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from readback.stats.estimate import Floats
from readback.stats.overshoot import information_of, overshoot, skew_allowance
from readback.stats.weekly_counts import Prior, Series, WeeklyCounts, raised_by_shifts

SHIFT_WEIGHTS = (0.1, 0.2, 0.5, 0.15, 0.05)
"""Share of the false alarms that each of `SHIFTS` may raise: most where weeks of delay are won or lost."""

LOOKS_A_YEAR = 52
# Where one look is nearly enough the laws of the overshoot lean on a tail that counts do not have; nothing is gained.
_LEAST_OVERSHOOT = 0.2
# By how much they may be wrong elsewhere; found on other seeds than those on which benchmarks/promises.py judges.
_CAUTION = 1.15
_EDGE = 1e-9
_CEILING = 1e300
_BISECTIONS = 13
# Series worked on at once: the arrays of one block stay in the processor's cache.
_BLOCK = 64


class Tier(IntEnum):
    """How strong the evidence for a rise is, weakest first."""

    NONE = 0
    WATCH = 1
    ALERT = 2


class Thresholds(NamedTuple):
    """Evidence from which on a series is watched, and alerted on."""

    watch: float
    alert: float


@dataclass(frozen=True)
class Detection:
    """What was seen in each week of each series.

    Attributes:
        evidence: M_t, shape (series, weeks); nan until the first trials after the baseline, and in
            series whose baseline has none.
        thresholds: What `evidence` is held against.
        tier: `Tier` as numbers, shape (series, weeks); NONE where `evidence` is nan.
        first_watch: Week in which a series first reached WATCH; -1 where it never did.
        first_alert: Likewise for ALERT.
        onset: Most likely first week of the rise, as told at `first_watch` and therefore stable in
            later looks; -1 where there is none. `estimate_onset` tells it anew at any look.
        baseline_rate: Rate in the baseline weeks; nan where they have no trials.
    """

    evidence: Floats
    thresholds: Thresholds
    tier: NDArray[np.int8]
    first_watch: NDArray[np.int64]
    first_alert: NDArray[np.int64]
    onset: NDArray[np.int64]
    baseline_rate: Floats


class _Shares(NamedTuple):
    """What each shift may count for, and what a row tells for it in nats; shape (series, shifts)."""

    weight: Floats
    information: Floats

    def at(self, weekly_n: Floats) -> Floats:
        """What each shift counts for where a look is worth so many rows; shape of `weekly_n`, and shifts."""
        beyond = np.maximum(overshoot(weekly_n[:, None] * self.information), _LEAST_OVERSHOOT)
        return np.asarray(self.weight / beyond, dtype=np.float64)


def thresholds(series: int, looks: int = LOOKS_A_YEAR, error: float = 0.05) -> Thresholds:
    """Evidence needed so that a family of unchanged series stays quiet over `looks` looks.

    WATCH: on average at most one series is falsely watched. ALERT: the chance that any series is
    falsely alerted on is at most `error`. After twice as many looks twice as many are due.

    >>> thresholds(50)
    Thresholds(watch=2600.0, alert=52000.0)
    """
    watch = float(max(series, 1) * looks)
    return Thresholds(watch, watch / error)


def detect(counts: WeeklyCounts, limits: Thresholds | None = None) -> Detection:
    """Weigh, week by week, how much likelier a lasting rise has become than none.

    Args:
        counts: Weekly counts of the whole family of series.
        limits: Thresholds; by default those of a family of as many series, looked at weekly.

    Raises:
        ValueError: Shapes do not fit, or a count is negative or exceeds its trials.

    Source: Shin, Ramdas & Rinaldo 2024 (e-detectors), mixed over shifts and over the Jeffreys
    posterior of the baseline; each shift counts for more by what it would overshoot the threshold.
    """
    series = counts.series
    limits = limits or thresholds(series.hits.shape[0])
    evidence = np.full(series.hits.shape, np.nan)
    for rows in _blocks(series.hits.shape[0]):
        part = series.part(rows)
        evidence[rows] = _evidence(part, counts.prior.part(rows), _shares(part, limits.alert))
    first_watch, first_alert = _first(evidence, limits.watch), _first(evidence, limits.alert)
    known = np.nan_to_num(evidence, nan=0.0)
    tier = (known >= limits.watch).astype(np.int8) + (known >= limits.alert).astype(np.int8)
    onset = estimate_onset(counts, first_watch)
    return Detection(evidence, limits, tier, first_watch, first_alert, onset, series.base_rate)


def estimate_onset(counts: WeeklyCounts, looks: ArrayLike) -> NDArray[np.int64]:
    """Most likely first week of a rise in each series, as told in the week `looks`; -1 where that is.

    Raises:
        ValueError: As `detect`.
    """
    series = counts.series
    weeks = np.broadcast_to(np.asarray(looks, dtype=np.int64), series.hits.shape[:1])
    onset = np.full(weeks.shape, -1, dtype=np.int64)
    for row in np.flatnonzero(weeks >= 0):
        one = slice(row, row + 1)
        onset[row] = _onset(series.part(one), counts.prior.part(one), int(weeks[row]))
    return onset


def window_evidence(counts: WeeklyCounts, weeks: int, ends: ArrayLike | None = None) -> Floats:
    """E-values of the last `weeks` weeks against the baseline: how much likelier one lasting rise made them than none.

    For a list that is made for a fixed window (`e_benjamini_hochberg`). Without a change the mean is at most 1.

    Args:
        counts: As for `detect`.
        weeks: Length of the window.
        ends: Week after the window, one a series; None: all of them end with the counts.

    Returns:
        One a series; nan where there is no baseline, or where the window lies in it or has no trials.

    Raises:
        ValueError: As `detect`.
    """
    series, prior = counts.series, counts.prior
    window = _latest(series, weeks, ends)
    x, y = (np.where(window, part, 0.0).sum(axis=1)[:, None] for part in (series.hits, series.misses))
    flat = prior.log_weight + x * np.log(prior.rate) + y * np.log1p(-prior.rate)
    risen = x[:, :, None] * np.log(prior.raised) + y[:, :, None] * np.log1p(-prior.raised)
    risen += prior.log_weight[:, None] + np.log(SHIFT_WEIGHTS)
    log_e = (_log_sum(risen.reshape(x.size, -1)) - _log_sum(flat))[:, 0]
    is_told = (series.looks | ~window).all(axis=1) & ((x + y)[:, 0] > 0)
    return np.where(is_told, np.exp(np.minimum(log_e, np.log(_CEILING))), np.nan)


def detectable_change(
    counts: WeeklyCounts, threshold: float, weeks: int = 8, chance: float = 0.8, ends: ArrayLike | None = None
) -> Floats:
    """Smallest lasting rise of each rate that reaches `threshold` within `weeks` weeks.

    Args:
        counts: As for `detect`; traffic is taken to stay as in the latest `weeks` weeks.
        threshold: Evidence to reach, mostly `Thresholds.alert`.
        weeks: Time allowed.
        chance: How likely it must be found.
        ends: Week after the latest, one a series; None: all of them end with the counts.

    Returns:
        Fractions, one a series; nan without baseline or traffic, and where no rise would do.
    """
    from scipy.special import ndtri

    series = counts.series
    lately = _latest(series, weeks, ends)
    known = np.maximum(lately.sum(axis=1), 1)
    n = np.where(lately, series.hits + series.misses, 0.0).sum(axis=1) * weeks / known
    luck = float(ndtri(chance))
    found = np.full(n.shape, np.nan)
    for rows in _blocks(n.size):
        part = series.part(rows)
        share = _shares(part, threshold).at(np.minimum(n[rows] / weeks, part.base_n))
        asked = _Asked(counts.prior.part(rows), np.log(share / threshold), n[rows], weeks, luck)
        found[rows] = _smallest_rise(asked, part.base_rate)
    return found


def _latest(series: Series, weeks: int, ends: ArrayLike | None) -> NDArray[np.bool_]:
    """The last weeks of each series."""
    week = np.arange(series.hits.shape[1])
    end = np.asarray(week.size if ends is None else ends, dtype=np.int64)
    end = np.broadcast_to(end, series.hits.shape[:1])[:, None]
    return np.asarray((week < end) & (week >= end - weeks), dtype=np.bool_)


def _blocks(many: int) -> list[slice]:
    return [slice(start, start + _BLOCK) for start in range(0, many, _BLOCK)]


def _shares(series: Series, threshold: float) -> _Shares:
    rate = np.clip((series.base_hits + 0.5) / (series.base_hits + series.base_misses + 1), _EDGE, 1 - _EDGE)
    raised = raised_by_shifts(rate)
    allowed = skew_allowance(rate[:, None], raised, series.inflation[:, None], threshold)
    return _Shares(np.asarray(SHIFT_WEIGHTS) * allowed / _CAUTION, information_of(rate[:, None], raised))


def _evidence(series: Series, prior: Prior, shares: _Shares) -> Floats:
    rate, raised = prior.rate, prior.raised
    log_rate, log_rest = np.log(rate), np.log1p(-rate)
    log_raised, log_fallen = np.log(raised), np.log1p(-raised)
    log_weight = np.broadcast_to(prior.log_weight, rate.shape).copy()
    total, work = np.zeros(raised.shape), np.empty(raised.shape)
    found = np.full(series.hits.shape, np.nan)
    weekly_n, told = series.base_n, np.zeros(series.base_n.shape, dtype=np.bool_)
    for week in np.flatnonzero(series.looks.any(axis=0)):
        look = series.looks[:, week]
        x = np.where(look, series.hits[:, week], 0.0)[:, None]
        y = np.where(look, series.misses[:, week], 0.0)[:, None]
        total += (np.exp(log_weight) * (x + y > 0))[:, :, None]
        log_weight += x * log_rate + y * log_rest
        whole = _log_sum(log_weight)
        log_weight -= whole
        # Weights are folded into the sums: each stays representable as long as the evidence is.
        np.multiply(log_raised, x[:, :, None], out=work)
        work += log_fallen * y[:, :, None]
        work -= whole[:, :, None]
        with np.errstate(over="ignore"):
            np.exp(work, out=work)
            total *= work
        np.minimum(total, _CEILING, out=total)
        # More traffic than in the baseline earns nothing: a threshold must not fall because of it.
        n = (x + y)[:, 0]
        weekly_n = np.where(n > 0, np.minimum(n, series.base_n), weekly_n)
        told |= n > 0
        found[told, week] = (total.sum(axis=1) * shares.at(weekly_n)).sum(axis=1)[told]
    return found


def _log_sum(logs: Floats) -> Floats:
    top = logs.max(axis=1, keepdims=True)
    return np.asarray(top + np.log(np.exp(logs - top).sum(axis=1, keepdims=True)), dtype=np.float64)


def _first(evidence: Floats, threshold: float) -> NDArray[np.int64]:
    reached = np.nan_to_num(evidence, nan=0.0) >= threshold
    if not reached.size:
        return np.full(evidence.shape[:1], -1, dtype=np.int64)
    return np.where(reached.any(axis=1), reached.argmax(axis=1), -1).astype(np.int64)


def _onset(one: Series, prior: Prior, look: int) -> int:
    """Argument of the largest summand: which start of the rise explains the weeks up to `look` best."""
    seen = one.looks[0, : look + 1] & (one.hits[0, : look + 1] + one.misses[0, : look + 1] > 0)
    weeks = np.flatnonzero(seen)
    if not weeks.size:
        return -1
    rate, raised = prior.rate[0], prior.raised[0]
    x, y = one.hits[0, weeks][:, None], one.misses[0, weeks][:, None]
    flat = x * np.log(rate) + y * np.log1p(-rate)
    risen = x[:, :, None] * np.log(raised) + y[:, :, None] * np.log1p(-raised)
    gain = (risen - flat[:, :, None])[::-1].cumsum(axis=0)[::-1]
    summands = gain + (flat.sum(axis=0) + prior.log_weight)[:, None] + np.log(SHIFT_WEIGHTS)
    return int(weeks[np.argmax(_log_sum(summands.reshape(weeks.size, -1)))])


class _Asked(NamedTuple):
    """A question for the detectable change: baselines, log shares over the threshold, rows in so many even weeks."""

    prior: Prior
    log_share: Floats
    n: Floats
    weeks: int
    luck: float


def _smallest_rise(asked: _Asked, rate: Floats) -> Floats:
    low, high = np.zeros(rate.shape), 1.0 - rate
    reachable = _reaches(asked, rate + high)
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        enough = _reaches(asked, rate + middle)
        low, high = np.where(enough, low, middle), np.where(enough, middle, high)
    return np.where(reachable & (asked.n > 0), high, np.nan)


def _reaches(asked: _Asked, risen: Floats) -> NDArray[np.bool_]:
    """Tell whether even weeks at the rate `risen`, met with bad luck, reach the threshold."""
    (rate, log_weight, raised), log_share, n, weeks, luck = asked
    x = np.clip(n * risen - luck * np.sqrt(n * risen * (1 - risen)), 0.0, n)[:, None]
    y = n[:, None] - x
    flat = x * np.log(rate) + y * np.log1p(-rate)
    gain = (x[:, :, None] * np.log(raised) + y[:, :, None] * np.log1p(-raised) - flat[:, :, None]) / weeks
    size = np.maximum(np.abs(gain), _EDGE)
    # Sum over the possible onsets: a geometric series, written so that neither sign overflows.
    onsets = np.maximum(gain, gain * weeks) + np.log(np.expm1(-weeks * size) / np.expm1(-size))
    flat = flat + log_weight
    logs = onsets + (flat - _log_sum(flat))[:, :, None] + log_share[:, None, :]
    return np.asarray(_log_sum(logs.reshape(n.size, -1))[:, 0] >= 0.0, dtype=np.bool_)
