"""How far evidence leaps over its threshold, and how clusters lengthen its tail."""

import numpy as np
import pytest
from scipy.special import betaln, gammaln

from readback.stats.overshoot import information_of, overshoot, skew_allowance


def test_overshoot_is_that_of_a_normal_walk() -> None:
    rng = np.random.default_rng(1)
    for information in (0.1, 0.5, 2.0):
        steps = rng.normal(information, np.sqrt(2 * information), (4_000, int(60 / information)))
        walk = steps.cumsum(axis=1)
        first = (walk >= 12).argmax(axis=1)
        beyond = walk[np.arange(walk.shape[0]), first] - 12
        assert float(overshoot(np.array(information))) == pytest.approx(np.exp(-beyond).mean(), abs=0.03)


def test_a_look_that_tells_nothing_earns_nothing() -> None:
    assert float(overshoot(np.array(0.0))) == pytest.approx(1.0)
    assert (np.diff(overshoot(np.linspace(0.01, 20, 50))) < 0).all()


def test_information_is_zero_without_a_shift() -> None:
    rate = np.array([0.01, 0.5, 0.9])
    np.testing.assert_allclose(information_of(rate, rate), 0.0, atol=1e-12)


def test_rows_that_are_nearly_alone_or_even_need_no_allowance() -> None:
    rate, raised = np.array(0.1), np.array(0.15)
    assert float(skew_allowance(rate, raised, np.array(1.0), 52_000)) == 1.0
    assert float(skew_allowance(np.array(0.5), np.array(0.6), np.array(3.0), 52_000)) == 1.0


@pytest.mark.parametrize(("rate", "shift", "icc"), [(0.1, 0.05, 0.05), (0.05, 0.05, 0.1), (0.1, 0.05, 0.2)])
def test_the_allowance_covers_what_beta_binomial_clusters_add(rate: float, shift: float, icc: float) -> None:
    """By how much the mean of the evidence outgrows 1 over a run just long enough to reach the threshold."""
    size, raised, threshold = 10, np.array(rate + shift), 52_000.0
    deff = 1 + (size - 1) * icc
    odds = np.log(raised / (1 - raised)) - np.log(rate / (1 - rate))
    grown = np.log(_beta_binomial(size, rate, icc) @ np.exp(np.arange(size + 1) * odds / deff))
    per_cluster = grown + size / deff * np.log((1 - raised) / (1 - rate))
    clusters = np.log(threshold) / (size / deff * information_of(np.array(rate), raised))
    allowed = -np.log(skew_allowance(np.array(rate), raised, np.array(deff), threshold))
    assert 0 < 0.95 * per_cluster * clusters < allowed


def _beta_binomial(size: int, rate: float, icc: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    a, b = rate * (1 / icc - 1), (1 - rate) * (1 / icc - 1)
    x = np.arange(size + 1)
    choose = gammaln(size + 1) - gammaln(x + 1) - gammaln(size - x + 1)
    return np.asarray(np.exp(choose + betaln(x + a, size - x + b) - betaln(a, b)), dtype=np.float64)
