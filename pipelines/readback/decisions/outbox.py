"""Which message goes to which channel, and which is held back and why. Queues rows of `notifications`; sends nothing.

A message is queued in the transaction that moved its alert, so that neither is there without the other. Its key is
made of rule, scope, occurrence, stage, level and channel: whoever queues it again finds it there.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from fnmatch import fnmatchcase
from typing import Protocol

from readback import store
from readback.contracts import Alert, Notification, Silence
from readback.contracts.vocabulary import NotificationKind, NotificationStage, NotificationState
from readback.decisions.evidence import digest
from readback.decisions.lifecycle import LIVE, Step
from readback.decisions.messages import told
from readback.decisions.silences import covering, read_silences
from readback.settings import Channel, Settings

NOBODY = "(none)"
"""Channel of a message that none takes."""


def queue(con: store.Connection, steps: Sequence[Step], settings: Settings, as_of: datetime) -> list[Notification]:
    """Queue what the steps tell, and let go what a silence held back that is over; returns what is new."""
    silences = read_silences(con)
    _release(con, steps, silences, as_of)
    families = _families(step.alert for step in steps)
    made = [
        notification
        for step in steps
        if step.stage is not None
        for notification in _of_step(step, step.stage, settings, families, silences, as_of)
    ]
    return add(con, made)


def add(con: store.Connection, made: Sequence[Notification]) -> list[Notification]:
    """Append messages whose key is not there yet."""
    known = {key for (key,) in con.execute("select notification_id from notifications").fetchall()}
    fresh = {each.notification_id: each for each in made if each.notification_id not in known}
    store.insert_rows(con, Notification, fresh.values())
    return list(fresh.values())


class Written(Protocol):
    """A digest as far as a queue knows it."""

    @property
    def title(self) -> str:
        """One line, with audience and week."""

    @property
    def text(self) -> str:
        """As plain text."""

    @property
    def html(self) -> str:
        """As HTML."""


def digest_row(audience: str, channel: str, digest_told: Written, as_of: datetime) -> Notification:
    """The message that carries a digest to one channel; audience, week and channel make its key."""
    key = digest("digest", audience, digest_told.title, channel)
    return Notification(
        notification_id=key,
        kind=NotificationKind.DIGEST,
        alert_id=None,
        subject=digest_told.title,
        occurrence=1,
        stage=NotificationStage.TOLD,
        level=0,
        channel=channel,
        state=NotificationState.PENDING,
        reason=None,
        silence_id=None,
        attempts=0,
        title=digest_told.title,
        body=digest_told.text,
        body_html=digest_told.html,
        created_at=as_of,
        next_attempt_at=None,
        sent_at=None,
        is_stale=None,
    )


def read_notifications(con: store.Connection) -> list[Notification]:
    """Every message, in the order in which they came up."""
    sql = "select * from notifications order by created_at, alert_id, occurrence, level, channel, stage"
    return store.read_rows(con, Notification, sql)


def takes(channel: Channel, alert: Alert, children: Iterable[Alert] = ()) -> bool:
    """Whether a channel is told of an alert; of a parent where it would be told of one of its children."""
    if alert.tier not in channel.tiers:
        return False
    return any(_is_place(channel, each) for each in (alert, *children))


def _is_place(channel: Channel, alert: Alert) -> bool:
    return _fits(channel.workflows, alert.workflow) and _fits(channel.workflow_classes, alert.workflow_class)


def _fits(patterns: Sequence[str], name: str | None) -> bool:
    """What has no name fits only where everything does."""
    return "*" in patterns or (name is not None and any(fnmatchcase(name, pattern) for pattern in patterns))


def _of_step(
    step: Step,
    stage: NotificationStage,
    settings: Settings,
    families: Mapping[str, Sequence[Alert]],
    silences: Sequence[Silence],
    as_of: datetime,
) -> list[Notification]:
    alert = step.alert
    children = families.get(alert.alert_id, ())
    channels = [channel for channel in settings.channels if takes(channel, alert, children)]
    if not channels:
        told_of = f"{alert.tier.value} alerts of {alert.workflow or 'no workflow'}"
        why = f"no channel takes {told_of}" if settings.channels else "no channel is configured"
        return [_row(alert, stage, NOBODY, settings, as_of, why)]
    silence = covering(silences, alert, as_of)
    inside = f"told by alert {alert.parent_id}"
    return [
        _row(alert, stage, channel.name, settings, as_of, inside)
        if _is_told_by_parent(channel, alert, families)
        else _row(alert, stage, channel.name, settings, as_of, _silenced(silence), silence)
        for channel in channels
    ]


def _is_told_by_parent(channel: Channel, alert: Alert, families: Mapping[str, Sequence[Alert]]) -> bool:
    """A channel that is not told of the parent is told of the child."""
    parent = next((each for each in families.get("", ()) if each.alert_id == alert.parent_id), None)
    return parent is not None and takes(channel, parent, families.get(parent.alert_id, ()))


def _row(
    alert: Alert,
    stage: NotificationStage,
    channel: str,
    settings: Settings,
    as_of: datetime,
    why: str | None,
    silence: Silence | None = None,
) -> Notification:
    key = digest(alert.alert_id, alert.occurrence, stage.value, alert.level, channel)
    title, body = told(alert, stage, key, settings.alerts.dashboard_url)
    return Notification(
        notification_id=key,
        kind=NotificationKind.ALERT,
        alert_id=alert.alert_id,
        subject=alert.title,
        occurrence=alert.occurrence,
        stage=stage,
        level=alert.level,
        channel=channel,
        state=NotificationState.HELD if why else NotificationState.PENDING,
        reason=why,
        silence_id=silence.silence_id if silence else None,
        attempts=0,
        title=title,
        body=body,
        body_html=None,
        created_at=as_of,
        next_attempt_at=None,
        sent_at=None,
        is_stale=None,
    )


def _silenced(silence: Silence | None) -> str | None:
    if silence is None:
        return None
    return f"silenced by {silence.owner} until {silence.expires_at:%Y-%m-%d %H:%M} UTC: {silence.reason}"


def _release(con: store.Connection, steps: Sequence[Step], silences: Sequence[Silence], as_of: datetime) -> None:
    """Send what a silence held back that is over, where the alert still holds and has not ended since."""
    live = {step.alert.alert_id: step.alert for step in steps if step.alert.state in LIVE}
    over = {silence.silence_id for silence in silences if silence.expires_at <= as_of}
    for held in read_notifications(con):
        alert = live.get(held.alert_id or "")
        is_free = held.state is NotificationState.HELD and held.silence_id in over
        if not is_free or alert is None or alert.occurrence != held.occurrence:
            continue
        if covering(silences, alert, as_of) is None:
            con.execute(
                """update notifications set state = 'pending', reason = 'held back while it was silenced'
                where notification_id = $key""",
                {"key": held.notification_id},
            )


def _families(alerts: Iterable[Alert]) -> dict[str, list[Alert]]:
    """Children by parent; under the empty name the parents themselves."""
    every = list(alerts)
    parents = {alert.parent_id for alert in every if alert.parent_id}
    found: dict[str, list[Alert]] = {"": [alert for alert in every if alert.alert_id in parents]}
    for alert in every:
        if alert.parent_id and alert.state in LIVE:
            found.setdefault(alert.parent_id, []).append(alert)
    return found
