"""What the `readback` command shows of silences, monitors, and messages sent, held back or dead."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from rich.console import Group, RenderableType
from rich.text import Text

from readback.contracts import Evaluation, Monitor, Notification, Silence
from readback.contracts.vocabulary import MonitorStatus, NotificationState
from readback.faces import figures
from readback.faces.fitted import Column, Fitted
from readback.faces.inert import plain
from readback.settings import Settings

_MOST_MESSAGES = 200
_MOST_DEAD = 5
_STATUS = {
    MonitorStatus.WATCHING: "watching",
    MonitorStatus.SHORT_BASELINE: "baseline too short",
    MonitorStatus.NO_TRAFFIC: "no runs lately",
}


class Counts(Protocol):
    """How many messages of a delivery went which way."""

    @property
    def sent(self) -> int:
        """Accepted by their receiver."""

    @property
    def failed(self) -> int:
        """To be tried again."""

    @property
    def dead(self) -> int:
        """Tried as often as is allowed."""


class Standing(NamedTuple):
    """How the alerts of a project stand: messages by state, the dead ones, and the last look with a clock."""

    counts: dict[str, int]
    dead: Sequence[Notification]
    last: Evaluation | None


def look_line(evaluation: Evaluation, delivered: Counts | None) -> RenderableType:
    """What one look found, on data of when, and what was sent of it."""
    told = (
        f"Evaluated, {evaluation.fired or 'nothing'} fired, {evaluation.open_alerts} open, "
        f"data as of {evaluation.as_of:%Y-%m-%d %H:%M} UTC."
    )
    if delivered is not None:
        told += f" Messages: {delivered.sent} sent, {delivered.failed} to be tried again, {delivered.dead} dead."
    stale = [Text("STALE DATA: the newest record is older than `[alerts] stale_after`.", style="bold yellow")]
    return Group(*(stale if evaluation.is_stale else []), Text(told, style="dim"))


def standing(found: Standing, now: datetime, settings: Settings) -> RenderableType:
    """Messages that wait or died, and whether anybody still looks; nothing where there never was a message."""
    from readback.decisions import heartbeats

    lines = []
    if found.counts:
        told = ", ".join(f"{found.counts.get(state.value, 0):,} {state.value}" for state in NotificationState)
        lines.append(Text(f"Messages: {told}.", style="dim"))
    lines += [
        Text(f"DEAD MESSAGE {row.channel}: {plain(row.title, 80)} ({plain(row.reason)})", style="bold red")
        for row in found.dead[:_MOST_DEAD]
    ]
    if found.dead:
        lines.append(Text("`readback alerts retry` makes dead messages due again.", style="dim"))
    if found.last is not None:
        age = figures.duration((now - found.last.evaluated_at).total_seconds())
        if heartbeats.is_overdue(found.last, now, settings.alerts):
            told = f"NO HEARTBEAT: alerts were last evaluated {age} ago; does `readback alerts check` still run?"
            lines.append(Text(told, style="bold red"))
        else:
            lines.append(Text(f"Alerts were last evaluated {age} ago.", style="dim"))
    elif settings.channels:
        told = "NO HEARTBEAT: there are channels, and nobody has looked; put `readback alerts check` on a schedule."
        lines.append(Text(told, style="bold red"))
    return Group(*lines)


def silence_line(made: Silence) -> RenderableType:
    """What a new silence holds back, and until when."""
    place = f"{plain(made.rule)} of {plain(made.workflow)}"
    return Text(f"Silenced {place} until {made.expires_at:%Y-%m-%d %H:%M} UTC of the logs. Id {made.silence_id}")


def silences(rows: Sequence[Silence]) -> RenderableType:
    """One line per silence."""
    if not rows:
        return Text("No silence.", style="dim")
    names = ("rule", "workflow", "owner", "reason", "until (UTC)")
    table = Fitted([Column("id"), *[Column(name, least=12) for name in names]])
    for row in rows:
        words = [plain(text) for text in (row.rule, row.workflow, row.owner, row.reason)]
        table.add(row.silence_id, *words, f"{row.expires_at:%Y-%m-%d %H:%M}")
    return table


def monitors(rows: Sequence[Monitor]) -> RenderableType:
    """One line per watched rate, with the change that would be seen."""
    if not rows:
        return Text("Nothing to watch yet: no outcome has a mature week.", style="dim")
    table = Fitted(
        [
            Column("workflow", least=16),
            Column("metric"),
            Column("baseline", is_number=True),
            Column("runs a week", 2, is_number=True),
            Column("weeks", 1, is_number=True),
            Column("evidence", 3, is_number=True),
            Column("alert from", 4, is_number=True),
            Column("detectable in 8 weeks", is_number=True),
            Column("status", 1),
        ]
    )
    for row in rows:
        change = figures.DASH if row.detectable_change is None else f"{row.detectable_change * 100:.2g} pp"
        evidence = figures.DASH if row.evidence_ratio is None else f"{row.evidence_ratio:,.3g}"
        rate = figures.DASH if row.baseline_rate is None else f"{row.baseline_rate * 100:.1f}%"
        n = figures.DASH if row.weekly_n is None else f"{row.weekly_n:,.0f}"
        told = (rate, n, f"{row.week_count}", evidence, f"{row.alert_from:,.0f}", change, _status(row))
        table.add(plain(row.workflow), row.metric, *told)
    return table


def _status(row: Monitor) -> str:
    """Whether a rise would be seen, whether one is on the list of the month, and what the baseline leaves out."""
    listed = ", rose in the last 4 weeks" if row.is_listed else ""
    weeks = figures.counted(row.left_out_count or 0, "week")
    left_out = f", {weeks} with an episode or a holiday left out" if row.left_out_count else ""
    return f"{_STATUS[row.status]}{listed}{left_out}"


def ledger(rows: Sequence[Notification]) -> RenderableType:
    """One line per message, the newest last, at most 200."""
    if not rows:
        return Text("No message yet.", style="dim")
    table = Fitted(
        [Column("queued (UTC)"), Column("channel"), Column("state"), Column("message", least=30), Column("why", 1)]
    )
    for row in rows[-_MOST_MESSAGES:]:
        why = plain(row.reason) if row.state is not NotificationState.SENT else ""
        table.add(f"{row.created_at:%Y-%m-%d %H:%M}", row.channel, row.state.value, plain(row.title, 120), why)
    return table
