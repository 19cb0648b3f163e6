"""The catalogue of alerts: which evidence each rule reads, and when it speaks. Pure; the lifecycle is `alerts`."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from readback.contracts.vocabulary import AlertTier, Dimension, Risk
from readback.decisions.effects import OUTCOMES, Effect, doubt, told
from readback.decisions.evidence import pasted

GRAVE = frozenset({Risk.HIGH, Risk.CRITICAL})
"""Risks at which one silent downgrade is one too many."""


@dataclass(frozen=True)
class Condition:
    """What one rule found, before it is known whether it is news.

    `scope` and the rule make the fingerprint. `last_at`: the newest event behind it; None for a comparison of all runs.
    """

    scope: tuple[str | None, ...]
    workflow: str | None
    metric: str
    title: str
    detail: str
    facts: Mapping[str, Any]
    evidence_sql: str
    started_at: datetime | None
    last_at: datetime | None


@dataclass(frozen=True)
class AlertRule:
    """One entry of the catalogue; a change of meaning raises the version, which makes new fingerprints."""

    rule: str
    version: int
    tier: AlertTier
    model: str
    evidence: type[Any]
    judge: Callable[[Any], Condition | None]


@dataclass(frozen=True)
class SilentDay:
    """A row of `silent_downgrades`."""

    workflow: str | None
    workflow_class: str | None
    risk: str | None
    day_at: datetime
    request_count: int
    first_at: datetime
    last_at: datetime
    first_request_id: str
    served_models: list[str]
    reasons: list[str]
    policy_id: str | None
    policy_version: int | None
    policy_path: str | None


@dataclass(frozen=True)
class OpenEpisode:
    """A row of `recovery_objectives`."""

    episode_id: str
    workflow: str | None
    workflow_class: str | None
    preferred_model: str | None
    cause: str
    opened_at: datetime
    last_seen_at: datetime
    duration_s: float
    fallback_count: int
    failed_count: int
    substitutes: list[str]
    incident_id: str | None
    rto_s: float
    policy_id: str
    policy_version: int
    policy_path: str


def silent_downgrade(day: SilentDay) -> Condition | None:
    """A substitute answered for a high or critical class without any sign to the user: once is enough.

    Source: statistics.md §5.5.
    """
    if day.risk not in GRAVE or day.request_count < 1:
        return None
    shown = {
        "workflow": day.workflow,
        "workflow_class": day.workflow_class,
        "from_at": day.day_at,
        "to_at": day.day_at + timedelta(days=1),
    }
    return Condition(
        scope=(day.workflow, day.workflow_class, day.risk, f"{day.day_at:%Y-%m-%d}"),
        workflow=day.workflow,
        metric="silent_downgrades",
        title=f"{_count(day.request_count, 'silent downgrade')} of {_name(day.workflow)} on {day.day_at:%Y-%m-%d}",
        detail=(
            f"{', '.join(day.served_models)} answered {_count(day.request_count, 'request')} of {day.risk} risk "
            f"without any sign to the user ({', '.join(day.reasons)}). First: {day.first_request_id}. "
            f"Policy: {day.policy_id} v{day.policy_version}, {day.policy_path}."
        ),
        facts=asdict(day),
        evidence_sql=pasted("silent_downgrades", shown),
        started_at=day.first_at,
        last_at=day.last_at,
    )


def recovery_objective(episode: OpenEpisode) -> Condition | None:
    """An episode is still open after its class's recovery objective; reaching the objective is not yet a breach."""
    if episode.duration_s <= episode.rto_s:
        return None
    return Condition(
        scope=(episode.episode_id,),
        workflow=episode.workflow,
        metric="open_episodes",
        title=f"{_name(episode.workflow)} is off {episode.preferred_model} beyond its recovery objective",
        detail=(
            f"Open for {_minutes(episode.duration_s)} where {episode.workflow_class} allows {_minutes(episode.rto_s)}; "
            f"{episode.cause.replace('_', ' ')}, {_count(episode.fallback_count, 'fallback')}, "
            f"{episode.failed_count:,} unanswered. Policy: {episode.policy_id} v{episode.policy_version}, "
            f"{episode.policy_path}.continuity.rto."
        ),
        facts=asdict(episode),
        evidence_sql=pasted("recovery_objectives", {"episode_id": episode.episode_id}),
        started_at=episode.opened_at,
        last_at=episode.last_seen_at,
    )


def outcome_regression(effect: Effect) -> Condition | None:
    """The adjusted interval of fallback minus preferred lies wholly above zero.

    Source: statistics.md §3, §3.4.
    """
    if not effect.is_harm:
        return None
    is_workflow = effect.dimension == Dimension.WORKFLOW
    place = f"fallbacks of {_name(effect.member)}" if is_workflow else f"substitute {effect.member}"
    return Condition(
        scope=(effect.dimension, effect.member, effect.metric),
        workflow=effect.member if is_workflow and effect.member != "(none)" else None,
        metric=effect.metric,
        title=f"More {OUTCOMES[effect.metric]} on {place}",
        detail=f"{told(effect)}. {doubt(effect)}",
        facts=effect.facts,
        evidence_sql=pasted("outcome_effects", effect.parameters),
        started_at=effect.first_at,
        last_at=None,
    )


ALERT_RULES = (
    AlertRule("silent_downgrade", 1, AlertTier.PAGE, "silent_downgrades", SilentDay, silent_downgrade),
    AlertRule("recovery_objective", 1, AlertTier.PAGE, "recovery_objectives", OpenEpisode, recovery_objective),
    AlertRule("outcome_regression", 1, AlertTier.TICKET, "outcome_effects", Effect, outcome_regression),
)
"""Every alert that readback can raise, by name and version."""


def _name(workflow: str | None) -> str:
    return workflow or "(no workflow)"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:,.0f} min" if seconds < 6 * 3600 else f"{seconds / 3600:,.1f} h"
