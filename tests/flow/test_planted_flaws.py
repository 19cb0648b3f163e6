"""One planted flaw at a time: the recommendation for it comes first, and nothing else is named.

The reduced form of `benchmarks/recommendations.py`, which does the same for many seeds and for clean years.
"""

from datetime import timedelta

import pytest
from planted_world import halves, recommended

from readback.simulate.planted import SCENARIOS, fleet

_DAYS = 56
_SEED = 1


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_planted_flaw_comes_first_and_no_other_is_named(name: str) -> None:
    scenario = SCENARIOS[name]
    found = recommended(fleet(scenario, _SEED, days=_DAYS))
    assert {each.kind for each in found} <= scenario.allowed
    if scenario.first is not None:
        assert found[0].kind in scenario.first
        assert found[0].priority == 1
    if scenario.target is not None:
        assert scenario.target in found[0].title


def test_a_larger_clean_fleet_is_left_alone() -> None:
    found = recommended(fleet(SCENARIOS["clean"], 11, workflows=20, days=60, per_day=20))
    assert [each.title for each in found] == []


def test_what_the_first_half_promised_the_second_half_shows() -> None:
    planted = fleet(SCENARIOS["missing_trigger"], _SEED, days=_DAYS)
    held, scored = halves(planted, timedelta(days=_DAYS / 2))
    assert (held, scored) == (1, 1)
