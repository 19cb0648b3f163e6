"""Many samples at once give what one at a time gives."""

import math

import numpy as np
import pytest

from readback import stats
from readback.stats.estimate import Floats

_RNG = np.random.default_rng(11)
SIZES = [0, 1, 2, 3, 5, 8, 8, 13, 40, 41, 300]
SAMPLE = np.repeat(np.arange(len(SIZES)), SIZES)
DURATIONS = np.ceil(_RNG.lognormal(5, 1.2, SAMPLE.size) / 30) * 30
"""In steps of half a minute, so that many are equal."""
ENDS = _RNG.choice([0, 1, 2, 3], SAMPLE.size, p=[0.2, 0.6, 0.1, 0.1])
ENDS[SAMPLE == 5] = 1
ENDS[SAMPLE == 6] = 0
PANEL = stats.panel(SAMPLE, DURATIONS, ENDS, len(SIZES))
EVERY = pytest.mark.parametrize("number", range(len(SIZES)))


def plain(numbers: Floats) -> float | None:
    return None if math.isnan(float(numbers)) else float(numbers)


def same(found: tuple[float | None, ...], expected: tuple[float | None, ...]) -> bool:
    one, other = (np.array(numbers, dtype=np.float64) for numbers in (found, expected))
    return bool(np.allclose(one, other, rtol=1e-12, atol=1e-12, equal_nan=True))


@EVERY
@pytest.mark.parametrize("q", [0.5, 0.9])
def test_quantiles_are_those_of_single_curves(number: int, q: float) -> None:
    chosen = np.equal(SAMPLE, number)
    one = stats.survival_quantile(stats.kaplan_meier(DURATIONS[chosen], ENDS[chosen] == 1), q)
    many = stats.panel_quantiles(PANEL, q)
    assert tuple(plain(part[number]) for part in many) == (one.value, one.low, one.high)


@EVERY
@pytest.mark.parametrize("tau", [60.0, 600.0, 14400.0])
def test_restricted_means_are_those_of_single_samples(number: int, tau: float) -> None:
    chosen = np.equal(SAMPLE, number)
    one = stats.rmst(DURATIONS[chosen], ENDS[chosen] == 1, tau)
    many = stats.panel_restricted_means(PANEL, tau)
    found = tuple(plain(part[number]) for part in many[:4])
    assert same(found, (one.value, one.low, one.high, one.standard_error))
    assert not chosen.any() or many.events[number] == one.effective_n


@EVERY
@pytest.mark.parametrize("horizon", [0.0, 60.0, 900.0, 14400.0])
def test_shares_ended_are_those_of_single_samples(number: int, horizon: float) -> None:
    chosen = np.equal(SAMPLE, number)
    one = stats.incidence_within(stats.cumulative_incidence(DURATIONS[chosen], ENDS[chosen], 1), horizon)
    many = stats.panel_shares_ended(PANEL, horizon)
    assert same(tuple(plain(part[number]) for part in many), (one.value, one.low, one.high))


@pytest.mark.parametrize("pair", [(10, 9), (9, 8), (7, 1), (6, 5), (1, 0), (6, 6)])
def test_log_ranks_are_those_of_single_pairs(pair: tuple[int, int]) -> None:
    first, second = (np.equal(SAMPLE, number) for number in pair)
    one = stats.log_rank(DURATIONS[first], ENDS[first] == 1, DURATIONS[second], ENDS[second] == 1)
    rows = np.concatenate([np.flatnonzero(first), np.flatnonzero(second)])
    is_first = np.arange(rows.size) < first.sum()
    others = stats.log_ranks(np.ones(rows.size, int), is_first, DURATIONS[rows], ENDS[rows] == 1, 3)
    assert same((plain(others.statistic[1]), plain(others.p_value[1])), (one.statistic, one.p_value))
    assert math.isnan(others.p_value[0])


def test_freireich_leukaemia_is_reproduced_among_others() -> None:
    """6-MP against placebo, Freireich et al. 1963: log-rank chi-squared 16.79, medians 23 and 8."""
    treated = [6, 6, 6, 7, 10, 13, 16, 22, 23, 6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35]
    placebo = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]
    durations, happened = [*treated, *placebo], [1] * 9 + [0] * 12 + [1] * 21
    groups = [0] * 21 + [1] * 21
    assert stats.panel_quantiles(stats.panel(groups, durations, happened, 2), 0.5).value.tolist() == [23, 8]
    found = stats.log_ranks([0] * 42, np.array(groups) == 0, durations, happened, 1)
    assert found.statistic[0] == pytest.approx(16.7929, abs=5e-5)


def test_no_rows_are_no_estimate() -> None:
    empty = stats.panel([], [], [], 2)
    assert np.isnan(stats.panel_quantiles(empty, 0.5).value).all()
    assert np.isnan(stats.log_ranks([], [], [], [], 2).p_value).all()


def test_a_negative_duration_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 0"):
        stats.panel([0], [-1.0], [1], 1)
