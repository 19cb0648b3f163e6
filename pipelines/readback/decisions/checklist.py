"""The continuity checklist, answered from data: five questions, each with its evidence and what to do next. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from readback import store
from readback.contracts import Recommendation
from readback.contracts.vocabulary import Boundary, Dimension, RecommendationState
from readback.decisions.acceptance import read_recommendations
from readback.decisions.condition import counted
from readback.decisions.effects import OUTCOMES, Effect, Effects, percent, told
from readback.decisions.evidence import WINDOW_DAYS, gather, window
from readback.policy.triggers import TriggerType, causes

MOST_WORKFLOWS = 5
MOST_SILENT = 0.001
MOST_CAUSELESS = 0.001
LEAST_DERIVABLE = 0.95

QUESTIONS = (
    "Which workflows are most exposed, and may they degrade or must they pause?",
    "Does each have one approved path?",
    "Are the triggers defined, and which were observed?",
    "Are fallbacks visible?",
    "Does fallback lower quality, raise rework, or mask a workflow's own problem?",
)


_NOTHING_READ = f"no request was read of the {WINDOW_DAYS} days that count"
_FIRST_STEPS = dict(
    zip(
        QUESTIONS,
        (
            "Name the logs under [[inputs]] in readback.toml, then `readback run`.",
            "List an approved substitute, a manual lane or a hold for each class in policy.yaml.",
            "Declare triggers for each class in policy.yaml, at least outage and throttling.",
            "Load one log with `readback load FILE`: it tells what the format can say.",
            "Connect a source of outcomes under [[inputs]] and say under [[coverage]] what it sees.",
        ),
        strict=True,
    )
)
"""What to do first where nothing was read."""


class Answer(StrEnum):
    """What the data say to a question."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Item:
    """One answer about one subject; `answer` is whether continuity is in order there."""

    question: str
    subject: str
    answer: Answer
    evidence: str
    next_action: str


@dataclass(frozen=True)
class ExposedWorkflow:
    """A row of `exposed_workflows`."""

    workflow: str
    policy_id: str | None
    workflow_class: str | None
    request_count: int
    fallback_count: int
    held_count: int
    failed_count: int
    causes: list[str] | None
    policy_version: int | None
    stage: str | None
    risk: str | None
    boundary: str | None
    triggers: list[str]
    paths: list[str]
    class_path: str | None


@dataclass(frozen=True)
class SourceSight:
    """A row of `visibility`."""

    source: str
    request_count: int
    derivable_count: int
    fallback_count: int
    downgrade_count: int
    upgrade_count: int
    wrong_order_count: int
    missed_count: int
    causeless_count: int
    main_reason: str | None


def checklist(con: store.Connection, as_of: datetime) -> list[Item]:
    """Every answer, in the order of the questions; read only."""
    scope = window(as_of) | {"most": MOST_WORKFLOWS}
    exposed = gather(con, "exposed_workflows", ExposedWorkflow, scope)
    sights = gather(con, "visibility", SourceSight, scope)
    effects = Effects(gather(con, "outcome_effects", Effect))
    advised = [each for each in read_recommendations(con) if each.state is RecommendationState.OPEN]
    return list(answers(exposed, sights, effects, advised))


def answers(
    exposed: Sequence[ExposedWorkflow],
    sights: Sequence[SourceSight],
    effects: Effects,
    advised: Iterable[Recommendation],
) -> Iterator[Item]:
    """The five questions over what was seen; each is answered, also where nothing was."""
    chronic = {each.workflow for each in advised if each.kind == "chronic_fallback"}
    groups = (
        [_boundary(use) for use in exposed],
        [_path(use) for use in exposed],
        [_triggers(use) for use in exposed],
        [_sight(sight) for sight in sights],
        [_quality(use, effects, is_chronic=use.workflow in chronic) for use in exposed],
    )
    for question, items in zip(QUESTIONS, groups, strict=True):
        yield from items or [Item(question, "every workflow", Answer.UNKNOWN, _NOTHING_READ, _FIRST_STEPS[question])]


def unanswered() -> list[Item]:
    """Every question of a project of which nothing was read yet."""
    return list(answers([], [], Effects([]), []))


def _boundary(use: ExposedWorkflow) -> Item:
    seen = f"{use.request_count:,} requests, {use.fallback_count:,} fallbacks, {use.held_count:,} held"
    if use.boundary is None:
        return Item(
            QUESTIONS[0], use.workflow, Answer.NO, f"{seen}; no class of the policy in force matches it",
            "Give it a class with risk and boundary.",
        )  # fmt: skip
    may = "may degrade" if use.boundary == Boundary.DEGRADE else f"must stop ({use.boundary})"
    told_as = f"{seen}; {use.risk} risk, {use.stage}, {may}"
    return Item(
        QUESTIONS[0], use.workflow, Answer.YES, told_as, f"Confirm {use.class_path}.boundary at the next review."
    )


def _path(use: ExposedWorkflow) -> Item:
    if use.paths:
        first = f"{use.paths[0]} first, of {len(use.paths)} at {use.class_path}.substitutes"
        return Item(QUESTIONS[1], use.workflow, Answer.YES, first, "Rehearse it before its approval ends.")
    place = f"{use.class_path}.substitutes" if use.class_path else "the policy"
    return Item(
        QUESTIONS[1], use.workflow, Answer.NO, f"nothing approved and unexpired at {place}",
        "List an approved substitute, a manual lane or a hold.",
    )  # fmt: skip


def _triggers(use: ExposedWorkflow) -> Item:
    declared = set(causes(TriggerType(name) for name in use.triggers))
    seen = {cause for cause in use.causes or () if cause and cause != "unknown"}
    missing, unseen = sorted(seen - declared), sorted(declared - seen)
    told_as = f"declared {_listed(declared)}; observed {_listed(seen)}"
    if missing:
        return Item(QUESTIONS[2], use.workflow, Answer.NO, told_as, f"Define a trigger for {_listed(missing)}.")
    if not declared:
        return Item(QUESTIONS[2], use.workflow, Answer.NO, told_as, "Define at least outage and throttling.")
    action = f"Rehearse {_listed(unseen)}, which never fired here." if unseen else "None: each was seen to fire."
    return Item(QUESTIONS[2], use.workflow, Answer.YES, told_as, action)


def _sight(sight: SourceSight) -> Item:
    derivable = sight.derivable_count / sight.request_count
    silent_count = sight.downgrade_count + sight.upgrade_count
    told_as = (
        f"{percent(derivable)} of {sight.request_count:,} requests tell whether they fell back; {_silent(sight)}, "
        f"{sight.wrong_order_count:,} in the wrong order, {counted(sight.missed_count, 'missed fallback')}, "
        f"{sight.causeless_count:,} without a logged reason"
    )
    if derivable < LEAST_DERIVABLE:
        action = f"Log more: {sight.main_reason}." if sight.main_reason else "Log the model that answered."
        return Item(QUESTIONS[3], sight.source, Answer.NO, told_as, action)
    if silent_count / sight.request_count > MOST_SILENT:
        return Item(
            QUESTIONS[3], sight.source, Answer.NO, told_as, "Mark or stop them: `readback recommend` names them."
        )
    if sight.causeless_count / sight.request_count > MOST_CAUSELESS:
        return Item(
            QUESTIONS[3], sight.source, Answer.NO, told_as,
            "Log why a call left its model, or declare the gateway's cooldown in the class.",
        )  # fmt: skip
    return Item(QUESTIONS[3], sight.source, Answer.YES, told_as, "None.")


def _silent(sight: SourceSight) -> str:
    kinds = (("silent downgrade", sight.downgrade_count), ("silent upgrade", sight.upgrade_count))
    return ", ".join(f"{counted(n, kind)} ({percent(n / sight.request_count)})" for kind, n in kinds)


def _quality(use: ExposedWorkflow, effects: Effects, *, is_chronic: bool) -> Item:
    known = list(effects.of(Dimension.WORKFLOW, use.workflow))
    harms = [effect for effect in known if effect in effects.listed]
    told_as = "; ".join(told(effect) for effect in harms or known) or "no outcome can be compared yet"
    if is_chronic:
        told_as += f"; {use.fallback_count:,} of {use.request_count:,} requests fall back, mostly for one reason"
        return Item(QUESTIONS[4], use.workflow, Answer.NO, told_as, "Mend the workflow: fallback masks its problem.")
    if harms:
        what = OUTCOMES[harms[0].metric]
        return Item(QUESTIONS[4], use.workflow, Answer.NO, told_as, f"Review the substitute: more {what}.")
    if not known:
        return Item(
            QUESTIONS[4], use.workflow, Answer.UNKNOWN, told_as, "Connect a source of outcomes, or wait for runs."
        )
    return Item(QUESTIONS[4], use.workflow, Answer.YES, told_as, "None: no harm is shown.")


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)) or "nothing"
