"""Stratified differences, their episode-robust interval, and sensitivity to the unmeasured."""

import numpy as np
import pytest
from scipy import stats as scipy_stats
from statsmodels.stats.contingency_tables import StratifiedTable

from readback.stats import (
    AdjustedDifference,
    Clusters,
    Strata,
    e_value,
    mantel_haenszel_difference,
    minimum_detectable_difference,
)
from readback.stats.estimate import Floats

# Charig et al. 1986, success of open surgery (exposed) and keyhole surgery, by stone size.
KIDNEY_STONES = Strata(x1=[81, 192], n1=[87, 263], x0=[234, 55], n0=[270, 80])

# Weil 1970, pups alive at 21 days of pups alive at 4, per litter.
CONTROL_X = [13, 12, 9, 9, 8, 8, 12, 11, 9, 9, 8, 11, 4, 5, 7, 7]
CONTROL_N = [13, 12, 9, 9, 8, 8, 13, 12, 10, 10, 9, 13, 5, 7, 10, 10]
TREATED_X = [12, 11, 10, 9, 10, 9, 9, 8, 8, 4, 7, 4, 5, 3, 3, 0]
TREATED_N = [12, 11, 10, 9, 11, 10, 10, 9, 9, 5, 9, 7, 10, 6, 10, 7]


def litters() -> AdjustedDifference:
    strata = Strata([sum(TREATED_X)], [sum(TREATED_N)], [sum(CONTROL_X)], [sum(CONTROL_N)])
    zero = [0] * 16
    return mantel_haenszel_difference(
        strata, Clusters(zero, TREATED_X, TREATED_N), Clusters(zero, CONTROL_X, CONTROL_N)
    )


def test_kidney_stones_reverse_the_sign_as_published() -> None:
    found = mantel_haenszel_difference(KIDNEY_STONES)
    assert found.crude == pytest.approx(0.780 - 0.826, abs=5e-4)
    assert found.difference == pytest.approx(0.0538, abs=5e-5)
    assert found.standard_error == pytest.approx(0.0336, abs=5e-5)


def test_risk_ratio_equals_statsmodels_mantel_haenszel() -> None:
    x1, n1, x0, n0 = (np.asarray(a) for a in vars(KIDNEY_STONES).values())
    tables = [np.array([[a, b - a], [c, d - c]]) for a, b, c, d in zip(x1, n1, x0, n0, strict=True)]
    expected = StratifiedTable(tables).riskratio_pooled
    assert mantel_haenszel_difference(KIDNEY_STONES).risk_ratio == pytest.approx(expected)


def test_weil_litters_give_the_published_cluster_z() -> None:
    found = litters()
    assert found.difference is not None
    assert found.standard_error is not None
    assert found.difference == pytest.approx(0.7724 - 0.8987, abs=1e-4)
    assert found.difference / found.standard_error == pytest.approx(-1.70, abs=0.005)


def test_weil_litters_do_not_exclude_zero_though_independent_pups_would() -> None:
    strata = Strata([112], [145], [142], [158])
    naive, robust = mantel_haenszel_difference(strata), litters()
    assert naive.high is not None
    assert robust.high is not None
    assert naive.high < 0 < robust.high


def test_interval_uses_student_on_g_minus_one() -> None:
    found = litters()
    assert found.difference is not None
    assert found.high is not None
    assert found.standard_error is not None
    assert found.g is not None
    expected = scipy_stats.t.ppf(0.975, found.g - 1) * found.standard_error
    assert found.high - found.difference == pytest.approx(expected)


def test_effective_clusters_follow_the_squared_sizes() -> None:
    squares = np.array(TREATED_N, dtype=float) ** 2
    assert litters().g == pytest.approx(squares.sum() ** 2 / (squares**2).sum())
    assert litters().clusters == 16


def test_one_stratum_gives_the_plain_difference() -> None:
    found = mantel_haenszel_difference(Strata([30], [100], [40], [200]))
    assert found.difference == pytest.approx(0.1)
    assert found.crude == found.difference


def test_strata_without_both_arms_drop_out_and_lower_the_overlap() -> None:
    found = mantel_haenszel_difference(Strata([5, 9, 0], [50, 50, 0], [4, 0, 7], [80, 0, 70]))
    alone = mantel_haenszel_difference(Strata([5], [50], [4], [80]))
    assert (found.strata, found.overlap) == (1, 0.5)
    assert (found.difference, found.low, found.n1, found.n0, found.events) == (
        alone.difference, alone.low, 50, 80, 9,
    )  # fmt: skip


@pytest.mark.parametrize("strata", [Strata([], [], [], []), Strata([3], [9], [0], [0]), Strata([0], [0], [3], [9])])
def test_no_stratum_with_both_arms_gives_no_difference(strata: Strata) -> None:
    found = mantel_haenszel_difference(strata)
    assert found.difference is found.low is found.high is found.risk_ratio is found.e_value is None
    assert (found.strata, found.n1, found.n0, found.events) == (0, 0, 0, 0)


def test_clusters_without_a_common_stratum_give_no_difference() -> None:
    found = mantel_haenszel_difference(Strata([3], [9], [0], [0]), Clusters([0], [3], [9]), Clusters([], [], []))
    assert (found.difference, found.low, found.clusters) == (None, None, 0)


def test_no_events_give_zero_without_a_falsely_certain_interval() -> None:
    found = mantel_haenszel_difference(Strata([0], [40], [0], [60]))
    assert (found.difference, found.low, found.high, found.risk_ratio) == (0.0, None, None, None)


def test_one_exposed_cluster_gives_no_interval() -> None:
    found = mantel_haenszel_difference(
        Strata([3], [9], [4], [20]), Clusters([0], [3], [9]), Clusters([0, 0], [1, 3], [10, 10])
    )
    assert found.difference is not None
    assert (found.low, found.high, found.g) == (None, None, 1.0)


def test_parts_of_one_episode_in_two_strata_count_as_one_cluster() -> None:
    strata = Strata([4, 6], [20, 20], [10, 10], [100, 100])
    control = Clusters([0, 0, 1, 1], [3, 7, 6, 4], [50, 50, 50, 50])
    exposed = Clusters([0, 1, 0, 1], [4, 6, 0, 0], [10, 10, 10, 10], cluster=[7, 7, 8, 8])
    apart = Clusters(exposed.stratum, exposed.x, exposed.n)
    joined, split = (mantel_haenszel_difference(strata, e, control) for e in (exposed, apart))
    assert (joined.clusters, split.clusters) == (2, 4)
    assert joined.standard_error is not None
    assert split.standard_error is not None
    assert joined.standard_error > split.standard_error


def test_order_of_strata_changes_nothing() -> None:
    turned = Strata(*(np.asarray(a)[::-1] for a in vars(KIDNEY_STONES).values()))
    assert mantel_haenszel_difference(turned) == mantel_haenszel_difference(KIDNEY_STONES)


def test_clusters_of_one_arm_only_are_refused() -> None:
    with pytest.raises(ValueError, match="both arms or for neither"):
        mantel_haenszel_difference(KIDNEY_STONES, Clusters([0], [1], [2]))


def test_cluster_of_an_unknown_stratum_is_refused() -> None:
    known, unknown = Clusters([0], [1], [2]), Clusters([2], [1], [2])
    with pytest.raises(ValueError, match="must name a stratum"):
        mantel_haenszel_difference(KIDNEY_STONES, unknown, known)


@pytest.mark.parametrize("strata", [Strata([5], [4], [0], [9]), Strata([-1], [4], [0], [9])])
def test_impossible_counts_are_refused(strata: Strata) -> None:
    with pytest.raises(ValueError, match="0 <= x <= n"):
        mantel_haenszel_difference(strata)


def test_strata_of_unequal_lengths_are_refused() -> None:
    with pytest.raises(ValueError, match="one length"):
        mantel_haenszel_difference(Strata([1, 1], [4, 4], [0], [9]))


def simulated(rng: np.random.Generator, icc: float) -> tuple[Strata, Clusters, Clusters]:
    """Risky strata are exposed more often, episodes correlate, exposure does nothing."""
    base, episodes = np.array([0.05, 0.1, 0.2, 0.35] * 5), np.array([2, 4, 6, 10] * 5)

    def arm(per_stratum: Floats, size: float) -> tuple[Clusters, Floats, Floats]:
        stratum = np.repeat(np.arange(20), per_stratum.astype(int))
        n = 1 + rng.poisson(size, stratum.size)
        p = base[stratum]
        x = rng.binomial(n, rng.beta(p * (1 / icc - 1), (1 - p) * (1 / icc - 1)))
        return (
            Clusters(stratum, x, n),
            np.bincount(stratum, weights=x, minlength=20).astype(np.float64),
            np.bincount(stratum, weights=n, minlength=20).astype(np.float64),
        )

    exposed, x1, n1 = arm(episodes.astype(np.float64), 14)
    control, x0, n0 = arm(np.full(20, 60.0), 9)
    return Strata(x1, n1, x0, n0), exposed, control


def test_episode_robust_interval_covers_where_independence_does_not() -> None:
    rng = np.random.default_rng(8)
    robust, naive, crude = [], [], []
    for _ in range(400):
        strata, exposed, control = simulated(rng, icc=0.1)
        with_clusters = mantel_haenszel_difference(strata, exposed, control)
        without = mantel_haenszel_difference(strata)
        robust.append((with_clusters.low or 0) <= 0 <= (with_clusters.high or 0))
        naive.append((without.low or 0) <= 0 <= (without.high or 0))
        crude.append(without.crude or 0.0)
    assert 0.93 <= np.mean(robust) <= 0.985
    assert np.mean(naive) < 0.80
    assert np.mean(crude) > 0.05


@pytest.mark.parametrize(("ratio", "expected"), [(3.9, 7.2630), (2.4, 4.2330), (10.73, 20.9478), (8.02, 15.5234)])
def test_e_value_gives_vanderweele_and_ding_2017(ratio: float, expected: float) -> None:
    assert e_value(ratio)[0] == pytest.approx(expected, abs=5e-5)


def test_e_value_of_a_protective_ratio_gives_the_published_pair() -> None:
    assert e_value(0.8, 0.71, 0.91) == pytest.approx((1.81, 1.43), abs=0.005)


def test_e_value_of_a_limit_across_1_is_1() -> None:
    assert [e_value(r, lo, hi)[1] for r, lo, hi in ((1.5, 0.9, 2), (0.7, 0.5, 1.1))] == [1, 1]


def test_e_value_of_no_effect_is_1_and_of_a_zero_ratio_unknown() -> None:
    assert (e_value(1.0)[0], e_value(0.0)[0], e_value(2.0)[1]) == (1.0, None, None)


def test_e_value_limit_is_1_exactly_when_the_interval_holds_zero() -> None:
    clear = mantel_haenszel_difference(Strata([60], [100], [40], [200]))
    unclear = mantel_haenszel_difference(Strata([22], [100], [40], [200]))
    assert clear.e_value_limit is not None
    assert clear.e_value_limit > 1
    assert unclear.e_value_limit == 1


def test_minimum_detectable_difference_gives_the_example_of_statistics_md_3_5() -> None:
    assert float(minimum_detectable_difference(0.10, 300, 1e12)) == pytest.approx(0.0485, abs=5e-5)


def test_minimum_detectable_difference_without_rows_or_events_is_nan() -> None:
    found = minimum_detectable_difference([0.1, 0.0, 1.0, np.nan, 0.1], [0, 9, 9, 9, 9], 9)
    assert np.isnan(found).tolist() == [True, True, True, True, False]
