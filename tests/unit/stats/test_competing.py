"""Cumulative incidence of competing ends, against Kaplan–Meier and lifelines."""

import numpy as np
import pytest
from lifelines import AalenJohansenFitter
from numpy.typing import NDArray

from readback.stats import cumulative_incidence, incidence_within, kaplan_meier, share_within


@pytest.fixture
def ends() -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    rng = np.random.default_rng(3)
    return np.arange(1.0, 81.0) + rng.random(80), rng.integers(0, 3, 80)


def test_incidence_and_error_equal_lifelines(ends: tuple[NDArray[np.float64], NDArray[np.int64]]) -> None:
    time, how = ends
    reference = AalenJohansenFitter().fit(time, how, event_of_interest=1)
    found = cumulative_incidence(time, how, 1)
    np.testing.assert_allclose(found.incidence, reference.cumulative_density_.iloc[1:, 0], atol=1e-12)
    np.testing.assert_allclose(found.standard_error**2, reference.variance_.iloc[1:], atol=1e-12)


def test_incidences_and_what_goes_on_add_up_to_one(ends: tuple[NDArray[np.float64], NDArray[np.int64]]) -> None:
    time, how = ends
    both = sum(cumulative_incidence(time, how, kind).incidence for kind in (1, 2))
    np.testing.assert_allclose(both + kaplan_meier(time, how > 0).survival, 1.0)


def test_without_competing_ends_it_is_one_minus_kaplan_meier(
    ends: tuple[NDArray[np.float64], NDArray[np.int64]],
) -> None:
    time, how = ends
    recovered = how == 1
    found = incidence_within(cumulative_incidence(time, recovered, 1), 40.0)
    plain = share_within(time, recovered, 40.0)
    assert (found.value, found.low, found.high) == pytest.approx((plain.value, plain.low, plain.high))


def test_ignoring_competing_ends_overstates_recovery() -> None:
    time, how = [60.0, 120.0, 180.0, 240.0], [1, 2, 2, 1]
    assert incidence_within(cumulative_incidence(time, how, 1), 240).value == pytest.approx(0.5)
    assert share_within(time, [True, False, False, True], 240).value == pytest.approx(1.0)


def test_share_beyond_follow_up_is_unknown_but_bounded_below() -> None:
    found = incidence_within(cumulative_incidence([60.0, 120.0, 120.0], [1, 0, 0], 1), 600)
    assert found.value is None
    assert found.high is None
    assert found.low is not None


def test_no_rows_give_nothing() -> None:
    assert incidence_within(cumulative_incidence([], [], 1), 60).value is None


def test_incidence_never_exceeds_one() -> None:
    for n in range(1, 200):
        found = cumulative_incidence(np.arange(1.0, n + 1), np.ones(n, dtype=np.int64), 1)
        assert found.incidence[-1] <= 1.0
        assert incidence_within(found, float(n)).value == pytest.approx(1.0)


def test_impossible_ends_are_refused() -> None:
    with pytest.raises(ValueError, match="of one length"):
        cumulative_incidence([1.0, 2.0], [1], 1)
