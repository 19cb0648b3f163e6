"""The e-SR detector against its own definition written out, and against what it promises."""

import numpy as np
import pytest
from scipy.special import betaincinv
from scipy.stats import norm

from readback.stats import detector
from readback.stats.detector import SHIFT_WEIGHTS, Tier, detect, detectable_change, estimate_onset, window_evidence
from readback.stats.estimate import Floats
from readback.stats.overshoot import information_of, overshoot, skew_allowance
from readback.stats.weekly_counts import MINIMUM_DESIGN_EFFECT, SHIFTS, WeeklyCounts

_BASELINE = 12


def test_evidence_is_the_double_sum_over_baselines_and_onsets() -> None:
    x, n = _weeks(seed=1, rate=0.10, weeks=30)
    found = detect(WeeklyCounts(x, n, 1.5)).evidence[0]
    assert np.isnan(found[:_BASELINE]).all()
    np.testing.assert_allclose(found[_BASELINE:], _double_sum(x[0], n[0], 1.5), rtol=1e-9)


def test_evidence_stays_finite_when_the_change_is_overwhelming() -> None:
    n = np.full((1, 104), 50_000)
    x = np.where(np.arange(104) < 52, 5_000, 20_000)[None]
    found = detect(WeeklyCounts(x, n, 1.2))
    assert np.isfinite(found.evidence[0, _BASELINE:]).all()
    assert found.first_alert[0] == 52
    assert found.onset[0] == 52


def test_a_rise_is_alerted_on_and_its_onset_told() -> None:
    rng = np.random.default_rng(3)
    n = np.full((200, 40), 500)
    rates = np.where(np.arange(40) < 14, 0.10, 0.20)
    counts = WeeklyCounts(rng.binomial(n, rates), n, 1.2)
    found = detect(counts)
    assert np.median(found.first_alert) <= 16
    assert (estimate_onset(counts, 39) == 14).mean() > 0.9
    assert (found.onset <= found.first_watch).all()


def test_unchanged_series_stay_within_the_promised_error() -> None:
    rng = np.random.default_rng(4)
    n = np.full((2_000, 64), 50)
    found = detect(WeeklyCounts(rng.binomial(n, 0.05), n, 1.0), detector.thresholds(50))
    # 40 fleets of 50 series over a year: at most two alerts and 40 watches are due.
    assert (found.first_alert >= 0).sum() <= 2
    assert (found.first_watch >= 0).sum() <= 40


def test_ignoring_the_design_effect_floods() -> None:
    rng = np.random.default_rng(5)
    n = np.full((500, 64), 200)
    x = rng.binomial(20, rng.beta(0.4, 3.6, (500, 64, 10))).sum(axis=2)
    limits = detector.thresholds(50)
    ignored, used = (detect(WeeklyCounts(x, n, deff), limits) for deff in (1.2, 1 + 19 * 0.2))
    assert (used.first_watch >= 0).mean() < 0.03 < (ignored.first_watch >= 0).mean()


def test_a_smaller_design_effect_than_the_floor_counts_as_the_floor() -> None:
    x, n = _weeks(seed=6, rate=0.10, weeks=30)
    floor = detect(WeeklyCounts(x, n, MINIMUM_DESIGN_EFFECT)).evidence
    np.testing.assert_array_equal(detect(WeeklyCounts(x, n, 1.0)).evidence, floor)


def test_a_week_without_trials_is_no_look() -> None:
    x, n = _weeks(seed=7, rate=0.10, weeks=30)
    quiet = detect(WeeklyCounts(np.insert(x, 20, 0, axis=1), np.insert(n, 20, 0, axis=1), 1.2)).evidence
    plain = detect(WeeklyCounts(x, n, 1.2)).evidence
    np.testing.assert_allclose(np.delete(quiet, 20, axis=1), plain)


def test_series_without_baseline_is_not_judged() -> None:
    x, n = _weeks(seed=8, rate=0.10, weeks=30)
    n[:, :_BASELINE] = x[:, :_BASELINE] = 0
    counts = WeeklyCounts(x, n, 1.2)
    found = detect(counts)
    assert np.isnan(found.evidence).all()
    assert np.isnan(found.baseline_rate).all()
    assert found.tier.max() == Tier.NONE
    assert np.isnan(detectable_change(counts, 1_000.0)).all()


def test_a_year_of_baseline_is_worth_more_than_a_quarter() -> None:
    rng = np.random.default_rng(9)
    n = np.full((200, 60), 300)
    x = rng.binomial(n, np.where(np.arange(60) < 52, 0.10, 0.15))
    limits = detector.thresholds(50)
    short, long = (
        detect(WeeklyCounts(x[:, 52 - weeks :], n[:, 52 - weeks :], 1.2, weeks), limits) for weeks in (8, 52)
    )
    assert (long.first_alert >= 0).sum() > (short.first_alert >= 0).sum()


def test_traffic_that_swings_raises_no_more_false_alarms() -> None:
    rng = np.random.default_rng(12)
    n = np.where(np.arange(64) % 2, 900, 100) * np.ones((2_000, 1), dtype=np.int64)
    found = detect(WeeklyCounts(rng.binomial(n, 0.10), n, 1.0), detector.thresholds(50))
    assert (found.first_alert >= 0).sum() <= 4
    assert (found.first_watch >= 0).sum() <= 50


def test_a_week_of_more_traffic_does_not_lower_the_threshold() -> None:
    n = np.full((1, 30), 200.0)
    x = n * 0.10
    plain = detect(WeeklyCounts(x, n, 1.2)).evidence[0]
    n[0, 25], x[0, 25] = 20_000.0, 2_000.0
    assert detect(WeeklyCounts(x, n, 1.2)).evidence[0, 25] < plain[25]


def test_the_window_is_worth_one_on_average_without_a_change() -> None:
    rng = np.random.default_rng(13)
    n = np.full((4_000, 16), 100)
    e = window_evidence(WeeklyCounts(rng.binomial(n, 0.10), n, 1.0), 4)
    assert 0.5 < e.mean() < 1.3
    assert (e >= 20).mean() < 0.05


def test_the_window_sees_a_rise_that_fills_it() -> None:
    n = np.full((2, 20), 300.0)
    x = np.where(np.arange(20) < 16, 30.0, 30.0 + np.array([[0.0], [24.0]]))
    flat, risen = window_evidence(WeeklyCounts(x, n, 1.2), 4)
    assert flat < 1 < 1_000 < risen


def test_a_window_inside_the_baseline_or_without_rows_tells_nothing() -> None:
    x, n = _weeks(seed=14, rate=0.10, weeks=14)
    assert np.isnan(window_evidence(WeeklyCounts(x, n, 1.2), 4)).all()
    n[:, 12:] = x[:, 12:] = 0
    assert np.isnan(window_evidence(WeeklyCounts(x, n, 1.2), 2)).all()


def test_reversed_counts_see_an_improvement() -> None:
    n = np.full((1, 40), 500)
    x = np.where(np.arange(40) < 20, 100, 40)[None]
    counts = WeeklyCounts(x, n, 1.2)
    assert detect(counts).first_watch[0] == -1
    assert 20 <= detect(counts.reversed()).first_alert[0] <= 22


def test_order_of_series_does_not_matter() -> None:
    rng = np.random.default_rng(10)
    n = rng.integers(20, 400, (150, 40))
    x, order = rng.binomial(n, 0.1), rng.permutation(150)
    plain, mixed = detect(WeeklyCounts(x, n, 1.3)), detect(WeeklyCounts(x[order], n[order], 1.3))
    np.testing.assert_allclose(mixed.evidence, plain.evidence[order])


def test_detectable_change_is_found_as_often_as_it_says() -> None:
    rng = np.random.default_rng(11)
    weeks = np.arange(60)
    n = np.full((400, 60), 300)
    threshold = detector.thresholds(50).alert
    flat = WeeklyCounts(rng.binomial(n, 0.10), n, 1.2, baseline_weeks=52)
    rise = detectable_change(flat, threshold)[:, None]
    risen = rng.binomial(n, np.where(weeks < 52, 0.10, 0.10 + rise))
    found = detect(WeeklyCounts(risen, n, 1.2, baseline_weeks=52), detector.thresholds(50))
    assert 0.75 <= (found.first_alert >= 0).mean() <= 0.95


def test_detectable_change_shrinks_with_traffic() -> None:
    n = np.full((3, 40), 1.0) * np.array([[50], [200], [1_000]])
    rises = detectable_change(WeeklyCounts(n * 0.1, n, 1.2), detector.thresholds(50).alert)
    assert (np.diff(rises) < 0).all()
    assert 0.02 < rises[2] < 0.05


def test_counts_that_exceed_their_trials_are_refused() -> None:
    with pytest.raises(ValueError, match="events <= trials"):
        detect(WeeklyCounts([[3, 2]], [[2, 2]], 1.2, baseline_weeks=1))


def _weeks(seed: int, rate: float, weeks: int) -> tuple[Floats, Floats]:
    rng = np.random.default_rng(seed)
    n = rng.integers(100, 300, (1, weeks)).astype(np.float64)
    return rng.binomial(n.astype(np.int64), rate).astype(np.float64), n


def _double_sum(x: Floats, n: Floats, deff: float) -> list[float]:
    """M_t as defined: over baseline nodes, shifts and possible onsets, without recursion."""
    hits, misses = x / deff, (n - x) / deff
    base, missed = hits[:_BASELINE].sum(), misses[:_BASELINE].sum()
    scores = np.linspace(-3.5, 3.5, 21)
    p = betaincinv(0.5 + base, 0.5 + missed, norm.cdf(scores))
    weekly, known = (base + missed) / _BASELINE, (base + 0.5) / (base + missed + 1)
    hits, misses = hits[_BASELINE:], misses[_BASELINE:]
    found = []
    for t in range(1, hits.size + 1):
        log_weight = hits[:t].sum() * np.log(p) + misses[:t].sum() * np.log(1 - p)
        weight = norm.pdf(scores) * np.exp(log_weight - log_weight.max())
        rows = min(weekly, hits[t - 1] + misses[t - 1])
        gains = [
            share
            * _worth(known, d, deff, rows)
            * np.exp(hits[v:t].sum() * np.log((p + d) / p) + misses[v:t].sum() * np.log((1 - p - d) / (1 - p)))
            for d, share in zip(SHIFTS, SHIFT_WEIGHTS, strict=True)
            for v in range(t)
        ]
        found.append(float((weight / weight.sum() * np.sum(gains, axis=0)).sum()))
    return found


def _worth(rate: float, shift: float, deff: float, rows: float) -> float:
    """What a shift counts for: more by what it would overshoot, less by the skew that clusters add."""
    raised = np.array(rate + shift)
    share = max(float(overshoot(rows * information_of(np.array(rate), raised))), 0.2) * 1.15
    return float(skew_allowance(np.array(rate), raised, np.array(deff), detector.thresholds(1).alert) / share)
