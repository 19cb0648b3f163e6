"""One rate, and the difference of two, against published limits."""

import itertools
from collections.abc import Callable

import numpy as np
import pytest
from scipy.special import bdtr
from statsmodels.stats.proportion import proportion_confint
from statsmodels.stats.rates import confint_poisson

from readback.stats import (
    Intervals,
    clopper_pearson,
    miettinen_nurminen_difference,
    newcombe_difference,
    poisson_rate,
    wilson,
)

Interval = Callable[..., Intervals]


@pytest.mark.parametrize(
    ("x", "n", "low", "high"),
    [
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0, 0.1611),
        (1, 29, 0.0061, 0.1718),
    ],
)
def test_wilson_gives_newcombe_1998_table_i(x: int, n: int, low: float, high: float) -> None:
    assert wilson(x, n)[1:] == pytest.approx((low, high), abs=5e-5)


def test_clopper_pearson_gives_statsmodels_beta_limits() -> None:
    x = np.array([0, 1, 7, 20])
    low, high = proportion_confint(x, 20, method="beta")
    value, ours_low, ours_high = clopper_pearson(x, 20)
    np.testing.assert_allclose(value, x / 20)
    np.testing.assert_allclose(ours_low, np.nan_to_num(low), atol=1e-10)
    np.testing.assert_allclose(ours_high, np.nan_to_num(high, nan=1.0), atol=1e-10)


def test_clopper_pearson_one_sided_zero_gives_the_rule_of_three() -> None:
    assert float(clopper_pearson(0, 1000, level=0.90).high) == pytest.approx(3 / 1000, rel=0.01)


@pytest.mark.parametrize("count", [1, 10, 250])
def test_poisson_rate_gives_statsmodels_exact_limits(count: int) -> None:
    expected = confint_poisson(count, 4.0, method="exact-c")
    assert poisson_rate(count, 4.0)[1:] == pytest.approx(expected, rel=1e-9)


def test_poisson_rate_of_no_events_has_zero_low_and_garwood_high() -> None:
    assert poisson_rate(0, 2.0) == pytest.approx((0.0, 0.0, 3.688879 / 2), abs=1e-6)


def test_poisson_rate_without_exposure_is_nan_and_unbounded() -> None:
    value, low, high = poisson_rate(0, 0)
    assert np.isnan(value)
    assert (float(low), float(high)) == (0.0, np.inf)


@pytest.mark.parametrize("interval", [wilson, clopper_pearson])
@pytest.mark.parametrize("n", [0, np.nan])
def test_no_rows_give_nan_and_the_whole_scale(interval: Interval, n: float) -> None:
    value, low, high = interval(0, n)
    assert np.isnan(value)
    assert (float(low), float(high)) == (0.0, 1.0)


@pytest.mark.parametrize("interval", [wilson, clopper_pearson])
def test_limits_at_the_edges_are_exact(interval: Interval) -> None:
    value, low, high = interval([0, 7], 7)
    assert (value.tolist(), float(low[0]), float(high[1])) == ([0.0, 1.0], 0.0, 1.0)


@pytest.mark.parametrize(("n", "mean"), [(5, 0.954), (10, 0.954), (20, 0.953), (50, 0.952), (200, 0.950)])
def test_wilson_covers_on_average_as_in_statistics_md_1_1(n: int, mean: float) -> None:
    p = np.linspace(0.005, 0.5, 4000)
    _, low, high = wilson(np.arange(n + 1), n)
    k = np.arange(n + 1)[:, None]
    mass = np.diff(bdtr(k, n, p), axis=0, prepend=0.0)
    coverage = (mass * ((low[:, None] <= p) & (p <= high[:, None]))).sum(axis=0)
    assert coverage.mean() == pytest.approx(mean, abs=0.002)
    assert coverage.min() > 0.83


def test_clopper_pearson_never_covers_less_than_its_level() -> None:
    p, n = np.linspace(0.001, 0.999, 999), 12
    _, low, high = clopper_pearson(np.arange(n + 1), n)
    mass = np.diff(bdtr(np.arange(n + 1)[:, None], n, p), axis=0, prepend=0.0)
    coverage = (mass * ((low[:, None] <= p) & (p <= high[:, None]))).sum(axis=0)
    assert coverage.min() >= 0.95


def test_fractional_effective_n_lies_between_whole_ones() -> None:
    widths = [float(h - lo) for _, lo, h in (wilson(0.3 * n, n) for n in (10, 10.5, 11))]
    assert widths[0] > widths[1] > widths[2]


@pytest.mark.parametrize(("x", "n"), [(-1, 5), (6, 5), (0, -1)])
@pytest.mark.parametrize("interval", [wilson, clopper_pearson])
def test_impossible_counts_are_refused(interval: Interval, x: int, n: int) -> None:
    with pytest.raises(ValueError, match="0 <= successes <= n"):
        interval(x, n)


def test_negative_exposure_is_refused() -> None:
    with pytest.raises(ValueError, match="must not be negative"):
        poisson_rate(1, -1)


@pytest.mark.parametrize(
    ("counts", "low", "high"),
    [
        ((56, 70, 48, 80), 0.0524, 0.3339),
        ((9, 10, 3, 10), 0.1705, 0.8090),
        ((6, 7, 2, 7), 0.0582, 0.8062),
        ((5, 56, 0, 29), -0.0381, 0.1926),
        ((0, 10, 0, 20), -0.1611, 0.2775),
        ((0, 10, 0, 10), -0.2775, 0.2775),
        ((10, 10, 0, 20), 0.6791, 1.0),
        ((10, 10, 0, 10), 0.6075, 1.0),
    ],
)
def test_newcombe_gives_newcombe_1998_table_ii(counts: tuple[int, ...], low: float, high: float) -> None:
    assert newcombe_difference(*counts)[1:] == pytest.approx((low, high), abs=5e-5)


@pytest.mark.parametrize(
    ("counts", "low", "high"),
    [
        ((56, 70, 48, 80), 0.0528, 0.3382),
        ((9, 10, 3, 10), 0.1700, 0.8406),
        ((84, 101, 89, 105), -0.1191, 0.0860),
    ],
)
def test_miettinen_nurminen_gives_the_published_limits(counts: tuple[int, ...], low: float, high: float) -> None:
    assert miettinen_nurminen_difference(*counts)[1:] == pytest.approx((low, high), abs=5e-5)


def test_miettinen_nurminen_handles_the_tables_where_statsmodels_raises() -> None:
    value, low, high = miettinen_nurminen_difference(10, 10, 0, 20)
    assert (float(value), float(high)) == (1.0, 1.0)
    assert 0.68 < float(low) < 0.75


@pytest.mark.parametrize("difference", [newcombe_difference, miettinen_nurminen_difference])
def test_swapping_the_arms_mirrors_the_interval(difference: Interval) -> None:
    value, low, high = difference(6, 40, 3, 25)
    mirrored = difference(3, 25, 6, 40)
    assert mirrored == pytest.approx((-value, -high, -low), abs=1e-9)


@pytest.mark.parametrize("difference", [newcombe_difference, miettinen_nurminen_difference])
def test_difference_with_an_empty_arm_is_nan_and_unbounded(difference: Interval) -> None:
    value, low, high = difference(3, 10, 0, 0)
    assert np.isnan(value)
    assert (float(low), float(high)) == (-1.0, 1.0)


def test_effective_sizes_widen_newcombe_and_keep_its_value() -> None:
    plain = newcombe_difference(20, 100, 10, 100)
    clustered = newcombe_difference(20, 100, 10, 100, effective_n1=40, effective_n0=100)
    assert float(clustered.value) == float(plain.value)
    assert clustered.low < plain.low
    assert clustered.high > plain.high


def test_effective_sizes_equal_to_the_rows_change_nothing() -> None:
    same = newcombe_difference(20, 100, 10, 90, effective_n1=100, effective_n0=90)
    np.testing.assert_allclose(same, newcombe_difference(20, 100, 10, 90), atol=1e-12)


@pytest.mark.parametrize("interval", [wilson, clopper_pearson, poisson_rate])
def test_arrays_give_what_scalars_give(interval: Interval) -> None:
    cells = [(x, n) for n in (0, 1, 5, 300) for x in range(0, n + 1, max(n // 3, 1))]
    together = np.array(interval(*np.array(cells).T)).T
    np.testing.assert_array_equal(together, [interval(*cell) for cell in cells])


@pytest.mark.parametrize("difference", [newcombe_difference, miettinen_nurminen_difference])
def test_difference_of_arrays_gives_what_scalars_give(difference: Interval) -> None:
    cells = list(itertools.product((0, 3, 7), (7,), (0, 2, 5), (0, 5)))
    cells = [cell for cell in cells if cell[2] <= cell[3]]
    together = np.array(difference(*np.array(cells).T)).T
    np.testing.assert_allclose(together, [difference(*cell) for cell in cells], atol=1e-12)


def test_counts_broadcast_over_each_other() -> None:
    assert wilson([[1], [2]], [10, 20, 30]).low.shape == (2, 3)
