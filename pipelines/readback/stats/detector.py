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

SHIFTS = (0.02, 0.035, 0.05, 0.08, 0.12)
"""Rises of the rate that the detector listens for, as fractions."""

MINIMUM_DESIGN_EFFECT = 1.2
"""Design effects below count as this: too small a one multiplies false alarms, too large one delays."""

LOOKS_A_YEAR = 52
_NODES = 41
_EDGE = 1e-9
_CEILING = 1e300
_BISECTIONS = 16
# Series worked on at once: the arrays of one block stay in the processor's cache.
_BLOCK = 64


class Tier(IntEnum):
    """How strong the evidence for a rise is, weakest first."""

    NONE = 0
    WATCH = 1
    ALERT = 2


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
        first_look: Week from which evidence is gathered, likewise; None: right after the baseline.
    """

    events: ArrayLike
    trials: ArrayLike
    design_effect: ArrayLike
    baseline_weeks: ArrayLike = 12
    first_look: ArrayLike | None = None

    def reversed(self) -> WeeklyCounts:
        """The same weeks seen from the other side: rows without the outcome."""
        others = np.asarray(self.trials, dtype=np.float64) - np.asarray(self.events, dtype=np.float64)
        return WeeklyCounts(others, self.trials, self.design_effect, self.baseline_weeks, self.first_look)


class Thresholds(NamedTuple):
    """Evidence from which on a series is watched, and alerted on."""

    watch: float
    alert: float


@dataclass(frozen=True)
class Detection:
    """What was seen in each week of each series.

    Attributes:
        evidence: M_t, shape (series, weeks); nan in the baseline, before the first look, and in
            series whose baseline has no trials. Without a change it is t on average after t looks.
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


class _Series(NamedTuple):
    """Counts over the design effect, ready to be multiplied: hits, misses, baselines, looks."""

    hits: Floats
    misses: Floats
    base_hits: Floats
    base_misses: Floats
    looks: NDArray[np.bool_]

    def part(self, rows: slice) -> _Series:
        hits, misses, base_hits, base_misses, looks = self
        return _Series(hits[rows], misses[rows], base_hits[rows], base_misses[rows], looks[rows])


def thresholds(series: int, looks: int = LOOKS_A_YEAR, error: float = 0.05) -> Thresholds:
    """Evidence needed so that a family of unchanged series stays quiet over `looks` looks.

    WATCH: on average at most one series is falsely watched. ALERT: the chance that any series is
    falsely alerted on is at most `error`.

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

    Source: Shin, Ramdas & Rinaldo 2024 (e-detectors), mixed over shifts and over 41 quantiles of
    the Jeffreys posterior of the baseline.
    """
    series = _series(counts)
    limits = limits or thresholds(series.hits.shape[0])
    evidence = np.full(series.hits.shape, np.nan)
    for start in range(0, series.hits.shape[0], _BLOCK):
        rows = slice(start, start + _BLOCK)
        evidence[rows] = _evidence(series.part(rows))
    first_watch, first_alert = _first(evidence, limits.watch), _first(evidence, limits.alert)
    known = np.nan_to_num(evidence, nan=0.0)
    tier = (known >= limits.watch).astype(np.int8) + (known >= limits.alert).astype(np.int8)
    onset = _onsets(series, first_watch)
    return Detection(evidence, limits, tier, first_watch, first_alert, onset, _baseline_rate(series))


def estimate_onset(counts: WeeklyCounts, looks: ArrayLike) -> NDArray[np.int64]:
    """Most likely first week of a rise in each series, as told in the week `looks`; -1 where that is.

    Raises:
        ValueError: As `detect`.
    """
    series = _series(counts)
    weeks = np.broadcast_to(np.asarray(looks, dtype=np.int64), series.hits.shape[:1])
    return _onsets(series, weeks)


def detectable_change(counts: WeeklyCounts, threshold: float, weeks: int = 8, chance: float = 0.8) -> Floats:
    """Smallest lasting rise of each rate that reaches `threshold` within `weeks` weeks.

    Args:
        counts: As for `detect`; traffic is taken to stay as in the latest `weeks` weeks.
        threshold: Evidence to reach, mostly `Thresholds.alert`.
        weeks: Time allowed.
        chance: How likely it must be found.

    Returns:
        Fractions, one a series; nan without baseline or traffic, and where no rise would do.
    """
    from scipy.special import ndtri

    series = _series(counts)
    lately = slice(-weeks, None)
    n = (series.hits + series.misses)[:, lately].mean(axis=1) * weeks
    rate = _baseline_rate(series)
    luck = float(ndtri(chance))
    found = np.full(n.shape, np.nan)
    for start in range(0, n.size, _BLOCK):
        rows = slice(start, start + _BLOCK)
        found[rows] = _smallest_rise(series.part(rows), n[rows], rate[rows], threshold, weeks, luck)
    return found


def _series(counts: WeeklyCounts) -> _Series:
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
    week, baseline = np.arange(weeks), _one_each(counts.baseline_weeks, many)
    before = week < baseline
    base_hits, base_misses = (np.where(before, part, 0.0).sum(axis=1) for part in (hits, misses))
    first = baseline if counts.first_look is None else np.maximum(_one_each(counts.first_look, many), baseline)
    has_baseline = (base_hits + base_misses > 0)[:, None]
    return _Series(hits, misses, base_hits, base_misses, (week >= first) & has_baseline)


def _one_each(numbers: ArrayLike, many: int) -> NDArray[np.int64]:
    return np.broadcast_to(np.asarray(numbers, dtype=np.int64), (many,))[:, None]


def _baseline_rate(series: _Series) -> Floats:
    n = series.base_hits + series.base_misses
    return np.asarray(np.divide(series.base_hits, n, out=np.full(n.shape, np.nan), where=n > 0), dtype=np.float64)


def _nodes(series: _Series) -> tuple[Floats, Floats]:
    """Baseline rates (series, nodes), equally likely a priori, and raised rates (…, shifts)."""
    from scipy.special import betaincinv

    shares = (np.arange(_NODES) + 0.5) / _NODES
    a, b = series.base_hits + 0.5, series.base_misses + 0.5
    rate: Floats = np.clip(betaincinv(a[:, None], b[:, None], shares), _EDGE, 1 - _EDGE)
    # A rate near one cannot rise by twelve points; half of the way to one is still a rise.
    raised: Floats = np.minimum(rate[:, :, None] + np.asarray(SHIFTS), (1 + rate[:, :, None]) / 2)
    return rate, raised


def _evidence(series: _Series) -> Floats:
    rate, raised = _nodes(series)
    log_rate, log_rest = np.log(rate), np.log1p(-rate)
    log_raised, log_fallen = np.log(raised), np.log1p(-raised)
    log_weight = np.full(rate.shape, -np.log(_NODES))
    total, work = np.zeros(raised.shape), np.empty(raised.shape)
    found = np.full(series.hits.shape, np.nan)
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
        found[look, week] = total.sum(axis=(1, 2))[look] / len(SHIFTS)
    return found


def _log_sum(logs: Floats) -> Floats:
    top = logs.max(axis=1, keepdims=True)
    return np.asarray(top + np.log(np.exp(logs - top).sum(axis=1, keepdims=True)), dtype=np.float64)


def _first(evidence: Floats, threshold: float) -> NDArray[np.int64]:
    reached = np.nan_to_num(evidence, nan=0.0) >= threshold
    if not reached.size:
        return np.full(evidence.shape[:1], -1, dtype=np.int64)
    return np.where(reached.any(axis=1), reached.argmax(axis=1), -1).astype(np.int64)


def _onsets(series: _Series, looks: NDArray[np.int64]) -> NDArray[np.int64]:
    onset = np.full(looks.shape, -1, dtype=np.int64)
    for row in np.flatnonzero(looks >= 0):
        onset[row] = _onset(series.part(slice(row, row + 1)), int(looks[row]))
    return onset


def _onset(one: _Series, look: int) -> int:
    """Argument of the largest summand: which start of the rise explains the weeks up to `look` best."""
    seen = one.looks[0, : look + 1] & (one.hits[0, : look + 1] + one.misses[0, : look + 1] > 0)
    weeks = np.flatnonzero(seen)
    if not weeks.size:
        return -1
    rate, raised = (nodes[0] for nodes in _nodes(one))
    x, y = one.hits[0, weeks][:, None], one.misses[0, weeks][:, None]
    flat = x * np.log(rate) + y * np.log1p(-rate)
    risen = x[:, :, None] * np.log(raised) + y[:, :, None] * np.log1p(-raised)
    gain = (risen - flat[:, :, None])[::-1].cumsum(axis=0)[::-1]
    summands = gain + flat.sum(axis=0)[:, None]
    return int(weeks[np.argmax(_log_sum(summands.reshape(weeks.size, -1)))])


def _smallest_rise(part: _Series, n: Floats, rate: Floats, threshold: float, weeks: int, luck: float) -> Floats:
    rate_nodes, raised = _nodes(part)
    low, high = np.zeros(n.shape), 1.0 - rate
    reachable = _reaches(rate_nodes, raised, n, rate + high, threshold, weeks, luck)
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        enough = _reaches(rate_nodes, raised, n, rate + middle, threshold, weeks, luck)
        low, high = np.where(enough, low, middle), np.where(enough, middle, high)
    return np.where(reachable & (n > 0), high, np.nan)


def _reaches(
    rate: Floats, raised: Floats, n: Floats, risen: Floats, threshold: float, weeks: int, luck: float
) -> NDArray[np.bool_]:
    """Tell whether `weeks` even weeks at the rate `risen`, met with bad luck, reach the threshold."""
    x = np.clip(n * risen - luck * np.sqrt(n * risen * (1 - risen)), 0.0, n)[:, None]
    y = n[:, None] - x
    flat = x * np.log(rate) + y * np.log1p(-rate)
    gain = (x[:, :, None] * np.log(raised) + y[:, :, None] * np.log1p(-raised) - flat[:, :, None]) / weeks
    size = np.maximum(np.abs(gain), _EDGE)
    # Sum over the possible onsets: a geometric series, written so that neither sign overflows.
    onsets = np.maximum(gain, gain * weeks) + np.log(np.expm1(-weeks * size) / np.expm1(-size))
    logs = (onsets + (flat - _log_sum(flat))[:, :, None]).reshape(n.size, -1)
    return np.asarray(_log_sum(logs)[:, 0] >= np.log(threshold * len(SHIFTS)), dtype=np.bool_)
