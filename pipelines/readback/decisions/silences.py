"""Agreements not to be told of some alerts for a time: each has owner, reason and end, in the time of the logs."""

from collections.abc import Sequence
from datetime import datetime
from fnmatch import fnmatchcase

from readback import store
from readback.contracts import Alert, Silence
from readback.decisions.evidence import digest
from readback.errors import ReadbackError


class UnknownSilence(ReadbackError):
    """No silence has this id, or it is no silence."""


def silence(
    con: store.Connection, rule: str, workflow: str, owner: str, reason: str, starts_at: datetime, expires_at: datetime
) -> Silence:
    """Hold back what a rule says of a workflow until a moment.

    Raises:
        UnknownSilence: it has no owner or no reason, or would end before it begins.
    """
    if not owner.strip() or not reason.strip():
        raise UnknownSilence("a silence needs an owner and a reason; give --owner and --reason")
    if expires_at <= starts_at:
        raise UnknownSilence(f"a silence from {starts_at:%Y-%m-%d %H:%M} UTC must end after that; give a longer --for")
    made = Silence(
        silence_id=digest(rule, workflow, owner, starts_at.isoformat()),
        rule=rule,
        workflow=workflow,
        owner=owner,
        reason=reason,
        starts_at=starts_at,
        expires_at=expires_at,
    )
    con.execute("delete from silences where silence_id = $silence_id", {"silence_id": made.silence_id})
    store.insert_rows(con, Silence, [made])
    return made


def lift(con: store.Connection, silence_id: str, as_of: datetime) -> Silence:
    """End a silence now; it as it stands then.

    Raises:
        UnknownSilence: none has this id.
    """
    found = con.execute("select 1 from silences where silence_id = ?", [silence_id]).fetchall()
    if not found:
        raise UnknownSilence(f"no silence has the id {silence_id!r}; `readback alerts silences` shows them")
    con.execute(
        """update silences set expires_at = greatest(starts_at, least(expires_at, $as_of))
        where silence_id = $silence_id""",
        {"silence_id": silence_id, "as_of": as_of},
    )
    return next(silence for silence in read_silences(con) if silence.silence_id == silence_id)


def read_silences(con: store.Connection) -> list[Silence]:
    """Every silence that was ever agreed, the one that ends first at the top."""
    return store.read_rows(con, Silence, "select * from silences order by expires_at, silence_id")


def covering(silences: Sequence[Silence], alert: Alert, as_of: datetime) -> Silence | None:
    """The silence that holds back what is told of an alert at a moment: of several the one that lasts longest."""
    found = [each for each in silences if each.starts_at <= as_of < each.expires_at and _covers(each, alert)]
    return max(found, key=lambda each: (each.expires_at, each.silence_id), default=None)


def _covers(silence: Silence, alert: Alert) -> bool:
    is_named = silence.workflow == "*" or (alert.workflow is not None and fnmatchcase(alert.workflow, silence.workflow))
    return is_named and fnmatchcase(alert.rule, silence.rule)
