"""STEP after publication: the rules looked at with a clock, and what is due in the outbox delivered.

People read the published snapshot, and the outbox lies in the warehouse: whatever changed there is published again.
The warehouse is never held while a receiver is waited for, so that a slow one stops no run.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import datetime
from typing import NamedTuple

from readback import decisions, pipeline, store
from readback.contracts import Alert, Evaluation, Notification
from readback.contracts.vocabulary import AlertState, Grain, NotificationState
from readback.decisions import deliveries, heartbeats, outbox
from readback.decisions.alerts import read_alerts
from readback.decisions.deliveries import Receipt
from readback.decisions.silences import covering, read_silences
from readback.errors import NotPublished, ProjectBusy, QueryError, SettingsError
from readback.faces import questions
from readback.faces.digest import Digest, week_digest
from readback.faces.figures import duration
from readback.faces.notify import Message, send
from readback.faces.period import newest_whole
from readback.metrics.definitions import definitions
from readback.settings import SETTINGS_FILE, Audience, Project

Clock = Callable[[], datetime]
Addresses = Mapping[str, str]

TRIES = 120
"""How often an occupied warehouse is asked for, half a second apart."""

_PAUSE_S = 0.5


class Looked(NamedTuple):
    """What one look at the rules found; `unsettled` are the open alerts that nobody has taken or silenced."""

    evaluation: Evaluation
    fired: list[Alert]
    unsettled: list[Alert]


class Delivered(NamedTuple):
    """What became of the messages that were due."""

    sent: int = 0
    failed: int = 0
    dead: int = 0


class Checked(NamedTuple):
    """One look at the rules, and what was delivered after it."""

    looked: Looked
    delivered: Delivered


def check(project: Project, addresses: Addresses, clock: Clock, as_of: datetime | None = None) -> Checked:
    """Judge every rule, deliver what is due, and publish once.

    Raises:
        NotPublished: no run has finished yet.
        ProjectBusy: another process has been writing for a minute.
    """
    _refuse_unpublished(project)
    with patient(project) as con, store.transaction(con):
        looked = _looked(con, project, clock(), as_of)
    delivered = _delivered(project, addresses, clock)
    with changed(project, clock()):
        return Checked(looked, delivered)


def look(project: Project, now: datetime, as_of: datetime | None = None) -> Looked:
    """Judge every rule at the watermark, queue what is to be told, and publish; errors as in `check`."""
    with changed(project, now) as con:
        return _looked(con, project, now, as_of)


def deliver(project: Project, addresses: Addresses, clock: Clock) -> Delivered:
    """Send every message that is due, each at least once, and publish what became of them.

    `addresses` are environment variables by name. A message is claimed, sent, and recorded; who dies in between sends
    it again, with the same reference, when the claim has run out.
    """
    delivered = _delivered(project, addresses, clock)
    if any(delivered):
        with changed(project, clock()):
            pass
    return delivered


def digests(project: Project, audience: str | None = None) -> dict[str, Digest]:
    """The last whole week for every audience of readback.toml, or the one that is named.

    Raises:
        NotPublished: no run has finished yet.
        QueryError: the logs span no whole week yet.
        SettingsError: readback.toml names no such audience.
    """
    settings = project.settings
    with store.reader(project) as con:
        as_of = questions.as_of(con)
        periods = questions.periods(con, Grain.WEEK.value, settings.project.timezone)
        week = newest_whole(periods, as_of) if as_of else None
        if week is None:
            raise QueryError("the logs span no whole week yet")
        return {
            each.name: week_digest(con, each.name, each.workflows, week, definitions(), settings.alerts.dashboard_url)
            for each in _audiences(project, audience)
        }


def queue_digests(project: Project, now: datetime, audience: str | None = None) -> dict[str, Digest]:
    """Queue the digest of every audience for each of its channels, once per week; delivering is `deliver`."""
    made = digests(project, audience)
    with changed(project, now) as con:
        at = pipeline.moment(con)
        for each in _audiences(project, audience):
            outbox.add(con, [outbox.digest_row(each.name, channel, made[each.name], at) for channel in each.channels])
    return made


@contextmanager
def changed(project: Project, now: datetime, tries: int = TRIES) -> Iterator[store.Connection]:
    """The warehouse in one transaction, published again when the change was made.

    Raises:
        NotPublished: no run has finished yet.
        ProjectBusy: another process was writing each of the `tries`, half a second apart.
    """
    _refuse_unpublished(project)
    with patient(project, tries) as con:
        with store.transaction(con):
            yield con
        store.publish(con, project, f"{now:%Y%m%dT%H%M%S%f}")


@contextmanager
def patient(project: Project, tries: int = TRIES) -> Iterator[store.Connection]:
    """The warehouse, waited for while another process writes: a delivery that was made must be recorded."""
    with ExitStack() as stack:
        yield _entered(stack, project, tries)


def _entered(stack: ExitStack, project: Project, tries: int) -> store.Connection:
    for _ in range(tries):
        try:
            return stack.enter_context(store.warehouse(project))
        except ProjectBusy:
            time.sleep(_PAUSE_S)
    return stack.enter_context(store.warehouse(project))


def _refuse_unpublished(project: Project) -> None:
    if not project.published.exists():
        told = f"nothing published yet; `readback run --project {project.root}` makes it"
        raise NotPublished(told, file=project.root)


def _looked(con: store.Connection, project: Project, now: datetime, as_of: datetime | None) -> Looked:
    at = pipeline.moment(con, as_of)
    fired = decisions.refresh_alerts(con, at, project.settings)
    alerts, silences = read_alerts(con), read_silences(con)
    evaluation = heartbeats.evaluated(con, len(fired), alerts, at, now, project.settings)
    unsettled = [each for each in alerts if each.state is AlertState.OPEN and covering(silences, each, at) is None]
    return Looked(evaluation, fired, unsettled)


def _delivered(project: Project, addresses: Addresses, clock: Clock) -> Delivered:
    counts = {NotificationState.SENT: 0, NotificationState.PENDING: 0, NotificationState.DEAD: 0}
    with patient(project) as con:
        due = _claim(con, clock())
    while due is not None:
        receipt = _sent(project, due, addresses, clock())
        with patient(project) as con:
            with store.transaction(con):
                counts[deliveries.record(con, receipt)] += 1
            due = _claim(con, clock())
    return Delivered(*counts.values())


def _audiences(project: Project, name: str | None) -> tuple[Audience, ...]:
    """Those of readback.toml; everybody, with all workflows and no channel, where it names none."""
    every = project.settings.audiences or (Audience(name="everybody"),)
    found = tuple(each for each in every if name in (None, each.name))
    if not found:
        known = ", ".join(each.name for each in every)
        raise SettingsError(f"no audience {name!r}; expected one of {known}", file=project.root / SETTINGS_FILE)
    return found


def _claim(con: store.Connection, now: datetime) -> Notification | None:
    with store.transaction(con):
        return deliveries.claim(con, now)


def _sent(project: Project, due: Notification, addresses: Addresses, now: datetime) -> Receipt:
    alerts = project.settings.alerts
    is_old = heartbeats.is_stale(due.created_at, now, alerts)
    message = _stale(due, now) if is_old else Message(due.title, due.body, due.body_html, due.notification_id)
    failure = _failure(project, due, addresses, message)
    return Receipt(due.notification_id, now, failure, message.title, message.body, is_old)


def _failure(project: Project, due: Notification, addresses: Addresses, message: Message) -> str | None:
    channel = next((each for each in project.settings.channels if each.name == due.channel), None)
    if channel is None:
        return f"readback.toml has no channel {due.channel!r} any more"
    address = addresses.get(channel.url_env, "").strip()
    if not address:
        return f"the environment has no {channel.url_env}"
    return send(address, message, project.settings.alerts.dashboard_url)


def _stale(due: Notification, now: datetime) -> Message:
    """The message with the age of its data on top."""
    age = duration((now - due.created_at).total_seconds())
    told = f"STALE DATA: the newest record behind this is {age} old, of {due.created_at:%Y-%m-%d %H:%M} UTC."
    html = None if due.body_html is None else f"<p><strong>{told}</strong></p>{due.body_html}"
    return Message(f"[STALE DATA] {due.title}", f"{told}\n{due.body}", html, due.notification_id)
