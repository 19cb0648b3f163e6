"""Approve or stop, and demote: when, with which answer, and how sure."""

from datetime import timedelta
from typing import Any

import pytest
from unit.decisions.samples import AS_OF, effect, listed, use

from readback.contracts import Recommendation
from readback.decisions.effects import Effect, Effects
from readback.decisions.substitute_rules import approve_or_stop, demote

LISTED = {"substitute_path": "workflow_classes[0].substitutes[0]"}
ENDED = LISTED | {"expires_at": AS_OF, "reasons": ["approval_expired"]}
WORSE = effect(dimension="model", member="small-1")


def answers(*effects: Effect, **given: Any) -> list[Recommendation]:
    return list(approve_or_stop([use(**given)], Effects(effects), AS_OF))


@pytest.mark.parametrize(
    ("given", "verb"),
    [
        ({}, "Approve "),
        ({"risk": "high"}, "Stop "),
        ({"risk": "critical"}, "Stop "),
        ({"boundary": "human_review"}, "Stop "),
        ({"boundary": "pause"}, "Stop "),
        (LISTED | {"is_target_denied": True}, "Stop and remove "),
        (ENDED, "Renew or drop "),
        (ENDED | {"risk": "high"}, "Stop and remove "),
    ],
)
def test_risk_and_boundary_decide_between_approval_and_stop(given: dict[str, Any], verb: str) -> None:
    (found,) = answers(**given)
    assert found.title.startswith(verb + "small-1")


def test_an_effect_that_may_be_nothing_decides_nothing() -> None:
    (found,) = answers(effect(dimension="model", member="small-1", low=-0.1))
    assert found.title.startswith("Approve ")


def test_known_harm_is_never_suggested_for_approval() -> None:
    (found,) = answers(WORSE)
    assert found.title.startswith("Stop ")
    assert "it is known for more rework" in found.change
    assert "+2.1 pp rework" in found.expected_effect


@pytest.mark.parametrize(
    "given",
    [LISTED, LISTED | {"expires_at": AS_OF + timedelta(seconds=1)}, {"preferred_models": ["small-1"]}],
    ids=["approved since", "approval still runs", "preferred since"],
)
def test_what_the_version_in_force_settles_is_not_asked_again(given: dict[str, Any]) -> None:
    assert answers(**given) == []


def test_the_share_comes_with_its_interval_and_place() -> None:
    (found,) = answers()
    assert (found.estimate, found.policy_path) == (-0.035, "workflow_classes[0].substitutes")
    assert found.low is not None
    assert found.high is not None
    assert found.low < -0.035 < found.high < 0
    assert "35 of 1,000 requests of the class (3.5%, 95% CI 2.5% to 4.8%" in found.expected_effect
    assert (found.evidence_class, found.confidence) == ("R", "high")


@pytest.mark.parametrize(("count", "confidence"), [(4, "low"), (5, "high")])
def test_a_handful_of_cases_is_only_a_lead(count: int, confidence: str) -> None:
    assert answers(request_count=count)[0].confidence == confidence


def demotions(*effects: Effect, **given: Any) -> list[Recommendation]:
    return list(demote([listed(**given)], Effects(effects), AS_OF))


def harm(**given: Any) -> Effect:
    return effect(**({"dimension": "workflow", "member": "letters"} | given))


def test_harm_demotes_and_says_by_how_much() -> None:
    (found,) = demotions(harm())
    assert (found.estimate, found.low, found.high) == (-0.021, -0.034, -0.009)
    assert found.expected_effect.startswith("-2.1 pp rework (95% CI -3.4 to -0.9), 312 runs in 41 episodes")
    assert (found.evidence_class, found.confidence) == ("A", "medium")
    assert "on_approval at claims v1, workflow_classes[0].substitutes[0]" in found.change


@pytest.mark.parametrize(
    "given", [{"low": 0.0}, {"status": "too_few"}, {"member": "other"}], ids=["touches zero", "too few", "another"]
)
def test_no_harm_no_demotion(given: dict[str, Any]) -> None:
    assert demotions(harm(**given)) == []


@pytest.mark.parametrize(("share", "count"), [(0.8, 1), (0.79, 0)])
def test_a_workflow_speaks_only_of_the_substitute_that_served_nearly_all(share: float, count: int) -> None:
    assert len(demotions(harm(), workflow_share=share)) == count


def test_the_nearer_comparison_outweighs_the_one_over_all_workflows() -> None:
    everywhere = harm(dimension="model", member="prov-b/large-2")
    assert len(demotions(everywhere)) == 1
    assert demotions(everywhere, harm(low=-0.01)) == []


def of_class(*effects: Effect, **given: Any) -> list[Recommendation]:
    """With comparisons of the substitute within its class beside that of the model wherever it served."""
    everywhere = harm(dimension="model", member="prov-b/large-2")
    row = listed(workflow_share=0.5, **given)
    return list(demote([row], Effects([everywhere], {(row.workflow_class, row.target): effects}), AS_OF))


def test_what_the_substitute_did_in_the_class_outweighs_what_it_did_elsewhere() -> None:
    here = harm(dimension="model", member="prov-b/large-2 for letter", low=-0.01)
    assert of_class(here) == []
    assert [each.kind for each in of_class(harm(dimension="model", member="prov-b/large-2 for letter"))] == [
        "demote_substitute"
    ]


@pytest.mark.parametrize(("share", "count"), [(0.5, 1), (0.49, 0)])
def test_a_class_is_not_blamed_for_what_the_model_did_in_others(share: float, count: int) -> None:
    assert len(of_class(model_share=share)) == count


def test_a_harm_that_little_evidence_may_have_made_demotes_nothing() -> None:
    """Twelve points with an interval from 2 to 22: most of it is luck, where such differences vary by three."""
    assert demotions(harm(estimate=0.12, low=0.02, high=0.22)) == []


@pytest.mark.parametrize(
    "given",
    [{"low": 0.005}, {"events_preferred": 0}, {"warning": "latency causes: descriptive only"}, {"episodes": 7},
     {"n_fallback": 29}, {"overlap": 0.49}],
)  # fmt: skip
def test_a_failed_guard_lowers_confidence(given: dict[str, Any]) -> None:
    assert demotions(harm(**given))[0].confidence == "low"


@pytest.mark.parametrize("given", [{"risk": "high"}, {"activation": "on_approval"}])
def test_grave_or_already_gated_substitutes_are_removed(given: dict[str, Any]) -> None:
    assert demotions(harm(), **given)[0].change.startswith("Remove ")


def test_weak_evidence_gates_even_a_grave_class_and_removes_nothing() -> None:
    (found,) = demotions(harm(warning="descriptive only"), risk="high")
    assert found.change.startswith("Set activation ")


@pytest.mark.parametrize("given", [{"activation": "forbidden"}, {"expires_at": AS_OF}])
def test_what_may_not_be_used_is_not_demoted(given: dict[str, Any]) -> None:
    assert demotions(harm(), **given) == []
