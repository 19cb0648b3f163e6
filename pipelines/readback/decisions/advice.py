"""How a rule of the catalogue says what it found: one place for the wording of confidence, of windows and of guards.

A rule is a pure function from evidence to recommendations; nothing here reads rows or decides whether to speak.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from readback.contracts import Recommendation
from readback.contracts.vocabulary import Confidence, EvidenceClass
from readback.decisions.evidence import WINDOW_DAYS, as_json, digest

Limits = tuple[float | None, float | None, float | None]
"""An estimate with its lower and upper limit; None where there is none."""


@dataclass(frozen=True)
class Place:
    """Which part of which policy a recommendation speaks of."""

    policy_id: str | None
    policy_version: int | None
    workflow_class: str | None
    path: str | None
    workflow: str | None = None

    def __str__(self) -> str:
        return f"{self.policy_id} v{self.policy_version}, {self.path}"


@dataclass(frozen=True)
class Finding:
    """What a rule found, before it is worded as a recommendation.

    `guards` are the checks by name with whether they passed; `seen` tells the size of the evidence.
    """

    kind: str
    action: str
    place: Place
    title: str
    change: str
    effect: str
    limits: Limits
    measure: str
    evidence_class: EvidenceClass
    falsifier: str
    facts: Mapping[str, Any]
    sql: str
    n_requests: int
    n_episodes: int | None = None
    guards: Mapping[str, bool] | None = None

    def recommended(self, as_of: datetime) -> Recommendation:
        """The recommendation; its id follows from kind, place and action, so it stays while the figures move."""
        guards = dict(self.guards or {})
        estimate, low, high = self.limits
        place = self.place
        failed = [name for name, is_passed in guards.items() if not is_passed]
        return Recommendation(
            recommendation_id=digest(self.kind, place.policy_id, place.workflow_class, place.workflow, self.action),
            kind=self.kind,
            workflow_class=place.workflow_class,
            workflow=place.workflow,
            title=self.title,
            change=self.change,
            policy_path=place.path,
            expected_effect=f"{self.effect} {self._seen}",
            estimate=estimate,
            low=low,
            high=high,
            evidence_class=self.evidence_class,
            confidence=confidence(self.evidence_class, self.limits, is_guarded=not failed),
            falsifier=self.falsifier,
            evidence=as_json(dict(self.facts) | {"policy_id": place.policy_id, "policy_version": place.policy_version}),
            evidence_sql=self.sql,
            as_of=as_of,
            policy_id=place.policy_id,
            policy_version=place.policy_version,
            measure=self.measure,
            n_requests=self.n_requests,
            n_episodes=self.n_episodes,
            guards_passed=[name for name, is_passed in guards.items() if is_passed],
            guards_failed=failed,
        )

    @property
    def _seen(self) -> str:
        episodes = "" if self.n_episodes is None else f" in {self.n_episodes:,} episodes"
        return f"({self.n_requests:,} requests{episodes}, {WINDOW_DAYS} days, class {self.evidence_class.value}.)"


def confidence(evidence_class: EvidenceClass, limits: Limits, *, is_guarded: bool) -> Confidence:
    """High: replayed; medium: adjusted or bounded; each with an interval that excludes zero and all guards passed.

    Anything else is low, a trial always. Source: statistics.md §5.8.
    """
    _, low, high = limits
    is_apart = low is not None and high is not None and (low > 0 or high < 0)
    if not is_apart or not is_guarded:
        return Confidence.LOW
    if evidence_class is EvidenceClass.REPLAY:
        return Confidence.HIGH
    return Confidence.LOW if evidence_class is EvidenceClass.TRIAL else Confidence.MEDIUM
