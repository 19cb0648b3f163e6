"""Alerts that one model is behind are told as one."""

from datetime import timedelta
from typing import Any

from unit.decisions.samples import AS_OF, alert

from readback.contracts import Alert
from readback.contracts.vocabulary import AlertState, AlertTier, NotificationStage
from readback.decisions.alerts import take_turns
from readback.decisions.lifecycle import Look, Step
from readback.decisions.shared_causes import RULE, parent_id_of

HOUR = timedelta(hours=1)


def looks(*workflows: str, hours: int = 0, cause: str | None = "large-1", **given: Any) -> list[Look]:
    at = AS_OF + HOUR * hours
    return [
        Look(alert(alert_id=name, workflow=name, as_of=at, fired_at=at, shared_cause=cause, **given), at)
        for name in workflows
    ]


def turned(known: list[Step], seen: list[Look], hours: int = 0) -> list[Step]:
    return take_turns({step.alert.alert_id: step.alert for step in known}, seen, AS_OF + HOUR * hours)


def parent(steps: list[Step]) -> Alert | None:
    return next((step.alert for step in steps if step.alert.rule == RULE), None)


def test_three_workflows_with_one_model_become_one_parent() -> None:
    steps = turned([], looks("a", "b", "c"))
    found = parent(steps)
    assert found is not None
    assert (found.title, found.detail) == ("3 workflows are in trouble with large-1", "a, b, c: 3 budget burn.")
    assert {step.alert.parent_id for step in steps if step.alert.rule != RULE} == {parent_id_of("large-1")}


def test_two_workflows_or_several_models_stay_alone() -> None:
    assert parent(turned([], looks("a", "b"))) is None
    assert parent(turned([], looks("a", "b") + looks("c", cause="large-2"))) is None
    assert parent(turned([], looks("a", "b", "c", cause=None))) is None


def test_three_rules_of_one_workflow_are_one_workflow() -> None:
    same = [Look(look.alert.model_copy(update={"workflow": "a"}), look.last_at) for look in looks("a", "b", "c")]
    assert parent(turned([], same)) is None


def test_a_living_parent_takes_in_what_opens_later_and_what_opened_alone_stays() -> None:
    alone = turned([], looks("x"))
    first = turned(alone, looks("x", "a", "b", "c", hours=1), 1)
    later = turned(first, looks("x", "a", "b", "c", "d", hours=2), 2)
    parents = {step.alert.workflow: step.alert.parent_id for step in later}
    assert parents["x"] is None
    assert parents["d"] == parent_id_of("large-1")
    assert [step.stage for step in later if step.alert.rule == RULE] == [None]


def test_the_parent_is_as_loud_as_its_loudest_child_and_escalates_with_it() -> None:
    first = turned([], looks("a", "b", "c", tier=AlertTier.TICKET))
    found = parent(first)
    assert found is not None
    assert found.tier is AlertTier.TICKET
    worse = looks("a", "b", hours=1, tier=AlertTier.TICKET) + looks("c", hours=1, tier=AlertTier.PAGE, level=2)
    (step,) = [step for step in turned(first, worse, 1) if step.alert.rule == RULE]
    assert (step.alert.tier, step.stage) == (AlertTier.PAGE, NotificationStage.ESCALATED)


def test_the_parent_ends_with_its_last_child() -> None:
    first = turned([], looks("a", "b", "c"))
    second = turned(first, looks("c", hours=1), 1)
    third = turned(second, [], 2)
    states = [found.state for steps in (second, third) if (found := parent(steps))]
    assert states == [AlertState.OPEN, AlertState.RESOLVED]
