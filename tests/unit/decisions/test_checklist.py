"""The checklist: five questions, each answered from what was seen, each with what to do next."""

from dataclasses import replace

from unit.decisions.samples import effect

from readback.decisions.checklist import QUESTIONS, Answer, ExposedWorkflow, Item, SourceSight, answers
from readback.decisions.effects import Effects

USE = ExposedWorkflow(
    workflow="payment", policy_id="claims", workflow_class="pay", request_count=1000, fallback_count=30, held_count=2,
    failed_count=1, causes=["provider_outage"], policy_version=1, stage="execution", risk="critical", boundary="pause",
    triggers=["provider_outage"], paths=["hold-queue"], class_path="workflow_classes[0]",
)  # fmt: skip
SIGHT = SourceSight("litellm", 1000, 1000, 30, 0, 0, 0, 0, 0, None)
HARM = Effects([effect(member="payment", estimate=0.1, low=0.05, high=0.15)])


def told(use: ExposedWorkflow = USE, sight: SourceSight = SIGHT, effects: Effects | None = None) -> list[Item]:
    return list(answers([use], [sight], effects or Effects([]), []))


def test_every_question_is_answered_with_an_action() -> None:
    items = told()
    assert [item.question for item in items] == list(QUESTIONS)
    assert all(item.next_action and item.evidence for item in items)


def test_a_workflow_in_order_is_told_so_and_an_unseen_outcome_is_unknown() -> None:
    assert [item.answer for item in told()] == [Answer.YES] * 4 + [Answer.UNKNOWN]


def test_each_gap_is_a_no() -> None:
    bare = replace(USE, boundary=None, paths=[], causes=["context_window"])
    hidden = replace(SIGHT, derivable_count=600, main_reason="one row per call")
    items = told(bare, hidden, HARM)
    assert [item.answer for item in items] == [Answer.NO] * 5
    assert "context_window" in items[2].next_action
    assert items[3].next_action == "Log more: one row per call."
    assert items[4].next_action == "Review the substitute: more rework."


def test_silent_fallbacks_are_not_visible_ones() -> None:
    for seen in (replace(SIGHT, downgrade_count=5), replace(SIGHT, upgrade_count=5)):
        assert told(sight=seen)[3].answer is Answer.NO


def test_fallbacks_without_a_reason_are_not_visible_ones() -> None:
    item = told(sight=replace(SIGHT, causeless_count=5))[3]
    assert (item.answer, "5 without a logged reason" in item.evidence) == (Answer.NO, True)


def test_every_kind_of_violation_is_told() -> None:
    seen = replace(SIGHT, downgrade_count=1, upgrade_count=2, wrong_order_count=3, missed_count=4)
    evidence = told(sight=seen)[3].evidence
    for each in ("1 silent downgrade ", "2 silent upgrades ", "3 in the wrong order", "4 missed fallbacks"):
        assert each in evidence


def test_every_question_is_answered_where_nothing_was_read() -> None:
    items = list(answers([], [], Effects([]), []))
    assert [item.question for item in items] == list(QUESTIONS)
    assert {item.answer for item in items} == {Answer.UNKNOWN}
    assert all(item.next_action and item.evidence for item in items)
