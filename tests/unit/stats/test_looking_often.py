"""Evidence under repeated looks, and budgets: what they promise and when they stay silent."""

import itertools

import numpy as np
import pytest

from readback.stats import burn, confidence_sequence, icc_upper_limit, pooled_icc, two_stream_evidence, wilson
from readback.stats.clusters import ClusterSums


def test_two_streams_with_one_rate_gain_at_most_one_on_average() -> None:
    blocks = list(itertools.product(range(3), repeat=4))
    for rate in (0.1, 0.5, 0.8):
        mean = 0.0
        for x1, x0, y1, y0 in blocks:
            chance = np.prod([_binomial(x, 2, rate) for x in (x1, x0, y1, y0)])
            mean += chance * two_stream_evidence([x1, y1], [2, 2], [x0, y0], [2, 2])[-1]
        assert mean <= 1 + 1e-12


def test_two_streams_that_differ_gather_evidence() -> None:
    found = two_stream_evidence([30] * 12, [100] * 12, [10] * 12, [100] * 12)
    assert found[0] == pytest.approx(1.0)
    assert found[-1] > 1e6


def test_confidence_sequence_misses_a_reloaded_figure_no_more_often_than_it_says() -> None:
    rng = np.random.default_rng(1)
    x = np.cumsum(rng.random((400, 1_000)) < 0.1, axis=1)
    looks = np.arange(10, 1_001, 10)
    found = confidence_sequence(x[:, looks - 1], looks)
    ever = ((found.low > 0.1) | (found.high < 0.1)).any(axis=1).mean()
    closed = wilson(x[:, looks - 1], looks)
    assert ever <= 0.05 < ((closed.low > 0.1) | (closed.high < 0.1)).any(axis=1).mean()


def test_confidence_sequence_without_rows_is_the_whole_scale() -> None:
    found = confidence_sequence(0, 0)
    assert np.isnan(found.value)
    assert (float(found.low), float(found.high)) == (0.0, 1.0)


def test_burning_needs_both_windows() -> None:
    found = burn([200, 200], [10_000, 10_000], [20, 0], [800, 800], 0.999, 14.4)
    assert found.is_burning.tolist() == [True, False]


def test_few_bad_requests_burn_nothing() -> None:
    assert not burn(9, 100, 9, 100, 0.999, 14.4).is_burning
    assert burn(10, 100, 10, 100, 0.999, 14.4).is_burning
    assert not burn(10, 100, 10, 100, 0.999, 14.4, design_effect=20).is_burning


def test_window_without_requests_burns_nothing() -> None:
    found = burn(0, 0, 0, 0, 0.999, 1.0)
    assert np.isnan(found.long)
    assert not found.is_burning


def test_upper_limit_of_the_correlation_is_above_it_four_times_in_five() -> None:
    rng = np.random.default_rng(6)
    above = []
    for _ in range(120):
        p = rng.beta(0.1 * 9, 0.9 * 9, (60, 8))  # correlation 1 / (9 + 1)
        n = rng.integers(2, 30, (60, 8))
        x = rng.binomial(n, p)
        sums = ClusterSums(*(part.sum(axis=1) for part in (n, n**2, n**3, x, x**2, x * n)))
        upper, plain = icc_upper_limit(sums), pooled_icc(sums)
        assert upper is not None
        assert plain is not None
        assert upper >= plain
        above.append(upper >= 0.1)
    assert 0.7 <= np.mean(above) <= 0.9


def _binomial(x: int, n: int, p: float) -> float:
    return float([1, 2, 1][x] * p**x * (1 - p) ** (n - x))
