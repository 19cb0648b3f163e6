"""Silent downgrades: a substitute answered for a class of high risk without any sign to the user. Once is enough."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from itertools import groupby

from readback.contracts.vocabulary import Risk
from readback.decisions.condition import Condition, counted, listed, named, tenfold
from readback.decisions.evidence import pasted, window

GRAVE = frozenset({Risk.HIGH, Risk.CRITICAL})
"""Risks at which one silent downgrade is one too many."""

STREAK_GAP = timedelta(days=7)
"""A streak of silent downgrades of a workflow goes on while no more than this passes without one."""


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
    upgrade_count: int = 0


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
        title=f"{_kinds(streak)} of {named(first.workflow)} since {first.first_at:%Y-%m-%d}",
        detail=(
            f"{listed(day.served_models for day in streak)} answered {counted(total, 'request')} of "
            f"{' and '.join(sorted({str(day.risk) for day in streak}))} risk without any sign to the user "
            f"({listed(day.reasons for day in streak)}); {_by_day(streak)}. First: {first.first_request_id}. "
            f"Latest: {last.last_request_id}. Policy: {last.policy_id} v{last.policy_version}, {last.policy_path}."
            + (f" An earlier streak: {', '.join(before)}." if before else "")
        ),
        facts={"request_count": total, "days": [asdict(day) for day in streak], "earlier": before},
        evidence_sql=pasted("silent_downgrades", shown),
        started_at=first.first_at,
        last_at=last.last_at,
        workflow_class=first.workflow_class,
        level=tenfold(total, 1),
    )


def _requests(streak: Sequence[SilentDay]) -> int:
    return sum(day.request_count for day in streak)


def _kinds(streak: Sequence[SilentDay]) -> str:
    """`6 silent downgrades`, `5 silent downgrades and 1 silent upgrade`."""
    upgrades = sum(day.upgrade_count for day in streak)
    counts = {"silent downgrade": _requests(streak) - upgrades, "silent upgrade": upgrades}
    return " and ".join(counted(n, kind) for kind, n in counts.items() if n)


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
