"""What is due in the outbox, and what became of a delivery: claimed before it is sent, recorded after. Sends nothing.

A claim is a lease: whoever dies between sending and recording leaves a message that is due again when it ends, with
the same reference. Moments are those of a clock, given by the caller.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from readback import store
from readback.contracts import Notification
from readback.contracts.vocabulary import NotificationState

MOST_ATTEMPTS = 8
"""Deliveries tried before a message is dead: about a day."""

_FIRST_PAUSE = timedelta(minutes=1)
_LONGEST_PAUSE = timedelta(hours=6)
_GROWTH = 4


@dataclass(frozen=True)
class Receipt:
    """How one delivery ended; `failure` is None where the receiver accepted it. `title`, `body`: as they were sent."""

    notification_id: str
    at: datetime
    failure: str | None
    title: str
    body: str
    is_stale: bool


def pause(attempts: int) -> timedelta:
    """Time until the next attempt, after so many; no shorter than a delivery may take.

    >>> [str(pause(number)) for number in (1, 2, 3, 8)]
    ['0:01:00', '0:04:00', '0:16:00', '6:00:00']
    """
    grown: int = _GROWTH ** max(attempts - 1, 0)
    return min(_FIRST_PAUSE * grown, _LONGEST_PAUSE)


def claim(con: store.Connection, now: datetime) -> Notification | None:
    """The loudest message that is due, then the oldest, leased until its next attempt; None where none is due.

    One that was tried as often as is allowed, the last time without an end, is dead.
    """
    _bury(con, now)
    found = store.query(
        con,
        """select n.* from notifications as n
        left join alerts as a on n.alert_id = a.alert_id
        where n.state = 'pending' and (n.next_attempt_at is null or n.next_attempt_at <= $now)
        order by list_position(['page', 'ticket', 'watch'], a.tier) nulls last,
            n.created_at, n.next_attempt_at nulls first, n.notification_id
        limit 1""",
        {"now": now},
    )
    rows = found.fetchall()
    if not rows:
        return None
    due = Notification(**dict(zip(found.columns, rows[0], strict=True)))
    leased = due.model_copy(update={"attempts": due.attempts + 1, "next_attempt_at": now + pause(due.attempts + 1)})
    _rewrite(con, leased)
    return leased


def record(con: store.Connection, receipt: Receipt) -> NotificationState:
    """Write down how a delivery ended; a message that another worker has settled meanwhile stays as it is."""
    found = _pending(con, receipt.notification_id)
    if found is None:
        return NotificationState.SENT
    if receipt.failure is None:
        sent = {
            "state": NotificationState.SENT,
            "sent_at": receipt.at,
            "next_attempt_at": None,
            "title": receipt.title,
            "body": receipt.body,
            "is_stale": receipt.is_stale,
        }
        return _rewrite(con, found.model_copy(update=sent)).state
    is_dead = found.attempts >= MOST_ATTEMPTS
    state = NotificationState.DEAD if is_dead else NotificationState.PENDING
    return _rewrite(con, found.model_copy(update={"state": state, "reason": receipt.failure})).state


def retry(con: store.Connection) -> int:
    """Make every dead message due again; how many there were."""
    revived = con.execute(
        """update notifications set state = 'pending', attempts = 0, next_attempt_at = null
        where state = 'dead' returning 1"""
    ).fetchall()
    return len(revived)


def _bury(con: store.Connection, now: datetime) -> None:
    con.execute(
        """update notifications set state = 'dead', reason = coalesce(reason, 'no delivery came to an end')
        where state = 'pending' and attempts >= $most and next_attempt_at <= $now""",
        {"most": MOST_ATTEMPTS, "now": now},
    )


def _pending(con: store.Connection, notification_id: str) -> Notification | None:
    found = store.query(
        con,
        "select * from notifications where state = 'pending' and notification_id = $key",
        {"key": notification_id},
    )
    rows = found.fetchall()
    return Notification(**dict(zip(found.columns, rows[0], strict=True))) if rows else None


def _rewrite(con: store.Connection, notification: Notification) -> Notification:
    con.execute("delete from notifications where notification_id = $key", {"key": notification.notification_id})
    store.insert_rows(con, Notification, [notification])
    return notification
