"""Kaplan–Meier and its readings, against Freireich's 6-MP trial, scipy and lifelines."""

from typing import Any

import numpy as np
import pytest
from lifelines import KaplanMeierFitter
from lifelines.utils import restricted_mean_survival_time
from numpy.typing import NDArray
from scipy import stats as scipy_stats

from readback.stats import (
    Curve,
    kaplan_meier,
    log_rank,
    rmst,
    share_within,
    survival_median,
    survival_quantile,
)

# Freireich et al. 1963, weeks of remission; the standard worked example of the field.
MP6 = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
MP6_SEEN = [bool(s) for s in (1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0)]
PLACEBO = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]
PLACEBO_SEEN = [True] * 21


@pytest.fixture
def censored() -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    rng = np.random.default_rng(7)
    ends, stops = rng.lognormal(6, 1, 80).round(-1), rng.uniform(100, 2000, 80).round(-1)
    return np.minimum(ends, stops), ends <= stops


def test_curve_gives_the_published_6mp_survival() -> None:
    curve = kaplan_meier(MP6, MP6_SEEN)
    happened = curve.events > 0
    assert curve.time[happened].tolist() == [6, 7, 10, 13, 16, 22, 23]
    published = [0.857, 0.807, 0.753, 0.690, 0.627, 0.538, 0.448]
    np.testing.assert_allclose(curve.survival[happened], published, atol=5e-4)


def test_medians_give_the_published_23_and_8_weeks() -> None:
    arms = kaplan_meier(MP6, MP6_SEEN), kaplan_meier(PLACEBO, PLACEBO_SEEN)
    assert [survival_median(arm).value for arm in arms] == [23, 8]


def test_6mp_median_has_low_13_and_no_high_as_in_sas() -> None:
    found = survival_median(kaplan_meier(MP6, MP6_SEEN))
    assert (found.low, found.high) == (13, None)


def test_log_rank_gives_the_published_statistic() -> None:
    found = log_rank(MP6, MP6_SEEN, PLACEBO, PLACEBO_SEEN)
    assert found.statistic == pytest.approx(16.7929, abs=1e-4)
    assert found.observed == 9
    assert found.expected == pytest.approx(19.25, abs=0.005)


def test_rmst_gives_the_published_6mp_mean_and_error() -> None:
    found = rmst(MP6, MP6_SEEN, 35)
    assert (found.value, found.standard_error) == pytest.approx((23.287, 2.827), abs=1e-3)


def test_rmst_gives_the_published_placebo_mean() -> None:
    assert rmst(PLACEBO, PLACEBO_SEEN, 35).value == pytest.approx(8.667, abs=5e-4)


def test_curve_and_band_equal_scipy(
    censored: tuple[NDArray[np.float64], NDArray[np.bool_]],
) -> None:
    time, seen = censored
    reference: Any = scipy_stats.ecdf(scipy_stats.CensoredData(uncensored=time[seen], right=time[~seen])).sf
    curve = kaplan_meier(time, seen)
    np.testing.assert_array_equal(curve.time, reference.quantiles)
    np.testing.assert_allclose(curve.survival, reference.probabilities, atol=1e-12)
    band = reference.confidence_interval(method="log-log")
    inner = (curve.survival > 0) & (curve.survival < 1)
    np.testing.assert_allclose(curve.low[inner], band.low.probabilities[inner], atol=1e-9)
    np.testing.assert_allclose(curve.high[inner], band.high.probabilities[inner], atol=1e-9)


def test_curve_and_mean_equal_lifelines(
    censored: tuple[NDArray[np.float64], NDArray[np.bool_]],
) -> None:
    time, seen = censored
    fitted = KaplanMeierFitter().fit(time, seen)
    curve = kaplan_meier(time, seen)
    np.testing.assert_allclose(curve.survival, fitted.survival_function_at_times(curve.time), atol=1e-9)
    assert survival_median(curve).value == fitted.median_survival_time_
    expected = restricted_mean_survival_time(fitted, t=900)
    assert rmst(time, seen, 900).value == pytest.approx(expected, rel=1e-9)


def test_log_rank_equals_scipy(censored: tuple[NDArray[np.float64], NDArray[np.bool_]]) -> None:
    time, seen = censored
    first, second = (time[:35], seen[:35]), (time[35:], seen[35:])
    samples = [scipy_stats.CensoredData(uncensored=t[s], right=t[~s]) for t, s in (first, second)]
    expected = scipy_stats.logrank(samples[0], samples[1])
    found = log_rank(*first, *second)
    assert found.statistic == pytest.approx(expected.statistic**2)
    assert found.p_value == pytest.approx(expected.pvalue)


def test_band_is_undefined_and_not_zero_where_survival_reaches_zero() -> None:
    curve = kaplan_meier([10, 20, 30], [True] * 3)
    assert curve.survival[-1] == 0
    assert np.isnan([curve.low[-1], curve.high[-1]]).all()


def test_p90_of_few_episodes_has_no_high() -> None:
    found = survival_quantile(kaplan_meier(np.arange(1, 21), [True] * 20), 0.9)
    assert (found.value, found.high) == (18, None)


def test_all_censored_reaches_no_median() -> None:
    found = survival_median(kaplan_meier([10, 20], [False, False]))
    assert (found.value, found.low, found.high, found.n, found.effective_n) == (
        None, None, None, 2, 0.0,
    )  # fmt: skip


def test_no_rows_give_an_empty_curve_and_nothing_read_off_it() -> None:
    curve = kaplan_meier([], [])
    assert (curve.n, curve.event_count, curve.time.size) == (0, 0, 0)
    assert survival_median(curve).value is None
    assert share_within([], [], 60).value is None
    assert rmst([], [], 60).value is None
    assert log_rank([], [], [], []).statistic is None


def test_one_recovered_row_sets_a_median_without_limits() -> None:
    found = survival_median(kaplan_meier([90], [True]))
    assert (found.value, found.low, found.high) == (90, None, None)


def test_events_come_before_censorings_of_the_same_second() -> None:
    assert kaplan_meier([60, 60], [True, False]).survival.tolist() == [0.5]


def test_order_of_rows_changes_nothing() -> None:
    turned = kaplan_meier(MP6[::-1], MP6_SEEN[::-1])
    np.testing.assert_array_equal(turned.survival, kaplan_meier(MP6, MP6_SEEN).survival)


def test_curve_equals_the_product_written_out() -> None:
    curve: Curve = kaplan_meier(PLACEBO, PLACEBO_SEEN)
    written, left = [], 1.0
    for time in sorted(set(PLACEBO)):
        at_risk = sum(p >= time for p in PLACEBO)
        left *= 1 - PLACEBO.count(time) / at_risk
        written.append(left)
    np.testing.assert_allclose(curve.survival, written, atol=1e-12)


def test_share_within_is_one_minus_survival_with_its_band() -> None:
    curve, found = kaplan_meier(MP6, MP6_SEEN), share_within(MP6, MP6_SEEN, 12)
    at = int(np.flatnonzero(curve.time == 11)[0])
    assert found.value == pytest.approx(1 - curve.survival[at])
    assert found.low == pytest.approx(1 - curve.high[at])
    assert found.high == pytest.approx(1 - curve.low[at])


def test_share_within_includes_an_event_at_the_horizon_itself() -> None:
    assert share_within([10, 20, 30, 40], [True] * 4, 20).value == 0.5


def test_share_within_before_any_event_keeps_an_upper_limit() -> None:
    found = share_within([100] * 20, [True] * 20, 50)
    assert (found.value, found.low) == (0.0, 0.0)
    assert found.high == pytest.approx(0.1611, abs=5e-5)


def test_share_within_counts_rows_still_open_at_the_horizon() -> None:
    found = share_within([60.0] * 20, [False] * 20, 60)
    assert found.value == 0.0
    assert found.high == pytest.approx(0.1611, abs=5e-5)


def test_share_within_after_every_event_keeps_a_lower_limit() -> None:
    found = share_within([10] * 20, [True] * 20, 50)
    assert (found.value, found.high) == (1.0, 1.0)
    assert found.low == pytest.approx(1 - 0.1611, abs=5e-5)


def test_share_beyond_follow_up_is_unknown_but_bounded_below() -> None:
    found = share_within([10, 20, 30, 40], [True, True, True, False], 100)
    known = share_within([10, 20, 30, 40], [True, True, True, False], 40)
    assert (found.value, found.high, found.low) == (None, None, known.low)


def test_rmst_beyond_follow_up_is_unknown() -> None:
    assert rmst([10, 20], [True, False], 30).value is None


def test_rmst_beyond_the_last_event_of_all_is_known() -> None:
    assert rmst([10, 20], [True, True], 30).value == 15.0


def test_rmst_gives_no_interval_below_20_events() -> None:
    few, enough = (rmst(np.arange(1.0, n + 1), [True] * n, 100) for n in (19, 20))
    assert (few.low, few.high) == (None, None)
    assert few.standard_error is not None
    assert enough.low is not None


def test_rmst_interval_uses_student_on_events_minus_one() -> None:
    found = rmst(PLACEBO, PLACEBO_SEEN, 23)
    assert found.value is not None
    assert found.high is not None
    assert found.standard_error is not None
    assert (found.high - found.value) / found.standard_error == pytest.approx(2.0860, abs=5e-5)


def test_log_rank_of_samples_without_events_is_none() -> None:
    found = log_rank([5, 6], [False, False], [7], [False])
    assert (found.statistic, found.p_value, found.observed) == (None, None, 0)


@pytest.mark.parametrize(
    ("durations", "observed"),
    [([-1.0], [True]), ([np.nan], [True]), ([np.inf], [False]), ([1.0, 2.0], [True])],
)
def test_impossible_durations_are_refused(durations: list[float], observed: list[bool]) -> None:
    with pytest.raises(ValueError, match="duration"):
        kaplan_meier(durations, observed)


@pytest.mark.parametrize("q", [0.0, 1.0, 50.0])
def test_quantile_outside_its_range_is_refused(q: float) -> None:
    with pytest.raises(ValueError, match="q must lie"):
        survival_quantile(kaplan_meier([1], [True]), q)


def test_dropping_open_episodes_shortens_the_median_and_km_does_not() -> None:
    rng = np.random.default_rng(2)
    true, stops = rng.lognormal(np.log(1200), 1.5, 20_000), rng.uniform(0, 7200, 20_000)
    time, seen = np.minimum(true, stops), true <= stops
    assert np.median(time[seen]) < 850
    assert survival_median(kaplan_meier(time, seen)).value == pytest.approx(1200, rel=0.05)


def test_intervals_of_median_and_rmst_cover_the_truth() -> None:
    rng = np.random.default_rng(21)
    median, mean = 0, 0
    for _ in range(500):
        true, stops = rng.exponential(1000, 50), rng.exponential(3000, 50)
        time, seen = np.minimum(true, stops), true <= stops
        time, seen = np.append(time, 2000.0), np.append(seen, False)
        middle, area = survival_median(kaplan_meier(time, seen)), rmst(time, seen, 1500)
        median += (middle.low or 0) <= 1000 * np.log(2) <= (middle.high or np.inf)
        mean += (area.low or 0) <= 1000 * (1 - np.exp(-1.5)) <= (area.high or np.inf)
    assert 0.92 <= median / 500 <= 0.98
    assert 0.92 <= mean / 500 <= 0.98
