"""Laws of the estimators, whatever the numbers are."""

import math
import random

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from readback.stats import (
    AdjustedMean,
    Clusters,
    Strata,
    bucket,
    clustered_rate,
    kaplan_meier,
    mantel_haenszel_difference,
    newcombe_difference,
    rmst,
    sketch_quantile,
    stratified_mean_difference,
    wilson,
)
from readback.stats.sketch import Quantile

_ROWS = st.integers(1, 200)
_TABLES = st.lists(
    st.tuples(_ROWS, _ROWS, st.floats(0, 1), st.floats(0, 1)).map(
        lambda t: (round(t[0] * t[2]), t[0], round(t[1] * t[3]), t[1])
    ),
    min_size=1,
    max_size=6,
)
_CALLS = st.lists(st.tuples(st.integers(1, 60_000), st.booleans()), min_size=1, max_size=60)
_QUANTILES = st.sampled_from([0.05, 0.5, 0.9, 0.95, 1.0])
_EPISODES = st.lists(st.tuples(st.integers(1, 20_000), st.booleans()), min_size=1, max_size=40)


@given(st.integers(0, 300), st.integers(1, 300), st.integers(2, 20))
def test_more_of_the_same_never_widens(successes: int, rows: int, times: int) -> None:
    x = min(successes, rows)
    once, often = wilson(x, rows), wilson(times * x, times * rows)
    assert often.high - often.low <= once.high - once.low
    few, many = clustered_rate(x, rows, rows, 0.2), clustered_rate(times * x, times * rows, times * rows, 0.2)
    assert many.high - many.low <= few.high - few.low
    pair, pairs = newcombe_difference(x, rows, x, rows), newcombe_difference(*(times * c for c in (x, rows, x, rows)))
    assert pairs.high - pairs.low <= pair.high - pair.low


@given(_TABLES)
def test_splitting_a_stratum_into_identical_halves_changes_no_difference(
    tables: list[tuple[int, int, int, int]],
) -> None:
    whole = np.array(tables, dtype=np.float64).T
    halves = np.hstack([whole / 2, whole / 2])
    one, two = (mantel_haenszel_difference(Strata(*part)) for part in (whole, halves))
    assert two.difference == pytest.approx(one.difference, abs=1e-9)
    assert two.crude == pytest.approx(one.crude, abs=1e-9)
    assert two.overlap == pytest.approx(one.overlap, abs=1e-9)


@given(_TABLES)
def test_order_of_labels_changes_no_difference(tables: list[tuple[int, int, int, int]]) -> None:
    order = np.random.default_rng(len(tables)).permutation(len(tables))
    plain, mixed = (_clustered(np.array(part, dtype=np.float64).T) for part in (tables, [tables[i] for i in order]))
    for a, b in zip(plain, mixed, strict=True):
        assert b == pytest.approx(a, abs=1e-9, nan_ok=True)


@given(_EPISODES, st.integers(0, 39), st.integers(1, 10_000))
def test_a_longer_open_episode_never_lowers_the_restricted_mean(
    episodes: list[tuple[int, bool]], chosen: int, longer: int
) -> None:
    durations, recovered = (list(part) for part in zip(*episodes, strict=True))
    place = chosen % len(durations)
    recovered[place] = False
    before = rmst(durations, recovered, 3_600)
    durations[place] += longer
    after = rmst(durations, recovered, 3_600)
    # With nobody followed to the horizon there is no mean; that the last one is lost from view is no shorter time.
    if before.value is not None and after.value is not None:
        assert after.value >= before.value - 1e-6


@given(_TABLES, st.floats(1e-3, 1e3))
@example([(1, 1, 0, 1)] * 3, 451.0)
def test_cost_in_another_currency_is_the_same_comparison_at_its_rate(
    tables: list[tuple[int, int, int, int]], rate: float
) -> None:
    x1, n1, x0, n0 = np.array(tables, dtype=np.float64).T
    stratum = np.arange(n1.size)

    def compared(scale: float) -> AdjustedMean:
        exposed, control = Clusters(stratum, scale * x1, n1), Clusters(stratum, scale * x0, n0)
        return stratified_mean_difference(Strata(scale * x1, n1, scale * x0, n0), exposed, control, seed=1)

    dollars, others = compared(1.0), compared(rate)
    for name in ("difference", "low", "high", "standard_error", "crude"):
        before, after = getattr(dollars, name), getattr(others, name)
        assert after == (None if before is None else pytest.approx(rate * before, rel=1e-6, abs=1e-9 * rate)), name
    assert others.ratio.value == (None if dollars.ratio.value is None else pytest.approx(dollars.ratio.value))


@given(_EPISODES)
def test_time_in_minutes_is_time_in_seconds_over_sixty(episodes: list[tuple[int, bool]]) -> None:
    durations, recovered = (np.array(part) for part in zip(*episodes, strict=True))
    seconds, minutes = kaplan_meier(durations * 60, recovered), kaplan_meier(durations, recovered)
    np.testing.assert_allclose(seconds.survival, minutes.survival)
    np.testing.assert_allclose(seconds.time, 60 * minutes.time)


@given(_CALLS, _QUANTILES, st.data())
def test_cutting_a_call_off_never_lowers_what_a_quantile_may_be(
    calls: list[tuple[int, bool]], q: float, data: st.DataObject
) -> None:
    """Cut where it ended anyway: the lower bound stays, the upper one may only rise; cut later: neither falls."""
    place = data.draw(st.integers(0, len(calls) - 1))
    took, was_cut = calls[place]
    shorter, later = calls.copy(), calls.copy()
    shorter[place], later[place] = (took, True), (took + data.draw(st.integers(0, 60_000)), True)
    before, cut, cut_later = (_hidden(each, q) for each in (calls, shorter, later))
    assert cut[0] == before[0] <= cut_later[0]
    assert before[1] <= cut[1] == cut_later[1]


@given(_CALLS, _QUANTILES, st.randoms(use_true_random=False))
def test_histograms_with_cut_calls_merge_in_any_order_and_grouping(
    calls: list[tuple[int, bool]], q: float, chance: random.Random
) -> None:
    parts = [[call] for call in calls]
    chance.shuffle(parts)
    half = len(parts) // 2
    merged = _cells(sum(parts[half:], [])) + _cells(sum(parts[:half], []))
    assert _read(merged, q) == _read(_cells(calls), q) == _read([_cell(*call) for call in calls], q)


@given(_CALLS, _QUANTILES)
def test_the_true_quantile_lies_where_the_cut_calls_leave_it(calls: list[tuple[int, bool]], q: float) -> None:
    truth = sorted(took * (3 if was_cut else 1) for took, was_cut in calls)[math.ceil(q * len(calls) - 1e-9) - 1]
    found = _read(_cells(calls), q)
    if found.value is not None:
        assert found.value == pytest.approx(truth, rel=0.01 + 1e-9)
    else:
        assert found.at_least is not None
        assert found.at_least <= truth * (1 + 1e-9)


def _cell(took: int, was_cut: bool) -> tuple[int, bool, int, float]:
    return int(bucket(took)), was_cut, 1, float(took) if was_cut else math.nan


def _cells(calls: list[tuple[int, bool]]) -> list[tuple[int, bool, int, float]]:
    """Calls as the mart holds them: one cell a bucket and kind, with the shortest of the cut times."""
    cells: dict[tuple[int, bool], list[int]] = {}
    for took, was_cut in calls:
        cells.setdefault((int(bucket(took)), was_cut), []).append(took)
    return [(*key, len(times), float(min(times)) if key[1] else math.nan) for key, times in cells.items()]


def _read(cells: list[tuple[int, bool, int, float]], q: float) -> Quantile:
    buckets, is_cut, counts, after = (list(column) for column in zip(*cells, strict=True))
    return sketch_quantile(buckets, counts, q, is_cut=is_cut, cut_after=after)


def _hidden(calls: list[tuple[int, bool]], q: float) -> tuple[float, float]:
    """Between what the quantile lies, in buckets' values: with the cut calls where they were cut, and without end."""
    seen = [(took, False) for took, _ in calls]
    endless = [(10**9 if was_cut else took, False) for took, was_cut in calls]
    low, high = (_read(_cells(each), q).value for each in (seen, endless))
    assert low is not None
    assert high is not None
    found = _read(_cells(calls), q)
    assert found.value == (low if low == high else None)
    assert found.at_least is None or found.at_least <= low / 0.99 + 1e-9
    return low, high


def _clustered(table: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> list[float | None]:
    strata = Strata(*table)
    stratum = np.arange(table.shape[1])
    found = mantel_haenszel_difference(
        strata, Clusters(stratum, table[0], table[1]), Clusters(stratum, table[2], table[3])
    )
    return [found.difference, found.low, found.high, found.crude, found.g]
