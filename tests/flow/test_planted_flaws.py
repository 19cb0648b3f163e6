"""One planted flaw at a time: the recommendation for it comes first, nothing else is named, and its interval holds.

The reduced form of `benchmarks/recommendations.py`, which does the same for many seeds and for clean years.
"""

import pytest
from planted_world import advised, recommended

from readback.simulate.planted import SCENARIOS, fleet

_DAYS = 56
_SEED = 1
_SCORED = {"harmful_substitute", "timeout_too_high", "cooldown_too_short", "silent_downgrade", "missing_trigger"}
"""Flaws that one half of the days is enough to show, so that the other has something to bear out."""


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_planted_flaw_comes_first_no_other_is_named_and_its_interval_holds(name: str) -> None:
    scenario = SCENARIOS[name]
    found, told = advised(fleet(scenario, _SEED, days=_DAYS))
    assert [each.title for each in found if not scenario.is_right(each.kind, each.workflow_class)] == []
    assert scenario.is_first((each.kind, each.workflow_class, each.title) for each in found)
    assert [each.title for each in told.scores if each.is_held is False] == []
    if name in _SCORED:
        assert told.held == 1


def test_a_larger_clean_fleet_is_left_alone() -> None:
    found = recommended(fleet(SCENARIOS["clean"], 11, workflows=20, days=60, per_day=20))
    assert [each.title for each in found] == []
