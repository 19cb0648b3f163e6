"""The catalogue of alerts: which evidence each rule reads, and when it speaks. Pure; the lifecycle is `alerts`.

What has one cause is one alert: a streak of silent downgrades, a substitute that is worse for several workflows.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from readback.contracts.vocabulary import AlertTier, Dimension, Risk
from readback.decisions.effects import OUTCOMES, Effect, brief, doubt, told
from readback.decisions.evidence import pasted, window

GRAVE = frozenset({Risk.HIGH, Risk.CRITICAL})
"""Risks at which one silent downgrade is one too many."""

STREAK_GAP = timedelta(days=7)
"""A streak of silent downgrades of a workflow goes on while no more than this passes without one."""


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
    """One entry of the catalogue; a change of meaning raises the version, which makes new fingerprints.

    `judge` sees all rows of its model and the watermark.
    """

    rule: str
    version: int
    tier: AlertTier
    model: str
    evidence: type[Any]
    judge: Callable[[Sequence[Any], datetime], Iterable[Condition]]


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
    last_request_id: str
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


def silent_downgrade(days: Sequence[SilentDay], as_of: datetime) -> Iterator[Condition]:
    """Substitutes answered for a high or critical class without any sign to the user: once is enough.

    One condition per workflow, that of its latest streak; one that ended before the window of decisions is past.
    Source: statistics.md §5.5.
    """
    since = window(as_of)["from_at"]
    grave = sorted((day for day in days if day.risk in GRAVE), key=lambda day: (day.workflow or "", day.first_at))
    for _, group in groupby(grave, key=lambda day: day.workflow):
        streaks = [streak for streak in _streaks(group) if _ended(streak) >= since]
        if streaks:
            yield _silent(streaks[-1], streaks[:-1])


def recovery_objective(episodes: Sequence[OpenEpisode], as_of: datetime) -> Iterator[Condition]:
    """An episode is still open after its class's recovery objective; reaching the objective is not yet a breach."""
    for episode in episodes:
        if episode.duration_s > episode.rto_s:
            yield _overdue(episode)


def outcome_regression(effects: Sequence[Effect], as_of: datetime) -> Iterator[Condition]:
    """The adjusted interval of fallback minus preferred lies wholly above zero.

    One condition per substitute with all outcomes that are worse on it; a workflow that the substitute mostly served
    is told inside it, and has a condition of its own only for outcomes that the substitute does not show.
    Its fingerprint holds the gravest outcome: a graver one is news.
    Source: statistics.md §3, §3.4.
    """
    harms = sorted((each for each in effects if each.is_harm and each.has_stood_in), key=_gravity)
    shown = {(each.member, each.metric) for each in harms if each.dimension == Dimension.MODEL}
    alone = [each for each in harms if (each.main_substitute, each.metric) not in shown]
    for (_, member), group in groupby(sorted(alone, key=_whom), key=_whom):
        own = sorted(group, key=_gravity)
        metrics = {each.metric for each in own}
        inside = [each for each in effects if each.main_substitute == member and each.is_known]
        yield _worse(own, sorted((each for each in inside if each.metric in metrics), key=_gravity))


ALERT_RULES = (
    AlertRule("silent_downgrade", 2, AlertTier.PAGE, "silent_downgrades", SilentDay, silent_downgrade),
    AlertRule("recovery_objective", 1, AlertTier.PAGE, "recovery_objectives", OpenEpisode, recovery_objective),
    AlertRule("outcome_regression", 2, AlertTier.TICKET, "outcome_effects", Effect, outcome_regression),
)
"""Every alert that readback can raise, by name and version."""


def _streaks(days: Iterable[SilentDay]) -> Iterator[list[SilentDay]]:
    streak: list[SilentDay] = []
    for day in days:
        if streak and day.first_at - _ended(streak) > STREAK_GAP:
            yield streak
            streak = []
        streak.append(day)
    if streak:
        yield streak


def _ended(streak: Sequence[SilentDay]) -> datetime:
    return max(day.last_at for day in streak)


def _silent(streak: Sequence[SilentDay], earlier: Sequence[Sequence[SilentDay]]) -> Condition:
    first, last = streak[0], max(streak, key=lambda day: day.last_at)
    total = _requests(streak)
    before = [f"{_requests(one)} from {one[0].first_at:%Y-%m-%d} to {_ended(one):%Y-%m-%d}" for one in earlier]
    shown = {"workflow": first.workflow, "from_at": first.first_at, "to_at": last.last_at}
    return Condition(
        scope=(first.workflow, f"{first.first_at:%Y-%m-%d}"),
        workflow=first.workflow,
        metric="silent_downgrades",
        title=f"{_count(total, 'silent downgrade')} of {_name(first.workflow)} since {first.first_at:%Y-%m-%d}",
        detail=(
            f"{_listed(day.served_models for day in streak)} answered {_count(total, 'request')} of "
            f"{' and '.join(sorted({str(day.risk) for day in streak}))} risk without any sign to the user "
            f"({_listed(day.reasons for day in streak)}); {_by_day(streak)}. First: {first.first_request_id}. "
            f"Latest: {last.last_request_id}. Policy: {last.policy_id} v{last.policy_version}, {last.policy_path}."
            + (f" An earlier streak: {', '.join(before)}." if before else "")
        ),
        facts={"request_count": total, "days": [asdict(day) for day in streak], "earlier": before},
        evidence_sql=pasted("silent_downgrades", shown),
        started_at=first.first_at,
        last_at=last.last_at,
    )


def _requests(streak: Sequence[SilentDay]) -> int:
    return sum(day.request_count for day in streak)


def _by_day(streak: Sequence[SilentDay]) -> str:
    """`1 to 19 a day on 13 days, 2026-10-04 to 2026-10-30`."""
    counts: dict[datetime, int] = {}
    for day in streak:
        counts[day.day_at] = counts.get(day.day_at, 0) + day.request_count
    low, high = min(counts.values()), max(counts.values())
    if len(counts) == 1:
        return f"all on {streak[0].day_at:%Y-%m-%d}"
    often = f"{low:,}" if low == high else f"{low:,} to {high:,}"
    return f"{often} a day on {len(counts)} days, {min(counts):%Y-%m-%d} to {max(counts):%Y-%m-%d}"


def _overdue(episode: OpenEpisode) -> Condition:
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


def _worse(own: Sequence[Effect], inside: Sequence[Effect]) -> Condition:
    """Outcomes that are worse on one substitute or workflow, the gravest first, and the workflows inside it."""
    worst = own[0]
    is_workflow = worst.dimension == Dimension.WORKFLOW
    place = f"fallbacks of {_name(worst.member)}" if is_workflow else f"substitute {worst.member}"
    said = [f"{told(worst)}. {doubt(worst)}", *(f"{brief(other)}." for other in own[1:])]
    alike = ", ".join(f"{each.member} ({OUTCOMES[each.metric]})" for each in inside if each.is_harm)
    unlike = ", ".join(f"{each.member} ({OUTCOMES[each.metric]})" for each in inside if not each.is_harm)
    said += [f"Its workflows say so too: {alike}."] if alike else []
    said += [f"No harm shown: {unlike}."] if unlike else []
    return Condition(
        scope=(worst.dimension, worst.member, worst.metric),
        workflow=worst.member if is_workflow and worst.member != "(none)" else None,
        metric=worst.metric,
        title=f"More {' and '.join(OUTCOMES[each.metric] for each in own)} on {place}",
        detail=" ".join(said),
        facts=worst.facts | {"other": [each.facts for each in own[1:]], "workflows": [each.facts for each in inside]},
        evidence_sql=pasted("outcome_effects", worst.parameters),
        started_at=worst.first_at,
        last_at=None,
    )


def _gravity(effect: Effect) -> tuple[int, str]:
    return list(OUTCOMES).index(effect.metric), effect.member


def _whom(effect: Effect) -> tuple[str, str]:
    return effect.dimension, effect.member


def _listed(words: Iterable[Iterable[str]]) -> str:
    return ", ".join(sorted({word for some in words for word in some}))


def _name(workflow: str | None) -> str:
    return workflow or "(no workflow)"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def _minutes(seconds: float) -> str:
    return f"{seconds / 60:,.0f} min" if seconds < 6 * 3600 else f"{seconds / 3600:,.1f} h"
