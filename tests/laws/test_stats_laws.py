"""Laws of the estimators, whatever the numbers are."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from readback.stats import (
    Clusters,
    Strata,
    clustered_rate,
    kaplan_meier,
    mantel_haenszel_difference,
    newcombe_difference,
    rmst,
    wilson,
)

_ROWS = st.integers(1, 200)
_TABLES = st.lists(
    st.tuples(_ROWS, _ROWS, st.floats(0, 1), st.floats(0, 1)).map(
        lambda t: (round(t[0] * t[2]), t[0], round(t[1] * t[3]), t[1])
    ),
    min_size=1,
    max_size=6,
)
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


@given(_EPISODES)
def test_time_in_minutes_is_time_in_seconds_over_sixty(episodes: list[tuple[int, bool]]) -> None:
    durations, recovered = (np.array(part) for part in zip(*episodes, strict=True))
    seconds, minutes = kaplan_meier(durations * 60, recovered), kaplan_meier(durations, recovered)
    np.testing.assert_allclose(seconds.survival, minutes.survival)
    np.testing.assert_allclose(seconds.time, 60 * minutes.time)


def _clustered(table: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> list[float | None]:
    strata = Strata(*table)
    stratum = np.arange(table.shape[1])
    found = mantel_haenszel_difference(
        strata, Clusters(stratum, table[0], table[1]), Clusters(stratum, table[2], table[3])
    )
    return [found.difference, found.low, found.high, found.crude, found.g]
