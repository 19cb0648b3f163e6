"""The life of one alert as a table: where it stands and what its rule sees give where it stands next and what is told.

Pure, and in the time of the logs: the same looks in the same order give the same rows. Looking twice at one watermark
changes nothing.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from readback.contracts import Alert
from readback.contracts.vocabulary import AlertState, NotificationStage


class Sight(StrEnum):
    """What a rule sees of an alert at one look; a match that a person has settled already is none."""

    HOLDS = "holds"
    GONE = "gone"


class Quiet(StrEnum):
    """Whether the quiet time after a resolution still lasts."""

    LASTS = "lasts"
    OVER = "over"


class Turn(NamedTuple):
    """Where an alert goes, what is told of it, and whether a match was counted instead of told."""

    state: AlertState
    stage: NotificationStage | None = None
    is_held: bool = False


class Look(NamedTuple):
    """An alert as its rule sees it now, the newest event behind it, and how long it keeps quiet after its end."""

    alert: Alert
    last_at: datetime | None
    quiet: timedelta = timedelta(0)


class Step(NamedTuple):
    """An alert after a look, and what is to be told of it."""

    alert: Alert
    stage: NotificationStage | None = None


_OPENED, _RESOLVED = NotificationStage.OPENED, NotificationStage.RESOLVED

TURNS: Mapping[tuple[AlertState | None, Sight, Quiet], Turn] = {
    (None, Sight.HOLDS, Quiet.OVER): Turn(AlertState.OPEN, _OPENED),
    (AlertState.OPEN, Sight.HOLDS, Quiet.OVER): Turn(AlertState.OPEN),
    (AlertState.OPEN, Sight.GONE, Quiet.OVER): Turn(AlertState.RESOLVED, _RESOLVED),
    (AlertState.ACKNOWLEDGED, Sight.HOLDS, Quiet.OVER): Turn(AlertState.ACKNOWLEDGED),
    (AlertState.ACKNOWLEDGED, Sight.GONE, Quiet.OVER): Turn(AlertState.RESOLVED, _RESOLVED),
    (AlertState.RESOLVED, Sight.HOLDS, Quiet.LASTS): Turn(AlertState.COOLING, is_held=True),
    (AlertState.RESOLVED, Sight.GONE, Quiet.LASTS): Turn(AlertState.COOLING),
    (AlertState.RESOLVED, Sight.HOLDS, Quiet.OVER): Turn(AlertState.OPEN, _OPENED),
    (AlertState.RESOLVED, Sight.GONE, Quiet.OVER): Turn(AlertState.CLOSED),
    (AlertState.COOLING, Sight.HOLDS, Quiet.LASTS): Turn(AlertState.COOLING, is_held=True),
    (AlertState.COOLING, Sight.GONE, Quiet.LASTS): Turn(AlertState.COOLING),
    (AlertState.COOLING, Sight.HOLDS, Quiet.OVER): Turn(AlertState.OPEN, _OPENED),
    (AlertState.COOLING, Sight.GONE, Quiet.OVER): Turn(AlertState.CLOSED),
    (AlertState.CLOSED, Sight.HOLDS, Quiet.OVER): Turn(AlertState.OPEN, _OPENED),
    (AlertState.CLOSED, Sight.GONE, Quiet.OVER): Turn(AlertState.CLOSED),
}
"""Every turn that an alert can take by itself; people take it (open → acknowledged) and settle it (→ resolved)."""

LIVE = frozenset({AlertState.OPEN, AlertState.ACKNOWLEDGED})
"""States in which the condition holds."""


def advance(known: Alert | None, look: Look | None, as_of: datetime, quiet: timedelta) -> Step:
    """An alert after one look: `look` is None where its rule sees it no more. One of the two is there.

    What was seen at a later watermark is left alone, so that an older month can be computed again.
    """
    if known is not None and (known.as_of > as_of or _has_just_ended(known, look, as_of)):
        return Step(known)
    sight = Sight.HOLDS if look is not None and _is_news(known, look) else Sight.GONE
    turn = TURNS[known.state if known else None, sight, _quiet(known, as_of)]
    if turn.stage is NotificationStage.OPENED and look is not None:
        return Step(_opened(known, look.alert), turn.stage)
    if known is None:
        raise ValueError("an alert that neither was known nor is seen")
    if known.state in LIVE and turn.state in LIVE and look is not None:
        return _seen_again(known, look.alert)
    if turn.state is AlertState.RESOLVED:
        return Step(ended(known, as_of, quiet), turn.stage)
    if turn.state is known.state is AlertState.CLOSED:
        return Step(known)
    counted = known.held_count + (turn.is_held and known.as_of < as_of)
    return Step(known.model_copy(update={"state": turn.state, "held_count": counted, "as_of": as_of}))


def ended(alert: Alert, as_of: datetime, quiet: timedelta, who: str | None = None) -> Alert:
    """An alert that no longer holds, by itself or because somebody settled it."""
    settled = {"state": AlertState.RESOLVED, "resolved_at": as_of, "quiet_ends_at": as_of + quiet, "resolved_by": who}
    return alert.model_copy(update=settled | {"held_count": 0, "as_of": max(as_of, alert.as_of)})


def _has_just_ended(known: Alert, look: Look | None, as_of: datetime) -> bool:
    """Resolved at this very watermark: another look at it is the same look."""
    return (
        known.state is AlertState.RESOLVED
        and known.resolved_at == as_of
        and (look is None or not _is_news(known, look))
    )


def _is_news(known: Alert | None, look: Look) -> bool:
    """What a person settled needs an event after that."""
    if known is None or known.state in LIVE or known.resolved_by is None or known.resolved_at is None:
        return True
    return look.last_at is not None and look.last_at > known.resolved_at


def _quiet(known: Alert | None, as_of: datetime) -> Quiet:
    if known is None or known.state in LIVE or known.state is AlertState.CLOSED or known.quiet_ends_at is None:
        return Quiet.OVER
    return Quiet.LASTS if as_of < known.quiet_ends_at else Quiet.OVER


def _opened(known: Alert | None, seen: Alert) -> Alert:
    """A new occurrence tells how often it held in the quiet time before."""
    if known is None:
        return seen
    return seen.model_copy(update={"occurrence": known.occurrence + 1, "held_count": known.held_count})


def _seen_again(known: Alert, seen: Alert) -> Step:
    """What the rule sees now, with what people and the first firing said; a level once reached stays."""
    lasting = {"state", "fired_at", "acknowledged_by", "occurrence", "held_count", "parent_id"}
    is_worse = seen.level > known.level
    kept = known.model_dump(include=lasting) | ({} if is_worse else {"level": known.level, "tier": known.tier})
    return Step(seen.model_copy(update=kept), NotificationStage.ESCALATED if is_worse else None)
