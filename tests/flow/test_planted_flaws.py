"""One planted flaw at a time: the recommendation for it comes first, and nothing else is named.

The reduced form of `benchmarks/recommendations.py`, which does the same for many seeds and for clean years.
"""

import pytest
from planted_world import advised, recommended

from readback.simulate.planted import SCENARIOS, fleet

_DAYS = 56
_SEED = 1


@pytest.mark.parametrize("name", SCENARIOS)
def test_the_planted_flaw_comes_first_and_no_other_is_named(name: str) -> None:
    scenario = SCENARIOS[name]
    found = recommended(fleet(scenario, _SEED, days=_DAYS))
    assert [each.title for each in found if not scenario.is_right(each.kind, each.workflow_class)] == []
    assert scenario.is_first((each.kind, each.workflow_class, each.title) for each in found)


def test_a_larger_clean_fleet_is_left_alone() -> None:
    found = recommended(fleet(SCENARIOS["clean"], 11, workflows=20, days=60, per_day=20))
    assert [each.title for each in found] == []


@pytest.mark.parametrize(
    "name", ["harmful_substitute", "timeout_too_high", "cooldown_too_short", "silent_downgrade", "missing_trigger"]
)
def test_what_the_first_half_promised_the_second_half_shows(name: str) -> None:
    _, told = advised(fleet(SCENARIOS[name], _SEED, days=_DAYS))
    assert [(each.kind, each.is_held) for each in told.scores] == [((SCENARIOS[name].first or ("",))[0], True)]
