"""The life of an alert: fired when a rule first holds, taken by a person, resolved when it no longer holds."""

from collections.abc import Iterator
from datetime import datetime

from readback import store
from readback.contracts import Alert
from readback.contracts.vocabulary import AlertState
from readback.decisions.alert_rules import ALERT_RULES, AlertRule, Condition
from readback.decisions.evidence import as_json, digest, gather, window
from readback.errors import ReadbackError


class UnknownAlert(ReadbackError):
    """No alert has this id."""


def refresh_alerts(con: store.Connection, as_of: datetime) -> list[Alert]:
    """Judge every rule at the watermark and bring `alerts` up to it; the alerts that are news, the oldest first.

    What was fired at a later watermark is left alone, so that an older month can be computed again.
    """
    known = {alert.alert_id: alert for alert in read_alerts(con)}
    holding = {alert.alert_id: alert for alert in _holding(con, as_of)}
    fired = [alert for alert in holding.values() if _is_news(known.get(alert.alert_id), alert)]
    merged = known | {key: _seen_again(known.get(key), alert) for key, alert in holding.items()}
    settled = [alert if alert.alert_id in holding else _no_longer(alert, as_of) for alert in merged.values()]
    store.replace_rows(con, Alert, sorted(settled, key=_order))
    return sorted((merged[alert.alert_id] for alert in fired), key=_order)


def read_alerts(con: store.Connection) -> list[Alert]:
    """Every alert that ever fired."""
    relation = store.query(con, "select * from alerts order by fired_at, alert_id")
    return [Alert(**dict(zip(relation.columns, row, strict=True))) for row in relation.fetchall()]


def acknowledge(con: store.Connection, alert_id: str, who: str) -> Alert:
    """Somebody took an open alert; it stays taken until it is resolved.

    Raises:
        UnknownAlert: no such alert, or it is resolved.
    """
    alert = _alert(con, alert_id)
    if alert.state is AlertState.RESOLVED:
        raise UnknownAlert(f"alert {alert_id} is resolved already", key=alert_id)
    return _rewrite(con, alert.model_copy(update={"state": AlertState.ACKNOWLEDGED, "acknowledged_by": who}))


def resolve(con: store.Connection, alert_id: str, as_of: datetime, who: str = "operator") -> Alert:
    """Somebody settled an alert; it fires again only on events after `as_of`.

    Raises:
        UnknownAlert: no such alert.
    """
    alert = _alert(con, alert_id)
    if alert.state is AlertState.RESOLVED:
        return alert
    settled = {"state": AlertState.RESOLVED, "resolved_at": as_of, "acknowledged_by": alert.acknowledged_by or who}
    return _rewrite(con, alert.model_copy(update=settled))


def _holding(con: store.Connection, as_of: datetime) -> Iterator[Alert]:
    for rule in ALERT_RULES:
        for found in gather(con, rule.model, rule.evidence, window(as_of)):
            condition = rule.judge(found)
            if condition is not None:
                yield _alert_of(rule, condition, as_of)


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
        evidence=as_json({"rule_version": rule.version, "last_at": condition.last_at, **condition.facts}),
        evidence_sql=condition.evidence_sql,
        started_at=condition.started_at or as_of,
        fired_at=as_of,
        resolved_at=None,
        acknowledged_by=None,
        as_of=as_of,
    )
