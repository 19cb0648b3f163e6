"""Worked examples that others published, to their printed precision; the source stands with each."""

import numpy as np
import pytest
from scipy.stats import false_discovery_control

from readback.stats import (
    Strata,
    benjamini_hochberg,
    burn_factor,
    burn_rate,
    clustered_ratio,
    cochran_q,
    confidence_sequence,
    e_benjamini_hochberg,
    mantel_haenszel_odds,
    normal_mixture_bound,
    odds_heterogeneity,
    paired_difference,
    rmst,
    rmst_difference,
    unseen_bounds,
)
from readback.stats.critical import student

# Freireich et al. 1963, weeks of remission.
MP6 = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
MP6_SEEN = [bool(seen) for seen in (1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0)]
PLACEBO = [1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23]
PLACEBO_SEEN = [True] * 21
# Weil 1970, pups of treated dams alive at 21 days of those alive at 4.
TREATED_X = [12, 11, 10, 9, 10, 9, 9, 8, 8, 4, 7, 4, 5, 3, 3, 0]
TREATED_N = [12, 11, 10, 9, 11, 10, 10, 9, 9, 5, 9, 7, 10, 6, 10, 7]
# Bickel, Hammel & O'Connell 1975, Science 187: admitted and rejected men, admitted and rejected women, six departments.
UCB = [
    (512, 313, 89, 19),
    (353, 207, 17, 8),
    (120, 205, 202, 391),
    (138, 279, 131, 244),
    (53, 138, 94, 299),
    (22, 351, 24, 317),
]
# R, mantelhaen.test: penicillin in rabbits (Mantel 1963).
RABBITS = [(0, 6, 0, 5), (3, 3, 0, 6), (6, 0, 2, 4), (5, 1, 6, 0), (2, 0, 5, 0)]
# DescTools, BreslowDayTest.
SMALL = [(20, 10, 14, 24), (15, 3, 12, 15), (3, 3, 2, 2), (12, 7, 3, 5), (1, 3, 0, 2)]
# Colditz et al. 1994, JAMA 271: BCG against tuberculosis; cases and others, vaccinated and not.
BCG = [
    (4, 119, 11, 128), (6, 300, 29, 274), (3, 228, 11, 209), (62, 13536, 248, 12619), (33, 5036, 47, 5761),
    (180, 1361, 372, 1079), (8, 2537, 10, 619), (505, 87886, 499, 87892), (29, 7470, 45, 7232), (17, 1699, 65, 1600),
    (186, 50448, 141, 27197), (5, 2493, 3, 2338), (27, 16886, 29, 17825),
]  # fmt: skip
# Benjamini & Hochberg 1995, section 3.2: thrombolysis after myocardial infarction.
THROMBOLYSIS = [
    0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528, 0.7590, 1.0,
]  # fmt: skip


def test_ucb_admissions_lose_their_difference_within_departments() -> None:
    admissions = _strata(UCB)
    found = mantel_haenszel_odds(admissions)
    assert (found.odds_ratio, found.low, found.high) == pytest.approx((0.9047, 0.7719, 1.0603), abs=5e-5)
    assert found.statistic == pytest.approx(1.5246, abs=5e-5)
    assert mantel_haenszel_odds(admissions, continuity=True).statistic == pytest.approx(1.4269, abs=5e-5)
    crude = mantel_haenszel_odds(Strata([1198], [2691], [557], [1835]))
    assert crude.odds_ratio == pytest.approx(1.841, abs=5e-4)


def test_rabbits_give_the_published_odds_and_corrected_test() -> None:
    found = mantel_haenszel_odds(_strata(RABBITS), continuity=True)
    assert (found.odds_ratio, found.low, found.high) == pytest.approx((7.0, 1.026713, 47.725133), abs=5e-6)
    assert (found.statistic, found.p_value) == pytest.approx((3.9286, 0.04747), abs=5e-5)


def test_breslow_day_and_tarone_give_the_published_statistics() -> None:
    plain, corrected = odds_heterogeneity(_strata(SMALL), tarone=False), odds_heterogeneity(_strata(SMALL))
    assert (plain.statistic, plain.p_value) == pytest.approx((1.8438, 0.7645), abs=5e-5)
    assert corrected.statistic == pytest.approx(1.8436, abs=5e-5)


def test_bcg_trials_give_the_published_q() -> None:
    a, b, c, d = np.array(BCG, dtype=np.float64).T
    log_ratio = np.log(a / (a + b)) - np.log(c / (c + d))
    error = np.sqrt(1 / a - 1 / (a + b) + 1 / c - 1 / (c + d))
    found = cochran_q(log_ratio, error)
    assert found.statistic == pytest.approx(152.2330, abs=5e-5)  # Viechtbauer 2010, metafor
    assert found.inconsistency == pytest.approx(0.9212, abs=5e-5)
    assert found.degrees == 12


def test_benjamini_hochberg_1995_lists_four_of_fifteen() -> None:
    assert benjamini_hochberg(THROMBOLYSIS).sum() == 4
    assert benjamini_hochberg(THROMBOLYSIS, any_dependence=True).sum() == 3


def test_benjamini_hochberg_lists_what_scipy_lists() -> None:
    rng = np.random.default_rng(1)
    p = rng.random(200) ** 3
    np.testing.assert_array_equal(benjamini_hochberg(p, 0.1), false_discovery_control(p) <= 0.1)


def test_unknown_values_are_never_listed() -> None:
    assert benjamini_hochberg([0.001, np.nan]).tolist() == [True, False]
    assert e_benjamini_hochberg([np.nan, 1e6]).tolist() == [False, True]
    assert not e_benjamini_hochberg([1.0, 2.0]).any()


@pytest.mark.parametrize(
    ("x", "n", "tightest", "low", "high"),
    [(700, 1000, 100, 0.651629, 0.745949), (15, 50, 50, 0.129556, 0.511896), (1, 50, 50, 0.0, 0.13489)],
)
def test_confidence_sequence_gives_the_figures_of_confseq(
    x: int, n: int, tightest: int, low: float, high: float
) -> None:
    """Unit tests of Howard's confseq 0.0.11."""
    found = confidence_sequence(x, n, tightest)
    assert (float(found.low), float(found.high)) == pytest.approx((low, high), abs=1e-5)


def test_normal_mixture_gives_the_figure_of_confseq() -> None:
    assert float(normal_mixture_bound(100, 100)) == pytest.approx(30.35209, abs=1e-5)


def test_paired_difference_gives_the_published_limits() -> None:
    """Airway hyper-responsiveness, Bentur et al. 2009, as in Fagerland, Lydersen & Laake 2014, table 3."""
    found = paired_difference(1, 1, 7, 12)
    assert (float(found.low), float(found.high)) == pytest.approx((-0.507, -0.026), abs=5e-4)
    assert float(found.p_value) == pytest.approx(0.0703, abs=5e-5)


def test_pairs_without_discord_tell_no_difference() -> None:
    found = paired_difference(10, 0, 0, 20)
    assert (float(found.value), float(found.p_value)) == (0.0, 1.0)
    assert float(found.low) <= 0.0 <= float(found.high)


def test_burn_rates_are_those_of_the_site_reliability_workbook() -> None:
    factors = burn_factor([0.02, 0.05, 0.10], [3_600, 6 * 3_600, 3 * 86_400])
    np.testing.assert_allclose(factors, [14.4, 6.0, 1.0])
    np.testing.assert_allclose(factors * (1 - 0.999), [0.0144, 0.006, 0.001])
    assert float(burn_rate(1_440, 100_000, 0.999)) == pytest.approx(14.4)


def test_6mp_lengthens_the_restricted_mean_by_the_published_difference() -> None:
    found = rmst_difference(rmst(PLACEBO, PLACEBO_SEEN, 35), rmst(MP6, MP6_SEEN, 35))
    assert found.value == pytest.approx(8.667 - 23.287, abs=1e-3)
    assert (found.low, found.high) == (None, None)  # nine relapses are too few for limits


def test_weil_litters_give_the_published_rate_and_cluster_error() -> None:
    """SAS/STAT, NLMIXED sample program: .7724 with a clustered error of .0692, where independent pups give .0348."""
    found = clustered_ratio(TREATED_X, TREATED_N, level=0.95)
    assert found.value == pytest.approx(0.7724, abs=5e-5)
    assert found.value is not None
    assert found.low is not None
    error = (found.value - found.low) / student(0.95, 15)
    assert error == pytest.approx(0.06923, abs=5e-6)
    assert (error / 0.03482) ** 2 == pytest.approx(3.9529, abs=1e-3)


def test_worked_example_of_unseen_runs() -> None:
    """Two of eight reworked and one run that nobody saw: between 2/9 and 3/9."""
    found = unseen_bounds(2, 8, 1)
    assert [float(end) for end in found] == pytest.approx([0.25, 2 / 9, 3 / 9])


def _strata(tables: list[tuple[int, int, int, int]]) -> Strata:
    a, b, c, d = np.array(tables, dtype=np.float64).T
    return Strata(a, a + b, c, c + d)
