"""What a later window shows of a change that was proposed: the same quantity at the same value, without any threshold.

A rule that speaks again may ask for another value, and one that is silent has not said that it was wrong. So nothing
is judged here: the evidence is read as the proposal read it. Bounds and trials have nothing to be held to.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Any

from readback import store
from readback.contracts import Recommendation
from readback.contracts.vocabulary import EvidenceClass
from readback.decisions.advice import Limits
from readback.decisions.comparisons import comparisons
from readback.decisions.cooldown_rules import CooledCall, avoidable
from readback.decisions.effects import Effects
from readback.decisions.evidence import gather
from readback.decisions.following import daily, ratio
from readback.decisions.latency_rules import AnswerDay, saving
from readback.decisions.ranking_rules import SubstituteRuns, pairs
from readback.decisions.recommendations import scope_of
from readback.metrics.effects import Days
from readback.settings import Settings

NOTHING: Limits = (None, None, None)
_COMPARED = frozenset({"demote_substitute", "raise_cost_ceiling"})


@dataclass(frozen=True)
class Later:
    """The evidence of a later window, gathered when it is first asked for."""

    con: store.Connection
    as_of: datetime
    settings: Settings
    days: Days

    @cached_property
    def effects(self) -> Effects:
        """Comparisons of outcomes."""
        return comparisons(self.con, self.settings, self.as_of, self.days)

    @cached_property
    def runs(self) -> list[SubstituteRuns]:
        """What the substitutes of each class did."""
        return gather(self.con, "substitute_outcomes", SubstituteRuns, self.scope)

    @cached_property
    def answers(self) -> list[AnswerDay]:
        """How long the preferred models took."""
        return gather(self.con, "answer_times", AnswerDay, self.scope)

    @cached_property
    def calls(self) -> list[CooledCall]:
        """Calls around failures."""
        return gather(self.con, "cooled_calls", CooledCall, self.scope)

    @cached_property
    def scope(self) -> dict[str, Any]:
        """What the models are bound to."""
        return scope_of(self.as_of, self.days)


def shown(
    con: store.Connection, proposed: Iterable[Recommendation], as_of: datetime, settings: Settings, days: Days
) -> dict[str, Limits]:
    """By id, what the window that ends at a moment shows of each proposal; nothing where it cannot."""
    later = Later(con, as_of, settings, days)
    return {each.recommendation_id: _shown(later, each, json.loads(each.evidence)) for each in proposed}


def _shown(later: Later, each: Recommendation, facts: Mapping[str, Any]) -> Limits:
    if each.kind == "reorder_substitutes":
        return _pair(later, each, facts)
    if each.kind in _COMPARED:
        return _effect(later, facts["effects"][0] if "effects" in facts else facts["effect"])
    if each.evidence_class is not EvidenceClass.REPLAY:
        return NOTHING
    return _REPLAYED.get(each.measure or "", _share)(later, each, facts)


def _pair(later: Later, each: Recommendation, facts: Mapping[str, Any]) -> Limits:
    for pair in pairs(later.runs):
        is_it = (pair.first.target, pair.later.target) == (facts["first_target"], facts["later_target"])
        if is_it and pair.first.workflow_class == each.workflow_class and f"{pair.first.metric}_rate" == each.measure:
            return _less(pair.found.difference, pair.found.low, pair.found.high)
    return NOTHING


def _effect(later: Later, before: Mapping[str, Any]) -> Limits:
    found = later.effects.same(before["dimension"], before["member"], before["metric"])
    return NOTHING if found is None else _less(found.estimate, found.low, found.high)


def _wait(later: Later, each: Recommendation, facts: Mapping[str, Any]) -> Limits:
    """Seconds over as many days as the proposal saw."""
    days = [day for day in later.answers if day.workflow_class == each.workflow_class]
    if not days:
        return NOTHING
    scale = facts["day_count"] / len(days)
    return _less(*(None if limit is None else limit * scale for limit in saving(days, facts["limit_s"])))


def _failed_tries(later: Later, each: Recommendation, facts: Mapping[str, Any]) -> Limits:
    calls = [call for call in later.calls if call.workflow_class == each.workflow_class]
    found = avoidable(calls, facts["duration_s"])
    return NOTHING if found is None else _less(*found)


def _share(later: Later, each: Recommendation, facts: Mapping[str, Any]) -> Limits:
    found = ratio(daily(later.con, each, later.scope["from_at"], later.as_of))
    return _less(found.value, found.low, found.high)


_REPLAYED: Mapping[str, Callable[[Later, Recommendation, Mapping[str, Any]], Limits]] = {
    "wait_s": _wait,
    "failed_try_share": _failed_tries,
}


def _less(value: float | None, low: float | None, high: float | None) -> Limits:
    """A quantity as what a change takes away."""
    return (
        None if value is None else -value,
        None if high is None else -high,
        None if low is None else -low,
    )
