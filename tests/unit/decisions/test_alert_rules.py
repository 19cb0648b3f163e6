"""Each rule speaks exactly when it should."""

import json

import pytest
from unit.decisions.samples import effect, open_episode, silent_day

from readback.decisions.alert_rules import ALERT_RULES, outcome_regression, recovery_objective, silent_downgrade
from readback.decisions.evidence import as_json


@pytest.mark.parametrize(("risk", "fires"), [("critical", True), ("high", True), ("moderate", False), (None, False)])
def test_one_silent_downgrade_is_enough_on_a_grave_class_only(risk: str | None, fires: bool) -> None:
    assert (silent_downgrade(silent_day(risk=risk)) is not None) is fires


def test_silent_downgrade_names_the_request_and_the_policy_line() -> None:
    condition = silent_downgrade(silent_day(request_count=2))
    assert condition is not None
    assert condition.title == "2 silent downgrades of payment on 2026-10-30"
    assert "litellm:1" in condition.detail
    assert "claims v1, workflow_classes[0]" in condition.detail
    assert json.loads(as_json(condition.facts))["request_count"] == 2


@pytest.mark.parametrize(("duration", "fires"), [(1800.0, False), (1800.001, True)])
def test_recovery_objective_is_breached_only_beyond_it(duration: float, fires: bool) -> None:
    assert (recovery_objective(open_episode(duration_s=duration)) is not None) is fires


@pytest.mark.parametrize(
    ("given", "fires"),
    [
        ({}, True),
        ({"low": 0.0}, False),
        ({"low": -0.001}, False),
        ({"low": float("nan")}, False),
        ({"status": "too_few"}, False),
        ({"status": "low_coverage"}, False),
        ({"estimate": None, "low": None, "high": None}, False),
        ({"estimate": -0.02, "low": -0.03, "high": -0.01}, False),
        ({"metric": "override_rate"}, True),
        ({"metric": "downstream_error_rate"}, True),
        ({"metric": "fallback_frequency"}, False),
    ],
)
def test_outcome_regression_needs_an_interval_above_zero(given: dict[str, object], fires: bool) -> None:
    assert (outcome_regression(effect(**given)) is not None) is fires


def test_outcome_regression_tells_estimate_interval_n_crude_and_e_value() -> None:
    condition = outcome_regression(effect())
    assert condition is not None
    assert condition.detail == (
        "+2.1 pp rework (95% CI +0.9 to +3.4), 312 fallback runs in 41 episodes against 9,000 preferred. "
        "Unadjusted: +5 pp. To explain it away, an unmeasured cause would need to make both fallback and rework "
        "1.7 times likelier; 1.6 times to bring the interval to zero."
    )


def test_regression_of_a_model_names_no_workflow() -> None:
    condition = outcome_regression(effect(dimension="model", member="small-1"))
    assert condition is not None
    assert condition.workflow is None
    assert condition.title == "More rework on substitute small-1"


def test_every_rule_has_its_own_name() -> None:
    assert len({(rule.rule, rule.version) for rule in ALERT_RULES}) == len(ALERT_RULES) == 3
