"""Ratios and means over clusters: cost and latency."""

from dataclasses import replace

import numpy as np
import pytest

from readback.stats import (
    Clusters,
    Strata,
    cluster_bootstrap,
    cluster_bootstraps,
    clustered_ratio,
    mantel_haenszel_difference,
    stratified_mean_difference,
)
from readback.stats.estimate import Floats


def test_ratio_of_equal_clusters_has_no_spread() -> None:
    found = clustered_ratio([2.0] * 30, [4.0] * 30)
    assert (found.value, found.low, found.high) == (0.5, 0.5, 0.5)


def test_ratio_without_a_whole_is_unknown() -> None:
    assert clustered_ratio([], []).value is None
    assert clustered_ratio([1.0], [2.0]).low is None


def test_bootstrap_agrees_with_the_delta_method() -> None:
    rng = np.random.default_rng(1)
    x = rng.integers(1, 30, 300)
    y = rng.gamma(2.0, 0.02 * x)
    exact = clustered_ratio(y, x)
    drawn = cluster_bootstrap(np.column_stack([y, x]), _ratio, seed=5)
    assert drawn.value == pytest.approx(exact.value)
    assert (drawn.low, drawn.high) == pytest.approx((exact.low, exact.high), rel=0.02)


def test_bootstrap_is_the_same_for_the_same_seed() -> None:
    sums = np.random.default_rng(2).random((40, 2)) + 0.5
    first, second = (cluster_bootstrap(sums, _ratio, seed=9) for _ in range(2))
    assert first == second


def test_many_bootstraps_at_once_give_what_each_gives_alone() -> None:
    rng = np.random.default_rng(4)
    many = [rng.random((clusters, 2)) + 0.5 for clusters in (3, 20, 90, 600)]
    together = cluster_bootstraps(many, _ratio, seed=9)
    for one, sums in zip(together, many, strict=True):
        alone = cluster_bootstrap(sums, _ratio, seed=9)
        assert (one.value, one.n) == (alone.value, alone.n)
        assert (one.low, one.high) == pytest.approx((alone.low, alone.high)) or one.low is None is alone.low


def test_bootstrap_of_few_clusters_gives_no_limits() -> None:
    assert cluster_bootstrap(np.ones((19, 2)), _ratio, seed=1).low is None


def test_bootstrap_ratio_near_zero_is_not_estimable() -> None:
    rng = np.random.default_rng(3)
    sums = np.column_stack([np.ones(40), rng.normal(0, 1, 40)])
    positive = cluster_bootstrap(sums, lambda t: np.where(t[:, 1] > 0, t[:, 0] / t[:, 1], np.nan), seed=1)
    assert positive.low is None


def test_means_of_zeros_and_ones_are_the_risk_difference() -> None:
    strata, exposed, control = _arms()
    mean = stratified_mean_difference(strata, exposed, control, seed=1)
    rate = mantel_haenszel_difference(strata, exposed, control)
    assert (mean.difference, mean.low, mean.high, mean.crude) == (rate.difference, rate.low, rate.high, rate.crude)
    assert mean.ratio.value == pytest.approx(rate.risk_ratio)


def test_scale_of_cost_carries_through() -> None:
    strata, exposed, control = _arms()
    dollars = stratified_mean_difference(strata, exposed, control, seed=1)
    cents = stratified_mean_difference(*_in_cents(strata, exposed, control), seed=1)
    for name in ("difference", "low", "high", "standard_error", "crude"):
        assert getattr(cents, name) == pytest.approx(100 * getattr(dollars, name))
    assert (cents.ratio.low, cents.ratio.high) == pytest.approx((dollars.ratio.low, dollars.ratio.high))


def _arms() -> tuple[Strata, Clusters, Clusters]:
    rng = np.random.default_rng(4)
    n = rng.integers(5, 30, (2, 60))
    x = rng.binomial(n, [[0.3], [0.2]])
    stratum = np.arange(60) % 4
    sums = [np.bincount(stratum, weights=part) for part in (x[0], n[0], x[1], n[1])]
    return Strata(*sums), Clusters(stratum, x[0], n[0]), Clusters(stratum, x[1], n[1])


def _in_cents(strata: Strata, exposed: Clusters, control: Clusters) -> tuple[Strata, Clusters, Clusters]:
    x1, x0, e, c = (100 * np.asarray(x) for x in (strata.x1, strata.x0, exposed.x, control.x))
    return replace(strata, x1=x1, x0=x0), replace(exposed, x=e), replace(control, x=c)


def _ratio(totals: Floats) -> Floats:
    return np.asarray(totals[:, 0] / totals[:, 1])
