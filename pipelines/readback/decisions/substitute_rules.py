"""Recommendations about one substitute of one class: approve it or stop it, demote it. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from readback.contracts import Recommendation
from readback.contracts.vocabulary import Activation, Boundary, Confidence, Dimension, EvidenceClass
from readback.decisions.effects import OUTCOMES, Effect, Effects, change, doubt, percent, told
from readback.decisions.evidence import WINDOW_DAYS, as_json, digest, pasted, window
from readback.decisions.shares import share, sizes
from readback.decisions.silent_rules import GRAVE
from readback.stats import ClusterSums

LEAST_CASES = 5
"""Below this many requests, a count is a lead and not yet a practice (§3.5: five events in total)."""

_MAIN_SHARE = 0.5
"""Only a class that had this share of a model's substitutions made what the model did on average."""

DOMINANT_SHARE = 0.8
"""A workflow's effect is laid on a substitute only where it served at least this share of the substituted requests."""


@dataclass(frozen=True)
class SubstituteUse:
    """A row of `substitutes_in_use`."""

    policy_id: str
    workflow_class: str
    served_model: str
    request_count: int
    silent_count: int
    day_count: int
    episode_count: int
    first_at: datetime
    last_at: datetime
    first_request_id: str
    workflows: list[str]
    causes: list[str]
    reasons: list[str]
    class_request_count: int
    n2: float
    n3: float
    x2: float
    xn: float
    policy_version: int
    risk: str | None
    boundary: str | None
    preferred_models: list[str]
    class_path: str
    substitute_path: str | None
    expires_at: datetime | None
    is_target_denied: bool

    @property
    def sums(self) -> ClusterSums:
        """Of the days of the class."""
        return ClusterSums(self.class_request_count, self.n2, self.n3, self.request_count, self.x2, self.xn)

    def is_settled(self, as_of: datetime) -> bool:
        """The version in force has an answer: it prefers the model, or lists it with an approval that still runs."""
        is_listed = self.substitute_path is not None and not self.is_target_denied
        is_running = self.expires_at is None or self.expires_at > as_of
        return self.served_model in self.preferred_models or (is_listed and is_running)


@dataclass(frozen=True)
class ListedUse:
    """A row of `listed_substitutes`."""

    policy_id: str
    policy_version: int
    workflow_class: str
    target: str
    activation: str
    expires_at: datetime | None
    substitute_path: str
    risk: str | None
    boundary: str | None
    workflow: str | None
    request_count: int
    workflow_share: float
    model_share: float = 1.0

    @property
    def is_concerned(self) -> bool:
        """What the model did wherever it served speaks of this class, since it mostly served here."""
        return self.model_share >= _MAIN_SHARE


def approve_or_stop(uses: Sequence[SubstituteUse], effects: Effects, as_of: datetime) -> Iterator[Recommendation]:
    """A model serves a class without approval: approve it where the class may degrade, otherwise stop it.

    Source: statistics.md §5.5.
    """
    for use, size in zip(uses, sizes([use.sums for use in uses], [use.workflow_class for use in uses]), strict=True):
        if not use.is_settled(as_of):
            yield _approve_or_stop(use, size, list(effects.of(Dimension.MODEL, use.served_model)), as_of)


def demote(uses: Iterable[ListedUse], effects: Effects, as_of: datetime) -> Iterator[Recommendation]:
    """A listed substitute whose adjusted interval says worse than preferred: remove it, or put it behind a person.

    Source: statistics.md §3, §5.8.
    """
    for _, group in groupby(uses, key=lambda use: (use.policy_id, use.workflow_class, use.target)):
        rows = list(group)
        is_in_use = rows[0].activation != Activation.FORBIDDEN and not _is_over(rows[0].expires_at, as_of)
        harms = _harms(rows, effects) if is_in_use else []
        if harms:
            yield _demote(rows, harms, as_of)


def _approve_or_stop(use: SubstituteUse, size: float, known: list[Effect], as_of: datetime) -> Recommendation:
    action, reason = _answer(use, known)
    part, low, high = share(use.request_count, use.class_request_count, size)
    seen = (
        f"{use.request_count:,} of {use.class_request_count:,} requests of the class ({percent(part)}, "
        f"95% CI {percent(low)} to {percent(high)}; {use.episode_count:,} episodes, {WINDOW_DAYS} days, class R)"
    )
    effect = f" On this model: {told(known[0])}." if known else " Its effect on outcomes is not known."
    guards = [f"{LEAST_CASES} cases"]
    facts = asdict(use) | {"action": action, "target": use.served_model, "effects": [each.facts for each in known]}
    shown = {"policy_id": use.policy_id, "workflow_class": use.workflow_class, "served_model": use.served_model}
    return Recommendation(
        recommendation_id=digest(
            "approve_or_stop_substitute", use.policy_id, use.workflow_class, use.served_model, action
        ),
        kind="approve_or_stop_substitute",
        workflow_class=use.workflow_class,
        workflow=use.workflows[0] if len(use.workflows) == 1 else None,
        title=f"{_VERBS[action]} {use.served_model} for {use.workflow_class}",
        change=f"{_change(use, action)} {reason} Verdicts: {', '.join(use.reasons)}.",
        policy_path=use.substitute_path or f"{use.class_path}.substitutes",
        expected_effect=f"{seen} would no longer be served without approval.{effect}",
        estimate=-part,
        low=-high,
        high=-low,
        evidence_class=EvidenceClass.REPLAY,
        confidence=Confidence.HIGH if use.request_count >= LEAST_CASES else Confidence.LOW,
        falsifier=(
            f"An approval of {use.served_model} for {use.workflow_class} in force before {use.last_at:%Y-%m-%d}, "
            "or logs that name another model as the one that served."
        ),
        evidence=as_json(facts),
        evidence_sql=pasted("substitutes_in_use", shown | window(as_of)),
        as_of=as_of,
        policy_id=use.policy_id,
        policy_version=use.policy_version,
        measure="unapproved_share",
        n_requests=use.request_count,
        n_episodes=use.episode_count,
        guards_passed=guards if use.request_count >= LEAST_CASES else [],
        guards_failed=[] if use.request_count >= LEAST_CASES else guards,
    )


_VERBS = {"approve": "Approve", "renew": "Renew or drop", "stop": "Stop", "remove": "Stop and remove"}


def _answer(use: SubstituteUse, known: list[Effect]) -> tuple[str, str]:
    """What to do, and why; an approval is never suggested where the class must stop or harm is known."""
    is_listed = use.substitute_path is not None
    against = [
        f"the class is of {use.risk} risk" if use.risk in GRAVE else "",
        f"its boundary is {use.boundary}" if use.boundary != Boundary.DEGRADE else "",
        "the catalogue says that the model is disabled" if use.is_target_denied else "",
        *(f"it is known for more {OUTCOMES[effect.metric]}" for effect in known if effect.is_harm),
    ]
    reasons = [reason for reason in against if reason]
    if reasons:
        return ("remove" if is_listed else "stop"), f"Not a case for approval: {'; '.join(reasons)}."
    return ("renew" if is_listed else "approve"), "The class may degrade and no harm is known: the owner can decide."


def _change(use: SubstituteUse, action: str) -> str:
    model, place = use.served_model, f"{use.policy_id} v{use.policy_version}, {use.substitute_path or use.class_path}"
    if action == "stop":
        return f"Take {model} out of the gateway's chain for {use.workflow_class}: {place} does not list it."
    if action == "remove":
        return f"Take {model} out of the gateway's chain and remove {place}."
    if action == "renew":
        return f"Renew the approval at {place}, which ended {use.expires_at:%Y-%m-%d}, or remove the line."
    return f"Have {model} evaluated and approved as a substitute, added under {place}.substitutes, or stop it."


def _harms(rows: list[ListedUse], effects: Effects) -> list[Effect]:
    """Harm of this substitute in this class, then on workflows that it served nearly alone, then wherever it served.

    Where a nearer comparison of an outcome can be read, a farther one is not asked.
    """
    own = [row.workflow for row in rows if row.workflow_share >= DOMINANT_SHARE]
    circles = (
        effects.of_class(rows[0].workflow_class, rows[0].target),
        (effect for workflow in own for effect in effects.of(Dimension.WORKFLOW, workflow)),
        effects.of(Dimension.MODEL, rows[0].target) if rows[0].is_concerned else (),
    )
    asked: list[Effect] = []
    for circle in circles:
        answered = {effect.metric for effect in asked}
        asked += [effect for effect in circle if effect.metric not in answered]
    listed = effects.listed
    return [effect for effect in asked if effect in listed and effects.is_likely(effect)]


def _demote(rows: list[ListedUse], harms: list[Effect], as_of: datetime) -> Recommendation:
    use, worst = rows[0], harms[0]
    action = _demotion_action(use, worst)
    place = f"{use.policy_id} v{use.policy_version}, {use.substitute_path}"
    estimate, low, high = (-(limit or 0.0) for limit in (worst.estimate, worst.high, worst.low))
    facts: dict[str, Any] = asdict(use) | {
        "action": action,
        "effects": [harm.facts for harm in harms],
        "workflows": {row.workflow or "(none)": row.request_count for row in rows},
    }
    return Recommendation(
        recommendation_id=digest("demote_substitute", use.policy_id, use.workflow_class, use.target, action),
        kind="demote_substitute",
        workflow_class=use.workflow_class,
        workflow=rows[0].workflow if len(rows) == 1 else None,
        title=f"Demote {use.target} for {use.workflow_class}: more {OUTCOMES[worst.metric]}",
        change=_demotion(use, action, place),
        policy_path=use.substitute_path,
        expected_effect=(
            f"{change(estimate, low, high, OUTCOMES[worst.metric])}, {worst.n_fallback:,} runs "
            f"in {worst.episodes:,} episodes, class A, for what it now serves. {doubt(worst)}"
        ),
        estimate=estimate,
        low=low,
        high=high,
        evidence_class=EvidenceClass.ADJUSTED,
        confidence=worst.confidence,
        falsifier=(
            f"Over the next period the adjusted interval of {OUTCOMES[worst.metric]} on {worst.member} includes zero, "
            "or a trial with random assignment shows no difference."
        ),
        evidence=as_json(facts),
        evidence_sql=_sql(use, worst),
        as_of=as_of,
        policy_id=use.policy_id,
        policy_version=use.policy_version,
        measure=worst.metric,
        n_requests=worst.n_fallback,
        n_episodes=worst.episodes,
        guards_passed=[name for name, is_passed in worst.guards.items() if is_passed],
        guards_failed=[name for name, is_passed in worst.guards.items() if not is_passed],
    )


def _sql(use: ListedUse, worst: Effect) -> str:
    if worst.first_at is not None:
        return pasted("outcome_effects", worst.parameters)
    shown = {"workflow_class": use.workflow_class, "target": use.target, "outcome": worst.parameters["outcome"]}
    return pasted("class_outcomes", shown)


def _demotion_action(use: ListedUse, worst: Effect) -> str:
    """Removal needs a gate already passed, or grave risk and evidence that passes its guards."""
    if use.activation != Activation.AUTOMATIC:
        return "remove"
    return "remove" if use.risk in GRAVE and worst.confidence is not Confidence.LOW else "review"


def _demotion(use: ListedUse, action: str, place: str) -> str:
    if action == "remove":
        return f"Remove {use.target} at {place}; the next substitute, or the boundary {use.boundary}, takes over."
    return f"Set activation of {use.target} to on_approval at {place}, so that a person decides each time."


def _is_over(expires_at: datetime | None, as_of: datetime) -> bool:
    return expires_at is not None and expires_at <= as_of
