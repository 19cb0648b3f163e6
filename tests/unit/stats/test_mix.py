"""Weekly counts at the mix of hours that the baseline had."""

import numpy as np
import pytest

from readback.stats import standardized

BASE = [[700.0, 300.0]] * 4


def one(week_n: list[float], week_x: list[float], base_x: tuple[float, float] = (35.0, 60.0)) -> tuple[float, float]:
    """Events at the usual mix, and inflation, of one week after four of 700 and 300 runs."""
    n, x = np.array([[*BASE, week_n]]), np.array([[*[base_x] * 4, week_x]])
    baseline = np.array([[True] * 4 + [False]])
    found = standardized(x.sum(axis=2), n.sum(axis=2), x, n, baseline, np.ones(n.shape[:2]))
    return float(found.events[0, -1]), float(found.inflation[0, -1])


def test_a_worked_example_of_indirect_standardization() -> None:
    """5% of 700 and 20% of 300: 9.5%. At 400 and 600 14% are expected, so 140 of 1,000 events are worth 95."""
    events, inflation = one([400.0, 600.0], [20.0, 120.0])
    assert events == pytest.approx(95.0, abs=0.1)
    variance = 0.095 * 0.86 / (0.14 * 0.905)
    distance = 0.3**2 / 0.7 + 0.3**2 / 0.3 - 3.84 / 1000
    assert inflation == pytest.approx(variance * (1 + distance), rel=5e-3)


def test_the_usual_mix_leaves_counts_as_they_are() -> None:
    assert one([70.0, 30.0], [9.0, 1.0]) == pytest.approx((10.0, 1.0), abs=0.01)


def test_equal_rates_leave_counts_as_they_are_whatever_the_mix() -> None:
    events, _ = one([100.0, 900.0], [10.0, 90.0], base_x=(70.0, 30.0))
    assert events == pytest.approx(100.0, abs=0.01)


def test_a_common_outcome_is_scaled_by_its_opposite_and_stays_within_its_runs() -> None:
    events, _ = one([0.0, 1000.0], [0.0, 990.0], base_x=(420.0, 297.0))
    rare, _ = one([0.0, 1000.0], [0.0, 10.0], base_x=(280.0, 3.0))
    assert events == pytest.approx(1000.0 - rare)
    assert 0.0 <= rare <= 1000.0


def test_a_block_that_the_baseline_did_not_have_makes_its_week_worth_next_to_nothing() -> None:
    n = np.array([[*[[1000.0, 0.0]] * 4, [0.0, 1000.0]]])
    x = n * 0.1
    baseline = np.array([[True] * 4 + [False]])
    found = standardized(x.sum(axis=2), n.sum(axis=2), x, n, baseline, np.ones(n.shape[:2]))
    assert found.inflation[0, -1] > 1000


def test_without_counts_by_block_nothing_changes() -> None:
    n, x = np.full((1, 5), 100.0), np.array([[9.0, 11.0, 10.0, 10.0, 30.0]])
    none = np.zeros((1, 5, 3))
    found = standardized(x, n, none, none, np.array([[True] * 4 + [False]]), np.ones((1, 5)))
    np.testing.assert_array_equal(found.events, x)
    np.testing.assert_array_equal(found.inflation, np.ones((1, 5)))


def test_weeks_of_the_baseline_stay_as_they_are() -> None:
    n = np.array([[[900.0, 100.0], [500.0, 500.0], [700.0, 300.0]]])
    x = n * np.array([0.05, 0.2])
    found = standardized(x.sum(axis=2), n.sum(axis=2), x, n, np.array([[True, True, False]]), np.ones((1, 3)))
    np.testing.assert_allclose(found.events[0, :2], x.sum(axis=2)[0, :2])
