"""Log-histogram quantiles: the rule, its error bound, and its SQL twin."""

import math

import duckdb
import numpy as np
import pytest

from readback.stats import ZERO_BUCKET, bucket, bucket_value, sketch_quantile

GAMMA = 1.01 / 0.99


@pytest.mark.parametrize("x", [0.001, 1, 1.5, 100, 12345.678])
def test_bucket_is_the_one_whose_bounds_hold_the_value(x: float) -> None:
    i = int(bucket(x))
    assert GAMMA ** (i - 1) < x <= GAMMA**i


def test_buckets_of_the_published_values() -> None:
    """Indices by ceil(ln x / ln 1.020202...) worked out with 40-digit arithmetic."""
    assert bucket([0.001, 1, 1.5, 100, 12345.678]).tolist() == [-345, 0, 21, 231, 472]


@pytest.mark.parametrize("alpha", [0.01, 0.05])
def test_bucket_value_is_within_alpha_of_every_value(alpha: float) -> None:
    x = np.geomspace(0.08, 3.15e10, 50_000)
    error = np.abs(bucket_value(bucket(x, alpha), alpha) / x - 1)
    assert error.max() <= alpha * (1 + 1e-9)
    assert error.max() > alpha * 0.99


def test_one_millisecond_to_one_hour_takes_about_755_buckets() -> None:
    low, high = bucket([1.0, 3_600_000.0])
    assert high - low + 1 == pytest.approx(755, abs=2)


def test_zero_has_a_bucket_of_its_own_below_all_others() -> None:
    zero, tiny = bucket([0.0, 1e-280])
    assert zero == ZERO_BUCKET < tiny
    assert float(bucket_value(ZERO_BUCKET)) == 0.0


@pytest.mark.parametrize("x", [-1.0, math.nan, math.inf, 1e-300, 1e300])
def test_values_without_a_bucket_are_refused(x: float) -> None:
    with pytest.raises(ValueError, match="bucket"):
        bucket(x)


@pytest.mark.parametrize("q", [0.01, 0.5, 0.9, 0.99, 1.0])
def test_quantile_is_within_alpha_of_the_exact_discrete_one(q: float) -> None:
    x = np.sort(np.random.default_rng(1).lognormal(6, 1.5, 20_000))
    cells, counts = np.unique(bucket(x), return_counts=True)
    exact = x[math.ceil(q * x.size) - 1]
    assert sketch_quantile(cells, counts, q).value == pytest.approx(exact, rel=0.01 + 1e-9)


def test_rank_is_rounded_up_as_quantile_disc_does() -> None:
    assert sketch_quantile([1, 2, 3, 4, 5], [1] * 5, 0.5).value == float(bucket_value(3))
    assert sketch_quantile([1, 2, 3, 4], [1] * 4, 0.5).value == float(bucket_value(2))


def test_sql_twin_gives_the_same_buckets_values_and_quantile() -> None:
    x = [0.0, 0.001, 1.0, 1.5, 100.0, 12345.678]
    relation = duckdb.sql(
        """
        select i, case when i = -32768 then 0 else 2 * pow(g, i) / (g + 1) end from (
            select g, case when x > 0 then cast(ceil(ln(x) / ln(g)) as smallint)
                           when x = 0 then -32768 end as i
            from (select unnest($x) as x, $g as g)) order by i
        """,
        params={"x": x, "g": GAMMA},
    )
    assert relation is not None
    rows = relation.fetchall()
    assert [i for i, _ in rows] == bucket(x).tolist()
    np.testing.assert_allclose([value for _, value in rows], bucket_value(bucket(x)), rtol=1e-12)


def test_merging_histograms_is_adding_counts() -> None:
    first, second = ([1, 5], [3, 2]), ([5, 9], [4, 1])
    together = sketch_quantile(first[0] + second[0], first[1] + second[1], 0.6)
    assert together == sketch_quantile([9, 5, 1], [1, 6, 3], 0.6)


def test_zeros_take_part_in_the_quantile() -> None:
    found = sketch_quantile(bucket([0, 100]), [6, 4], 0.5)
    assert found.value == 0.0


@pytest.mark.parametrize("cells", [([], []), ([3], [0])])
def test_empty_histogram_has_no_quantile(cells: tuple[list[int], list[int]]) -> None:
    found = sketch_quantile(*cells, 0.5)
    assert (found.value, found.low, found.high, found.n) == (None, None, None, 0)


def test_one_row_is_its_own_quantile_without_limits() -> None:
    found = sketch_quantile([0], [1], 0.5)
    assert found.value == pytest.approx(0.99)
    assert found.low is found.high is None


def test_high_percentile_of_few_rows_has_no_upper_limit() -> None:
    found = sketch_quantile(np.arange(100), np.ones(100, dtype=int), 0.99)
    assert found.low is not None
    assert found.high is None


def test_median_limits_of_100_rows_are_the_tabled_ranks_40_and_61() -> None:
    """Conover 1999: the 95% interval of a median of 100 is the 40th to the 61st value."""
    found = sketch_quantile(np.arange(1, 101), np.ones(100, dtype=int), 0.5)
    expected = bucket_value([40, 61])
    assert (found.low, found.high) == (expected[0], expected[1])


def test_smaller_effective_n_widens_the_interval_and_keeps_the_value() -> None:
    cells, counts = np.arange(1000), np.ones(1000, dtype=int)
    full = sketch_quantile(cells, counts, 0.9)
    fewer = sketch_quantile(cells, counts, 0.9, effective_n=150.0)
    assert fewer.value == full.value
    assert fewer.low is not None
    assert full.low is not None
    assert fewer.low < full.low
    assert fewer.effective_n == 150.0


def test_dropping_what_was_cut_at_ten_seconds_understates_every_high_percentile() -> None:
    """Worked example of statistics.md §5.1: 6.5% cut at 10 s; of what was answered the 95th percentile is below 8 s."""
    x = np.random.default_rng(5).lognormal(math.log(2_100), 1.0306, 200_000)
    is_cut = x > 10_000
    cells, counts = np.unique(bucket(x[~is_cut]), return_counts=True)
    buckets, rows = [*cells, int(bucket(10_000.0))], [*counts, int(is_cut.sum())]
    cut = [*np.zeros(cells.size, dtype=bool), True]
    after = [*np.full(cells.size, math.nan), 10_000.0]
    assert is_cut.mean() == pytest.approx(0.065, abs=0.002)
    dropped = [sketch_quantile(cells, counts, q).value for q in (0.90, 0.95)]
    kept = [sketch_quantile(buckets, rows, q, is_cut=cut, cut_after=after) for q in (0.90, 0.95)]
    assert dropped == [pytest.approx(5_900, rel=0.1), pytest.approx(7_300, rel=0.1)]
    assert kept[0].value == pytest.approx(np.quantile(x, 0.90), rel=0.011)
    assert (kept[1].value, kept[1].at_least, kept[1].high) == (None, 10_000.0, None)
    assert (kept[1].n, kept[1].cut) == (200_000, int(is_cut.sum()))


def test_calls_cut_below_a_quantile_that_others_pass_bound_it_from_both_sides() -> None:
    """Half were given up after a second: the median of the others' answers is only the most that it can be."""
    found = sketch_quantile(bucket([500, 1_000, 2_000, 3_000]), [1, 2, 2, 2], 0.5, is_cut=[False, True, False, False])
    assert found.value is None
    assert found.at_least is not None
    assert 1_960 <= found.at_least < 2_000


def test_order_statistic_interval_covers_the_true_quantile() -> None:
    rng = np.random.default_rng(4)
    truth, covered = -math.log(0.1), 0
    for _ in range(400):
        cells, counts = np.unique(bucket(rng.exponential(1, 200), 0.001), return_counts=True)
        found = sketch_quantile(cells, counts, 0.9, 0.001)
        covered += (found.low or 0) <= truth <= (found.high or math.inf)
    assert 0.93 <= covered / 400 <= 0.99


@pytest.mark.parametrize("q", [0.0, 1.1, math.nan])
def test_rank_outside_the_histogram_is_refused(q: float) -> None:
    with pytest.raises(ValueError, match="q must lie"):
        sketch_quantile([0], [1], q)


def test_negative_counts_are_refused() -> None:
    with pytest.raises(ValueError, match="must not be negative"):
        sketch_quantile([0, 1], [1, -1], 0.5)


@pytest.mark.parametrize("alpha", [0.0, 1.0])
def test_error_outside_its_range_is_refused(alpha: float) -> None:
    with pytest.raises(ValueError, match="alpha must lie"):
        bucket(1.0, alpha)
