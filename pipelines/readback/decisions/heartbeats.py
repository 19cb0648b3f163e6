"""That the rules were looked at, even when nothing fired: one message a turn, so that its absence says something.

Written by whoever has a clock; the moments here are the caller's.
"""

from datetime import UTC, datetime, timedelta

from readback import store
from readback.contracts import Alert, Evaluation, Notification
from readback.contracts.vocabulary import AlertState, NotificationKind, NotificationStage, NotificationState
from readback.decisions import outbox
from readback.decisions.alert_rules import ALERT_RULES
from readback.decisions.evidence import digest
from readback.decisions.messages import link
from readback.settings import Alerts, Settings

OVERDUE_TURNS = 2
"""Turns without a look at the rules after which somebody should ask why."""


def evaluated(
    con: store.Connection, fired: int, alerts: list[Alert], as_of: datetime, now: datetime, settings: Settings
) -> Evaluation:
    """Write down one look at all rules, and queue the heartbeat of its turn where a channel wants one."""
    before = last_evaluation(con)
    look = Evaluation(
        evaluated_at=now,
        as_of=as_of,
        fired=fired,
        open_alerts=sum(alert.state is AlertState.OPEN for alert in alerts),
        is_stale=is_stale(as_of, now, settings.alerts),
    )
    con.execute("delete from evaluations where evaluated_at = $now", {"now": now})
    store.insert_rows(con, Evaluation, [look])
    channels = [channel.name for channel in settings.channels if channel.heartbeat]
    outbox.add(con, [_heartbeat(channel, look, before, settings.alerts) for channel in channels])
    return look


def last_evaluation(con: store.Connection) -> Evaluation | None:
    """The newest look at the rules that came with a clock."""
    found = store.query(con, "select * from evaluations order by evaluated_at desc limit 1")
    rows = found.fetchall()
    return Evaluation(**dict(zip(found.columns, rows[0], strict=True))) if rows else None


def is_stale(as_of: datetime, now: datetime, alerts: Alerts) -> bool:
    """Whether data of a moment are too old to be told without saying so."""
    return (now - as_of).total_seconds() > alerts.stale_after


def is_overdue(last: Evaluation | None, now: datetime, alerts: Alerts) -> bool:
    """Whether looks were made once and have stopped."""
    return last is not None and (now - last.evaluated_at).total_seconds() > OVERDUE_TURNS * alerts.heartbeat_every


def turn(now: datetime, alerts: Alerts) -> datetime:
    """Start of the turn that a moment lies in; turns are counted from 1970.

    >>> turn(datetime(2026, 11, 24, 9, 30, tzinfo=UTC), Alerts()).isoformat()
    '2026-11-24T00:00:00+00:00'
    """
    length = alerts.heartbeat_every
    return datetime.fromtimestamp(now.timestamp() // length * length, UTC)


def _heartbeat(channel: str, look: Evaluation, before: Evaluation | None, alerts: Alerts) -> Notification:
    start = turn(look.evaluated_at, alerts)
    key = digest("heartbeat", channel, start.isoformat())
    fired = f"{look.fired} fired" if look.fired else "nothing fired"
    return Notification(
        notification_id=key,
        kind=NotificationKind.HEARTBEAT,
        alert_id=None,
        subject=start.isoformat(),
        occurrence=1,
        stage=NotificationStage.TOLD,
        level=0,
        channel=channel,
        state=NotificationState.PENDING,
        reason=None,
        silence_id=None,
        attempts=0,
        title=f"[heartbeat] Evaluated, {fired}, {look.open_alerts} open, data as of {look.as_of:%Y-%m-%d %H:%M} UTC",
        body="\n".join(line for line in _lines(look, before, alerts, key) if line),
        body_html=None,
        created_at=look.as_of,
        next_attempt_at=None,
        sent_at=None,
        is_stale=None,
    )


def _lines(look: Evaluation, before: Evaluation | None, alerts: Alerts, key: str) -> list[str]:
    gap = look.evaluated_at - before.evaluated_at if before else timedelta(0)
    missed = is_overdue(before, look.evaluated_at, alerts)
    return [
        f"{len(ALERT_RULES)} rules seen at {look.evaluated_at:%Y-%m-%d %H:%M} UTC; {look.open_alerts} open alerts.",
        f"Nobody had looked for {gap.total_seconds() / 86400:.1f} days before." if missed else "",
        link(alerts.dashboard_url, "alerts"),
        f"Reference {key}. The next one comes within {alerts.heartbeat_every / 3600:g} h; ask why if it does not.",
    ]
