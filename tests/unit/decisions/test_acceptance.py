"""What becomes of a recommendation: proposed once, decided by people, held to its word."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from unit.decisions.samples import AS_OF, effect, listed, put, put_requests

from readback import store
from readback.contracts import PolicyVersion, Recommendation
from readback.contracts.vocabulary import Confidence, EvidenceClass, RecommendationOutcome, RecommendationState
from readback.decisions.acceptance import (
    UnknownRecommendation,
    accept,
    carried_on,
    follow_up,
    held,
    read_recommendations,
    reject,
)
from readback.decisions.effects import Effects
from readback.decisions.following import Day, daily
from readback.decisions.substitute_rules import demote

OPEN, REJECTED = RecommendationState.OPEN, RecommendationState.REJECTED


def proposed(**given: Any) -> Recommendation:
    (found,) = demote([listed()], Effects([effect(dimension="model", member=listed().target)]), AS_OF)
    return found.model_copy(update=given)


def next_run(known: Recommendation, *found: Recommendation) -> dict[str, Recommendation]:
    return {each.recommendation_id: each for each in carried_on([known], found, AS_OF)}


@pytest.fixture
def con() -> Iterator[store.Connection]:
    opened = store.memory()
    store.create_tables(opened)
    yield opened
    opened.close()


def test_what_is_found_first_is_proposed_now() -> None:
    (each,) = carried_on([], [proposed()], AS_OF)
    assert (each.state, each.proposed_at) == (OPEN, AS_OF)


def test_what_was_decided_stays_decided_while_the_figures_move() -> None:
    known = proposed(state=REJECTED, decided_by="board", decision_reason="no", decided_n=100, n_requests=100)
    each = next_run(known, proposed(n_requests=150))[known.recommendation_id]
    assert (each.state, each.decision_reason, each.n_requests) == (REJECTED, "no", 150)


def test_a_rejected_one_comes_again_when_its_evidence_has_doubled() -> None:
    known = proposed(state=REJECTED, decided_n=100, n_requests=100)
    each = next_run(known, proposed(n_requests=200))[known.recommendation_id]
    assert (each.state, each.decision_reason) == (OPEN, None)


def test_a_rejected_one_comes_again_when_it_is_surer() -> None:
    known = proposed(state=REJECTED, decided_n=100, n_requests=100, confidence=Confidence.LOW)
    each = next_run(known, proposed(n_requests=100, confidence=Confidence.MEDIUM))[known.recommendation_id]
    assert each.state is OPEN


def test_a_rejected_one_that_was_less_sure_for_a_while_does_not_come_again(con: store.Connection) -> None:
    store.insert_rows(con, Recommendation, [proposed(confidence=Confidence.MEDIUM)])
    known = reject(con, proposed().recommendation_id, "board", "no", AS_OF)
    for confidence in (Confidence.LOW, Confidence.MEDIUM):
        known = next_run(known, proposed(confidence=confidence))[known.recommendation_id]
    assert (known.state, known.decision_reason) == (REJECTED, "no")


def test_an_open_one_without_evidence_expires_and_a_replaced_one_is_superseded() -> None:
    known = proposed()
    assert next_run(known)[known.recommendation_id].state is RecommendationState.EXPIRED
    other = proposed(recommendation_id="other")
    assert next_run(known, other)[known.recommendation_id].state is RecommendationState.SUPERSEDED


def test_an_accepted_one_is_kept_when_the_evidence_is_gone() -> None:
    known = proposed(state=RecommendationState.ACCEPTED)
    assert next_run(known)[known.recommendation_id].state is RecommendationState.ACCEPTED


def test_a_person_decides_once(con: store.Connection) -> None:
    each = proposed()
    store.insert_rows(con, Recommendation, [each])
    reject(con, each.recommendation_id, "board", "not now", AS_OF)
    (kept,) = read_recommendations(con)
    assert (kept.state, kept.decided_by, kept.decision_reason, kept.decided_n) == (
        REJECTED, "board", "not now", each.n_requests,
    )  # fmt: skip
    with pytest.raises(UnknownRecommendation, match="is rejected; only an open one is decided"):
        accept(con, each.recommendation_id, "board", None, AS_OF)
    with pytest.raises(UnknownRecommendation, match="no recommendation has the id 'x'"):
        accept(con, "x", "board", None, AS_OF)


def days(share: float, count: int) -> list[Day]:
    """Days of 100 requests around a share, one above and one below it in turn."""
    return [Day(date(2026, 10, 1) + timedelta(days=n), 100 * share + n % 2 * 2 - 1, 100.0) for n in range(count)]


@pytest.mark.parametrize(
    ("after", "outcome"),
    [
        (days(0.05, 14), RecommendationOutcome.KEPT),
        (days(0.20, 14), RecommendationOutcome.NOT_KEPT),
        (days(0.05, 3), RecommendationOutcome.CANNOT_TELL),
    ],
)
def test_an_accepted_change_is_held_to_its_promise(after: list[Day], outcome: RecommendationOutcome) -> None:
    assert held(proposed(high=-0.05, low=-0.15, estimate=-0.1), days(0.20, 28), after)[0] is outcome


def test_an_accepted_change_is_followed_in_the_requests(con: store.Connection) -> None:
    """A third of the calls fell back until the next version came into force, and hardly one since."""
    changed_at = AS_OF.replace(hour=0) - timedelta(days=14)
    for version, since in ((1, changed_at - timedelta(days=90)), (2, changed_at)):
        put(con, PolicyVersion, version=version, effective_from=since)
    for day in range(-20, 14):
        at = changed_at + timedelta(days=day, hours=1)
        count = (30 if day < 0 else 2) + day % 3
        off = {"served_by": "substitute", "is_fallback": True, "started_at": at}
        put_requests(con, count, request_id=f"off{day}:", **off)
        put_requests(con, 100 - count, request_id=f"on{day}:", started_at=at)
    each = proposed(
        state=RecommendationState.ACCEPTED, decided_at=changed_at - timedelta(days=1), measure="fallback_share",
        workflow_class="pay", workflow=None, evidence="{}",
    )  # fmt: skip
    followed = follow_up(con, each, AS_OF)
    assert followed.outcome is RecommendationOutcome.KEPT
    assert "fallback_share: 31.1% before, 3% after" in (followed.outcome_detail or "")


def test_a_share_of_a_class_is_followed_over_all_its_workflows(con: store.Connection) -> None:
    """Only one workflow has the gap, and the promise was made of the requests of the whole class."""
    put_requests(con, 10, request_id="held:", served_by="hold", is_fallback=True, first_cause="context_window")
    put_requests(con, 90, request_id="other:", workflow="letters")
    each = proposed(measure="unserved_share", workflow_class="pay", workflow="payment", evidence="{}")
    assert [(day.part, day.whole) for day in daily(con, each, AS_OF - timedelta(days=2), AS_OF)] == [(10, 100)]


def test_what_nobody_accepted_is_not_followed(con: store.Connection) -> None:
    assert follow_up(con, proposed(), AS_OF).outcome is None


def test_what_another_line_of_the_policy_asks_for_does_not_replace_and_the_same_line_does() -> None:
    """A limit that is to be lowered now replaces the trial of a higher one, though it is of another kind."""
    path = "workflow_classes[0].triggers[1].when.gt"
    trial = proposed(kind="raise_latency_trigger", policy_path=path, recommendation_id="trial")
    lower = proposed(kind="lower_latency_trigger", policy_path=path, recommendation_id="lower")
    assert next_run(trial, lower)["trial"].state is RecommendationState.SUPERSEDED
    elsewhere = lower.model_copy(update={"policy_path": "workflow_classes[0].cooldown.duration"})
    assert next_run(trial, elsewhere)["trial"].state is RecommendationState.EXPIRED


def test_a_trial_is_not_told_by_before_and_after(con: store.Connection) -> None:
    put_requests(con, 100, workflow="letters", started_at=AS_OF - timedelta(days=20))
    trial = proposed(
        state=RecommendationState.ACCEPTED, decided_at=AS_OF - timedelta(days=10), evidence_class=EvidenceClass.TRIAL
    )
    followed = follow_up(con, trial, AS_OF)
    assert followed.outcome is RecommendationOutcome.CANNOT_TELL
    assert "by its two sides" in (followed.outcome_detail or "")
