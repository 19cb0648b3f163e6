"""The life of a recommendation: proposed, accepted or rejected by people, superseded, expired; then held to its word.

What a person rejected is proposed again only when the evidence has grown materially. What was accepted is compared with
itself before and after, and says kept, not kept, or cannot tell.
"""

import math
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta

from readback import store
from readback.contracts import Recommendation
from readback.contracts.vocabulary import Confidence, EvidenceClass, RecommendationOutcome, RecommendationState
from readback.decisions.effects import percent
from readback.decisions.evidence import WINDOW_DAYS
from readback.decisions.following import Day, daily, ratio
from readback.errors import ReadbackError

MATERIAL_GROWTH = 2.0
"""What was rejected comes again with this many times the requests behind it, or with more confidence."""

LEAST_DAYS_AFTER = 7
_SECONDS = "wait_s"
_AS_PROMISED = frozenset(
    {"unapproved_share", "fallback_share", "uncovered_share", "unserved_share", "failed_share", "substituted_share",
     "rework_rate", "override_rate", "downstream_error_rate"}
)  # fmt: skip
"""Measures whose promise is in the unit that is measured afterwards; of the others only the direction is held."""

_BY_ITS_SIDES = (
    "A trial is told by its two sides, not by before and after: once the log holds what was drawn, the evidence of "
    "this class asks for the change or no longer asks for anything."
)

_CONFIDENCE = list(Confidence)
_DECIDED = (RecommendationState.ACCEPTED, RecommendationState.REJECTED)
_KEPT_FIELDS = (
    "state", "proposed_at", "decided_at", "decided_by", "decision_reason", "decided_n", "decided_confidence",
    "outcome", "outcome_detail",
)  # fmt: skip


class UnknownRecommendation(ReadbackError):
    """No recommendation has this id, or it cannot be decided any more."""


def read_recommendations(con: store.Connection) -> list[Recommendation]:
    """Every recommendation that is known, whatever became of it."""
    sql = "select * from recommendations order by priority nulls last, recommendation_id"
    return store.read_rows(con, Recommendation, sql)


def carried_on(
    known: Iterable[Recommendation], found: Iterable[Recommendation], as_of: datetime
) -> Iterator[Recommendation]:
    """What is found now with what was decided before; what is no longer found keeps its row and its end."""
    now = {each.recommendation_id: each for each in found}
    before = {each.recommendation_id: each for each in known}
    for each in now.values():
        yield _seen_again(before[each.recommendation_id], each) if each.recommendation_id in before else _first(each)
    scopes = {scope for each in now.values() for scope in _scopes(each)}
    for each in before.values():
        if each.recommendation_id not in now:
            yield _gone(each, is_replaced=not scopes.isdisjoint(_scopes(each)))


def accept(con: store.Connection, recommendation_id: str, who: str, reason: str | None, at: datetime) -> Recommendation:
    """Somebody means to make the change; from now on it is followed up.

    Raises:
        UnknownRecommendation: no such recommendation, or it is not open.
    """
    return _decide(con, recommendation_id, RecommendationState.ACCEPTED, who, reason, at)


def reject(con: store.Connection, recommendation_id: str, who: str, reason: str, at: datetime) -> Recommendation:
    """Somebody decided against the change; it is not proposed again unless the evidence grows materially.

    Raises:
        UnknownRecommendation: no such recommendation, or it is not open.
    """
    return _decide(con, recommendation_id, RecommendationState.REJECTED, who, reason, at)


def follow_up(con: store.Connection, each: Recommendation, as_of: datetime) -> Recommendation:
    """An accepted one with what came of it; any other as it is.

    Before and after a trial began are not what it compares: its two sides are, and what they show is the next proposal.
    """
    if each.state is not RecommendationState.ACCEPTED or each.decided_at is None:
        return each
    changed_at = _changed_at(con, each)
    if each.evidence_class is EvidenceClass.TRIAL:
        return each.model_copy(update={"outcome": RecommendationOutcome.CANNOT_TELL, "outcome_detail": _BY_ITS_SIDES})
    days = daily(con, each, changed_at - timedelta(days=WINDOW_DAYS), as_of)
    before = [day for day in days if day.day < changed_at.date()]
    after = [day for day in days if day.day > changed_at.date()]
    outcome, detail = held(each, before, after)
    return each.model_copy(update={"outcome": outcome, "outcome_detail": detail})


def held(each: Recommendation, before: list[Day], after: list[Day]) -> tuple[RecommendationOutcome, str]:
    """Whether the measure fell as promised, by the difference of two shares clustered by day.

    Kept: the interval lies below zero. Not kept: it lies above the least that was promised. Otherwise nobody can tell.
    """
    estimates = [ratio(days) for days in (before, after)]
    if len(after) < LEAST_DAYS_AFTER or any(None in (e.value, e.low, e.high) for e in estimates):
        return RecommendationOutcome.CANNOT_TELL, f"{len(after)} days since the change; {LEAST_DAYS_AFTER} are needed."
    was, now = ((e.value or 0.0, (e.high or 0.0) - (e.low or 0.0)) for e in estimates)
    difference, half = now[0] - was[0], math.hypot(was[1], now[1]) / 2
    low, high = difference - half, difference + half
    told = (
        f"{each.measure}: {_told(each, was[0])} before, {_told(each, now[0])} after; change "
        f"{_told(each, difference, '+')} (95% CI {_told(each, low, '+')} to {_told(each, high, '+')}), "
        f"{len(before)} and {len(after)} days."
    )
    if high < 0:
        return RecommendationOutcome.KEPT, told
    is_comparable = each.measure in _AS_PROMISED and each.high is not None and each.high < 0
    promised = (each.high or 0.0) if is_comparable else 0.0
    return (RecommendationOutcome.NOT_KEPT if low > promised else RecommendationOutcome.CANNOT_TELL), told


def _told(each: Recommendation, number: float, sign: str = "") -> str:
    """Seconds a request, a share, or the difference of two shares in points."""
    if each.measure == _SECONDS:
        return f"{number:{sign}.3g} s"
    return f"{100 * number:{sign}.2g} pp" if sign else percent(number)


def _first(each: Recommendation) -> Recommendation:
    return each.model_copy(update={"proposed_at": each.as_of})


def _seen_again(known: Recommendation, seen: Recommendation) -> Recommendation:
    """What the rule sees now, with what people said; an end without a decision, or one outgrown, is undone."""
    is_ended = known.state in (RecommendationState.SUPERSEDED, RecommendationState.EXPIRED)
    if is_ended or (known.state is RecommendationState.REJECTED and _has_grown(known, seen)):
        return seen.model_copy(update={"proposed_at": known.proposed_at or seen.as_of})
    return seen.model_copy(update=known.model_dump(include=set(_KEPT_FIELDS)))


def _has_grown(known: Recommendation, seen: Recommendation) -> bool:
    is_larger = (seen.n_requests or 0) >= MATERIAL_GROWTH * max(known.decided_n or 0, 1)
    decided = known.decided_confidence or known.confidence
    return is_larger or _CONFIDENCE.index(seen.confidence) < _CONFIDENCE.index(decided)


def _gone(each: Recommendation, *, is_replaced: bool) -> Recommendation:
    """An open one that the evidence no longer asks for ends; what people decided stays."""
    if each.state in _DECIDED or each.state is not RecommendationState.OPEN:
        return each.model_copy(update={"priority": None})
    ended = RecommendationState.SUPERSEDED if is_replaced else RecommendationState.EXPIRED
    return each.model_copy(update={"state": ended, "priority": None})


def _scopes(each: Recommendation) -> Iterator[tuple[str | None, ...]]:
    """By which one replaces another: the same kind for the same work, or the same line of the policy.

    A limit that is to be lowered now replaces the trial of a higher one, and an order that is known the trial of it.
    """
    yield each.kind, each.workflow_class, each.workflow
    if each.policy_path is not None and each.workflow_class is not None:
        yield "line", each.policy_id, each.workflow_class, each.policy_path


def _decide(
    con: store.Connection, wanted: str, state: RecommendationState, who: str, reason: str | None, at: datetime
) -> Recommendation:
    found = [each for each in read_recommendations(con) if each.recommendation_id == wanted]
    if not found:
        told = f"no recommendation has the id {wanted!r}; `readback recommend list` shows them"
        raise UnknownRecommendation(told)
    if found[0].state is not RecommendationState.OPEN:
        raise UnknownRecommendation(f"recommendation {wanted} is {found[0].state.value}; only an open one is decided")
    said = {"state": state, "decided_by": who, "decision_reason": reason, "decided_at": at}
    then = {"decided_n": found[0].n_requests, "decided_confidence": found[0].confidence}
    decided = found[0].model_copy(update=said | then)
    con.execute("delete from recommendations where recommendation_id = $wanted", {"wanted": wanted})
    store.insert_rows(con, Recommendation, [decided])
    return decided


def _changed_at(con: store.Connection, each: Recommendation) -> datetime:
    """When the next version of the policy came into force; the decision itself where there was none yet."""
    assert each.decided_at is not None
    ((moment,),) = con.execute(
        """select min(effective_from) from policies
        where policy_id = $policy_id and status = 'active' and effective_from > $decided_at""",
        {"policy_id": each.policy_id, "decided_at": each.decided_at},
    ).fetchall()
    return moment if isinstance(moment, datetime) else each.decided_at
