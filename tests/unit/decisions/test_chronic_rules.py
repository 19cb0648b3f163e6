"""A chronic fallback needs all of its conditions."""

import json
from typing import Any

import pytest
from unit.decisions.samples import AS_OF, chronic, effect

from readback.decisions.chronic_rules import chronic_fallback, shares
from readback.decisions.effects import Effects


@pytest.mark.parametrize(
    ("given", "fires"),
    [
        ({}, True),
        ({"day_count": 9}, False),
        ({"fallback_count": 100}, False),
        ({"family_count": 179}, False),
        ({"family_count": 180}, True),
        ({"family": "unknown"}, False),
        ({"expected_count": 300.0}, False),
        ({"expected_count": None, "comparable_count": None}, True),
        ({"expected_count": 0.0}, True),
        ({"class_path": None, "policy_id": None, "workflow_class": None}, True),
    ],
)
def test_every_condition_counts(given: dict[str, Any], fires: bool) -> None:
    assert bool(list(chronic_fallback([chronic(**given)], Effects([]), AS_OF))) is fires


def test_the_lower_limit_counts_and_not_the_share() -> None:
    (share,) = shares([chronic(request_count=100, fallback_count=12)])
    assert share.value == pytest.approx(0.12)
    assert share.low is not None
    assert share.low < 0.10


def test_hours_that_fall_back_together_weigh_less() -> None:
    """Ten hours of a hundred requests, each wholly off or on: hardly more than ten independent ones."""
    together = chronic(fallback_count=200, n2=1e5, n3=1e7, x2=2e4, xn=2e4)
    (share,) = shares([together])
    assert share.effective_n is not None
    assert share.effective_n < 20
    assert list(chronic_fallback([together], Effects([]), AS_OF)) == []


def test_without_company_confidence_is_low_and_said() -> None:
    (found,) = chronic_fallback([chronic(expected_count=None, comparable_count=None)], Effects([]), AS_OF)
    assert found.confidence == "low"
    assert "provider's part is not known" in found.expected_effect


def test_it_names_the_line_and_the_way_out() -> None:
    (found,) = chronic_fallback([chronic()], Effects([]), AS_OF)
    assert found.policy_path == "workflow_classes[0].preferred"
    assert "make small-1 the preferred model, once its outcomes are known to be no worse" in found.change
    assert "(claims v1, workflow_classes[0].preferred)" in found.change
    assert found.estimate == pytest.approx(-0.3)


OWN = {"is_approved": True, "class_request_count": 1000}


@pytest.mark.parametrize(
    ("given", "high", "action"),
    [
        (OWN, 0.005, "promote"),
        (OWN, 0.02, "mend"),
        (OWN | {"is_approved": False}, 0.005, "mend"),
        (OWN | {"class_request_count": 2000}, 0.005, "mend"),
    ],
    ids=["no worse", "may be worse", "not approved", "a class of many workflows"],
)
def test_a_substitute_is_promoted_where_it_is_approved_and_no_worse(
    given: dict[str, Any], high: float, action: str
) -> None:
    known = effect(dimension="model", member="small-1 for letter", estimate=-0.01, low=-0.03, high=high)
    (found,) = chronic_fallback([chronic(**given)], Effects([], {("letter", "small-1"): [known]}), AS_OF)
    assert json.loads(found.evidence)["action"] == action
    assert ("approved here and no worse" in found.change) is (action == "promote")


def test_without_any_comparison_nothing_is_promoted() -> None:
    (found,) = chronic_fallback([chronic(**OWN)], Effects([]), AS_OF)
    assert json.loads(found.evidence)["action"] == "mend"


def test_no_workflows_no_recommendation() -> None:
    assert list(chronic_fallback([], Effects([]), AS_OF)) == []
