"""The life of an alert: fired when a rule first holds, taken by a person, resolved when it no longer holds.

A streak of silent downgrades holds as long as its latest one lies in the window that decisions look at.
"""

from datetime import datetime
from typing import NamedTuple

from readback import store
from readback.contracts import Alert
from readback.contracts.vocabulary import AlertState
from readback.decisions.alert_rules import ALERT_RULES, AlertRule, Condition
from readback.decisions.evidence import as_json, digest, gather, window
from readback.errors import ReadbackError


class UnknownAlert(ReadbackError):
    """No open alert has this id."""


class Holding(NamedTuple):
    """An alert as its rule sees it now, and the newest event behind it."""

    alert: Alert
    last_at: datetime | None


def refresh_alerts(con: store.Connection, as_of: datetime) -> list[Alert]:
    """Judge every rule at the watermark and bring `alerts` up to it; the alerts that are news, the oldest first.

    What was judged at a later watermark is left alone, so that an older month can be computed again.
    """
    known = {alert.alert_id: alert for alert in read_alerts(con)}
    now = {holding.alert.alert_id: holding for holding in _holding(con, as_of)}
    fired = {key for key, holding in now.items() if _is_news(known.get(key), holding)}
    kept = [alert if key in now else _no_longer(alert, as_of) for key, alert in known.items() if key not in fired]
    kept = [_seen_again(alert, now[alert.alert_id].alert) if alert.alert_id in now else alert for alert in kept]
    news = sorted((_opened(known.get(key), now[key].alert) for key in fired), key=_order)
    every = sorted(kept + news, key=_order)
    store.replace_rows(con, Alert, every)
    return news


def read_alerts(con: store.Connection) -> list[Alert]:
    """Every alert that ever fired, the oldest first."""
    relation = store.query(con, "select * from alerts order by fired_at, alert_id")
    return [Alert(**dict(zip(relation.columns, row, strict=True))) for row in relation.fetchall()]


def acknowledge(con: store.Connection, alert_id: str, who: str) -> Alert:
    """Somebody took an open alert; it stays taken until it is resolved.

    Raises:
        UnknownAlert: no such alert, or it is resolved.
    """
    alert = _alert(con, alert_id)
    if alert.state is AlertState.RESOLVED:
        raise UnknownAlert(f"alert {alert_id} is resolved; only an open one can be taken")
    return _rewrite(con, alert.model_copy(update={"state": AlertState.ACKNOWLEDGED, "acknowledged_by": who}))


def resolve(con: store.Connection, alert_id: str, as_of: datetime, who: str = "operator") -> Alert:
    """Somebody settled an alert; it fires again only on events after `as_of`.

    Raises:
        UnknownAlert: no such alert.
    """
    alert = _alert(con, alert_id)
    if alert.state is AlertState.RESOLVED:
        return alert
    taken_by = alert.acknowledged_by or who
    settled = {"state": AlertState.RESOLVED, "resolved_at": as_of, "acknowledged_by": taken_by}
    return _rewrite(con, alert.model_copy(update=settled))


def _holding(con: store.Connection, as_of: datetime) -> list[Holding]:
    return [
        Holding(_alert_of(rule, condition, as_of), condition.last_at)
        for rule in ALERT_RULES
        for condition in rule.judge(gather(con, rule.model, rule.evidence, window(as_of)), as_of)
    ]


def _alert_of(rule: AlertRule, condition: Condition, as_of: datetime) -> Alert:
    return Alert(
        alert_id=digest(rule.rule, rule.version, *condition.scope),
        rule=rule.rule,
        rule_version=rule.version,
        tier=rule.tier,
        state=AlertState.OPEN,
        workflow=condition.workflow,
        metric=condition.metric,
        title=condition.title,
        detail=condition.detail,
        evidence=as_json(condition.facts),
        evidence_sql=condition.evidence_sql,
        started_at=condition.started_at or as_of,
        fired_at=as_of,
        resolved_at=None,
        acknowledged_by=None,
        as_of=as_of,
    )


def _is_news(known: Alert | None, holding: Holding) -> bool:
    """Never fired, or resolved and holding again; what a person settled needs an event after that."""
    if known is None:
        return True
    if known.as_of > holding.alert.as_of or known.resolved_at is None:
        return False
    return known.acknowledged_by is None or (holding.last_at is not None and holding.last_at > known.resolved_at)


def _opened(known: Alert | None, seen: Alert) -> Alert:
    return seen if known is None else seen.model_copy(update={"fired_at": known.fired_at})


def _seen_again(known: Alert, seen: Alert) -> Alert:
    """What the rule sees now, with what people and the first firing said."""
    if known.state is AlertState.RESOLVED or known.as_of > seen.as_of:
        return known
    lasting = known.model_dump(include={"state", "fired_at", "acknowledged_by"})
    return seen.model_copy(update=lasting)


def _no_longer(alert: Alert, as_of: datetime) -> Alert:
    if alert.state is AlertState.RESOLVED or alert.as_of > as_of:
        return alert
    return alert.model_copy(update={"state": AlertState.RESOLVED, "resolved_at": as_of, "as_of": as_of})


def _order(alert: Alert) -> tuple[datetime, datetime, str]:
    return alert.fired_at, alert.started_at, alert.alert_id


def _alert(con: store.Connection, alert_id: str) -> Alert:
    found = [alert for alert in read_alerts(con) if alert.alert_id == alert_id]
    if not found:
        raise UnknownAlert(f"no alert has the id {alert_id!r}; `readback alerts list` shows them")
    return found[0]


def _rewrite(con: store.Connection, alert: Alert) -> Alert:
    con.execute("delete from alerts where alert_id = $alert_id", {"alert_id": alert.alert_id})
    store.insert_rows(con, Alert, [alert])
    return alert
