"""Rates of rows inside episodes: intraclass correlation and effective size."""

import numpy as np
import pytest
from numpy.typing import NDArray

from readback.stats import ClusterSums, design_effect, effective_n, icc_upper_limit, pooled_icc, wilson
from readback.stats.estimate import Floats


def summed(stratum: NDArray[np.int64], x: Floats, n: Floats) -> ClusterSums:
    """Six sums per stratum, as the SQL gives them."""
    parts = (n, n**2, n**3, x, x**2, x * n)
    return ClusterSums(*(np.bincount(stratum, weights=part) for part in parts))


def fleet(
    rng: np.random.Generator, workflows: int, episodes: int, icc: float
) -> tuple[NDArray[np.int64], Floats, Floats]:
    """Beta-binomial episodes at a base rate of 0.1, sizes lognormal around 15."""
    stratum = np.repeat(np.arange(workflows), episodes)
    n = np.ceil(rng.lognormal(np.log(15) - 0.5, 1.0, stratum.size))
    spread = 1 / icc - 1 if icc else 1e9
    p = rng.beta(0.1 * spread, 0.9 * spread, stratum.size)
    return stratum, rng.binomial(n.astype(int), p).astype(float), n


@pytest.mark.parametrize("icc", [0.02, 0.1, 0.3])
def test_pooled_icc_recovers_the_true_correlation(icc: float) -> None:
    rng = np.random.default_rng(11)
    found = [pooled_icc(summed(*fleet(rng, 50, 15, icc))) for _ in range(30)]
    assert np.mean([f for f in found if f is not None]) == pytest.approx(icc, abs=0.02)


def test_two_episodes_a_workflow_still_recover_the_correlation() -> None:
    rng = np.random.default_rng(12)
    found = [pooled_icc(summed(*fleet(rng, 400, 2, 0.2))) or 0.0 for _ in range(30)]
    assert np.mean(found) == pytest.approx(0.2, abs=0.015)


@pytest.mark.parametrize("icc", [0.02, 0.1, 0.3])
def test_wilson_on_effective_n_covers_as_in_statistics_md_1_3(icc: float) -> None:
    rng = np.random.default_rng(5)
    covered = []
    for _ in range(60):
        sums = summed(*fleet(rng, 50, 6, icc))
        n, x = np.asarray(sums.n), np.asarray(sums.x)
        size = effective_n(n, sums.n2, pooled_icc(sums) or 0.0)
        _, low, high = wilson(x / n * size, size)
        covered.append(np.mean((low <= 0.1) & (high >= 0.1)))
    assert 0.925 <= np.mean(covered) <= 0.975


def test_identical_rows_inside_clusters_reach_the_ceiling() -> None:
    n = np.full(40, 5.0)
    x = np.tile([0.0, 5.0], 20)
    assert pooled_icc(summed(np.zeros(40, dtype=np.int64), x, n)) == 0.95


def test_clusters_more_alike_than_chance_give_zero() -> None:
    n = np.full(40, 10.0)
    assert pooled_icc(summed(np.zeros(40, dtype=np.int64), n / 2, n)) == 0.0


@pytest.mark.parametrize(
    ("x", "n"),
    [
        ([], []),
        ([1.0], [4.0]),
        ([1.0, 0.0, 1.0], [1.0, 1.0, 1.0]),
        ([0.0, 0.0], [5.0, 6.0]),
        ([5.0, 6.0], [5.0, 6.0]),
    ],
    ids=["no rows", "one cluster", "single rows", "no events", "only events"],
)
def test_correlation_that_cannot_be_known_is_none(x: list[float], n: list[float]) -> None:
    stratum = np.zeros(len(n), dtype=np.int64)
    assert pooled_icc(summed(stratum, np.array(x), np.array(n))) is None


def test_strata_that_cannot_tell_leave_the_pool_unchanged() -> None:
    rng = np.random.default_rng(3)
    stratum, x, n = fleet(rng, 10, 8, 0.2)
    alone = pooled_icc(summed(stratum, x, n))
    more = pooled_icc(summed(np.append(stratum, 10), np.append(x, 2.0), np.append(n, 9.0)))
    assert more == pytest.approx(alone, abs=1e-9)


def test_design_effect_is_kishs_for_equal_clusters() -> None:
    assert float(design_effect(120, 10 * 12**2, 0.05)) == pytest.approx(1 + 11 * 0.05)


def test_effective_n_of_no_rows_is_zero() -> None:
    assert effective_n([0, 10], [0, 10], 0.3).tolist() == [0.0, 10.0]


def test_effective_n_takes_one_correlation_per_stratum() -> None:
    sizes = effective_n([100, 100], [1000, 1000], [0.0, 0.1])
    np.testing.assert_allclose(sizes, [100.0, 100 / 1.9])


def test_one_stratum_with_shared_rows_gives_no_upper_limit() -> None:
    """Rows that are each alone say nothing of a correlation, so that without the one stratum nothing is left."""
    shared = (12.0, 40.0, 140.0, 4.0, 6.0, 14.0)
    alone = (20.0, 20.0, 20.0, 5.0, 5.0, 5.0)
    assert icc_upper_limit(ClusterSums(*(list(pair) for pair in zip(shared, alone, strict=True)))) is None
