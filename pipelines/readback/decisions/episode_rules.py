"""Episodes that last too long: beyond their recovery objective, or far into their impact tolerance."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime

from readback.contracts.vocabulary import AlertTier
from readback.decisions.condition import Condition, counted, lasted, named, tenfold
from readback.decisions.evidence import pasted


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


@dataclass(frozen=True)
class ToleratedEpisode:
    """A row of `impact_tolerances`."""

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
    impact_tolerance_s: float
    policy_id: str
    policy_version: int
    policy_path: str


TOLERANCE_STEPS = ((0.5, AlertTier.TICKET), (0.8, AlertTier.PAGE), (1.0, AlertTier.PAGE))
"""Shares of the impact tolerance at which an open episode is told of, and how loudly."""


def recovery_objective(episodes: Sequence[OpenEpisode], as_of: datetime) -> Iterator[Condition]:
    """An episode is still open after its class's recovery objective; reaching the objective is not yet a breach."""
    for episode in episodes:
        if episode.duration_s > episode.rto_s:
            yield _overdue(episode)


def impact_tolerance(episodes: Sequence[ToleratedEpisode], as_of: datetime) -> Iterator[Condition]:
    """An open episode has used up half, four fifths or all of what its class can bear; each step is told once.

    Degraded time counts, not only time without any answer. Source: outcomes-and-policy.md §5.
    """
    for episode in episodes:
        used = episode.duration_s / episode.impact_tolerance_s if episode.impact_tolerance_s else math.inf
        step = sum(used >= share for share, _ in TOLERANCE_STEPS) - 1
        if step >= 0:
            yield _wearing(episode, step)


def _overdue(episode: OpenEpisode) -> Condition:
    return Condition(
        scope=(episode.episode_id,),
        workflow=episode.workflow,
        metric="open_episodes",
        title=f"{named(episode.workflow)} is off {episode.preferred_model} beyond its recovery objective",
        detail=(
            f"Open for {lasted(episode.duration_s)} where {episode.workflow_class} allows {lasted(episode.rto_s)}; "
            f"{_use(episode)}. Policy: {episode.policy_id} v{episode.policy_version}, "
            f"{episode.policy_path}.continuity.rto."
        ),
        facts=asdict(episode),
        evidence_sql=pasted("recovery_objectives", {"episode_id": episode.episode_id}),
        started_at=episode.opened_at,
        last_at=episode.last_seen_at,
        workflow_class=episode.workflow_class,
        level=tenfold(episode.duration_s, episode.rto_s),
        shared_cause=episode.preferred_model,
    )


def _wearing(episode: ToleratedEpisode, step: int) -> Condition:
    share, tier = TOLERANCE_STEPS[step]
    return Condition(
        scope=(episode.episode_id,),
        workflow=episode.workflow,
        metric="open_episodes",
        title=(
            f"{named(episode.workflow)} is off {episode.preferred_model} for {share:.0%} or more of what it can bear"
        ),
        detail=(
            f"Open for {lasted(episode.duration_s)} of the {lasted(episode.impact_tolerance_s)} that "
            f"{episode.workflow_class} can bear; {_use(episode)}. Policy: {episode.policy_id} "
            f"v{episode.policy_version}, {episode.policy_path}.continuity.impact_tolerance."
        ),
        facts=asdict(episode) | {"step": share},
        evidence_sql=pasted("recovery_objectives", {"episode_id": episode.episode_id}),
        started_at=episode.opened_at,
        last_at=episode.last_seen_at,
        workflow_class=episode.workflow_class,
        tier=tier,
        level=step,
        shared_cause=episode.preferred_model,
    )


def _use(episode: OpenEpisode | ToleratedEpisode) -> str:
    fallbacks = counted(episode.fallback_count, "fallback")
    return f"{episode.cause.replace('_', ' ')}, {fallbacks}, {episode.failed_count:,} unanswered"
