"""Each rule speaks exactly when it should."""

import json
from datetime import timedelta
from typing import Any

import pytest
from unit.decisions.samples import AS_OF, DAY, effect, open_episode, silent_day, tolerated

from readback.decisions.alert_rules import ALERT_RULES
from readback.decisions.condition import Condition
from readback.decisions.effects import Effect
from readback.decisions.episode_rules import impact_tolerance, recovery_objective
from readback.decisions.evidence import as_json
from readback.decisions.outcome_rules import outcome_regression
from readback.decisions.silent_rules import SilentDay, silent_downgrade


def silent(*days: SilentDay) -> list[Condition]:
    return list(silent_downgrade(days, AS_OF))


def worse(*effects: Effect) -> list[Condition]:
    return list(outcome_regression(effects, AS_OF))


def ago(days: float, **given: Any) -> SilentDay:
    at = DAY - timedelta(days=days)
    return silent_day(day_at=at, first_at=at, last_at=at, **given)


@pytest.mark.parametrize(("risk", "fires"), [("critical", True), ("high", True), ("moderate", False), (None, False)])
def test_one_silent_downgrade_is_enough_on_a_grave_class_only(risk: str | None, fires: bool) -> None:
    assert bool(silent(silent_day(risk=risk))) is fires


def test_silent_downgrade_names_the_requests_and_the_policy_line() -> None:
    (condition,) = silent(ago(2, request_count=2), silent_day(last_request_id="litellm:9", served_models=["small-2"]))
    assert condition.title == "3 silent downgrades of payment since 2026-10-28"
    assert condition.detail == (
        "small-1, small-2 answered 3 requests of critical risk without any sign to the user (unapproved_substitute); "
        "1 to 2 a day on 2 days, 2026-10-28 to 2026-10-30. First: litellm:1. Latest: litellm:9. "
        "Policy: claims v1, workflow_classes[0]."
    )
    assert json.loads(as_json(condition.facts))["request_count"] == 3


def test_an_upgrade_among_them_is_told_as_one() -> None:
    (condition,) = silent(ago(2, request_count=2, upgrade_count=1), silent_day())
    assert condition.title.startswith("2 silent downgrades and 1 silent upgrade of payment")


@pytest.mark.parametrize(("gap", "count"), [(7, 2), (7.01, 1)])
def test_a_streak_goes_on_over_a_week_without_one_and_no_longer(gap: float, count: int) -> None:
    (condition,) = silent(ago(gap), silent_day())
    assert condition.facts["request_count"] == count


def test_an_earlier_streak_is_told_in_the_alert_of_the_latest() -> None:
    (condition,) = silent(ago(40), ago(20, request_count=3), ago(14), silent_day())
    assert condition.scope == ("payment", "2026-10-30")
    assert condition.detail.endswith("An earlier streak: 4 from 2026-10-10 to 2026-10-16.")


def test_a_streak_keeps_its_fingerprint_while_it_grows() -> None:
    ((before,), (after,)) = silent(ago(40), ago(33), ago(26)), silent(*(ago(days) for days in range(41)))
    assert (after.scope, after.started_at) == (before.scope, before.started_at)


def test_a_moderate_class_neither_begins_nor_prolongs_a_streak() -> None:
    (condition,) = silent(ago(9, risk="moderate"), ago(5, risk="moderate"), silent_day())
    assert (condition.started_at, condition.facts["request_count"]) == (DAY, 1)


def test_classes_of_one_workflow_share_its_alert_and_workflows_do_not() -> None:
    days = (silent_day(), silent_day(workflow_class="refund", risk="high"), silent_day(workflow=None))
    first, second = silent(*days)
    assert (first.workflow, second.workflow) == (None, "payment")
    assert "2 requests of critical and high risk" in second.detail
    assert "all on 2026-10-30" in second.detail


@pytest.mark.parametrize(("duration", "fires"), [(1800.0, False), (1800.001, True)])
def test_recovery_objective_is_breached_only_beyond_it(duration: float, fires: bool) -> None:
    assert bool(list(recovery_objective([open_episode(duration_s=duration)], AS_OF))) is fires


@pytest.mark.parametrize(
    ("hours", "tier", "level"),
    [(11.9, None, 0), (12, "ticket", 0), (19.2, "page", 1), (23.9, "page", 1), (24, "page", 2), (99, "page", 2)],
)
def test_impact_tolerance_is_told_at_half_four_fifths_and_all(hours: float, tier: str | None, level: int) -> None:
    found = list(impact_tolerance([tolerated(duration_s=hours * 3600)], AS_OF))
    assert [(each.tier, each.level) for each in found] == ([(tier, level)] if tier else [])


def test_impact_tolerance_names_what_is_used_up_and_the_policy_line() -> None:
    (condition,) = impact_tolerance([tolerated(duration_s=20 * 3600)], AS_OF)
    assert condition.title == "payment is off large-1 for 80% or more of what it can bear"
    assert condition.detail == (
        "Open for 20.0 h of the 24.0 h that pay can bear; provider outage, 8 fallbacks, 0 unanswered. "
        "Policy: claims v1, workflow_classes[0].continuity.impact_tolerance."
    )


@pytest.mark.parametrize(("count", "level"), [(9, 0), (10, 1), (100, 2)])
def test_ten_times_as_many_silent_downgrades_are_told_again(count: int, level: int) -> None:
    (condition,) = silent(silent_day(request_count=count))
    assert condition.level == level


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
    assert bool(worse(effect(**given))) is fires


def test_outcome_regression_tells_estimate_interval_n_crude_and_e_value() -> None:
    (condition,) = worse(effect())
    assert condition.detail == (
        "+2.1 pp rework (95% CI +0.9 to +3.4), 312 fallback runs in 41 episodes against 9,000 preferred. "
        "Unadjusted: +5 pp. To explain it away, an unmeasured cause would need to make both fallback and rework "
        "1.7 times likelier; 1.6 times to bring the interval to zero."
    )


def model(**given: Any) -> Effect:
    return effect(**({"dimension": "model", "member": "small-1"} | given))


def test_workflows_that_say_the_same_are_told_inside_their_substitute() -> None:
    same, other = effect(main_substitute="small-1"), effect(member="letters", low=-0.1, main_substitute="small-1")
    (condition,) = worse(same, model(), other)
    assert condition.scope == ("model", "small-1", "rework_rate")
    assert condition.detail.endswith("Its workflows say so too: payment (rework). No harm shown: letters (rework).")
    assert [fact["member"] for fact in condition.facts["workflows"]] == ["letters", "payment"]


@pytest.mark.parametrize("given", [{"low": -0.01}, {"member": "small-2"}, {"metric": "override_rate"}])
def test_a_workflow_stands_alone_where_its_substitute_does_not_show_it(given: dict[str, Any]) -> None:
    found = worse(effect(main_substitute="small-1"), model(**given))
    assert "payment" in [condition.workflow for condition in found]


def test_outcomes_of_one_substitute_are_one_alert_under_the_gravest() -> None:
    overrides = model(metric="override_rate", warning="descriptive only")
    (condition,) = worse(overrides, model())
    assert (condition.metric, condition.title) == ("rework_rate", "More rework and overrides on substitute small-1")
    assert "+2.1 pp overrides (95% CI +0.9 to +3.4); unadjusted +5 pp; descriptive only." in condition.detail
    ((graver),) = worse(overrides, model(), model(metric="downstream_error_rate"))
    assert graver.scope != condition.scope


def test_a_model_that_never_stood_in_is_no_substitute() -> None:
    assert worse(model(first_at=None, last_at=None)) == []


def test_regression_of_a_model_names_no_workflow() -> None:
    (condition,) = worse(model())
    assert condition.workflow is None
    assert condition.title == "More rework on substitute small-1"


def test_every_rule_has_its_own_name() -> None:
    assert len({(rule.rule, rule.version) for rule in ALERT_RULES}) == len(ALERT_RULES) == 10


def test_a_difference_worth_fewer_than_ten_episodes_is_not_called_harm() -> None:
    assert effect(effective_episodes=10.0).is_harm
    assert not effect(effective_episodes=9.9).is_harm
    assert not effect(effective_episodes=None).is_harm
