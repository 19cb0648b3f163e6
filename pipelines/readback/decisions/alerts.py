"""STEP of the alerts: every rule judged at a watermark, every alert taken one turn further, and the messages queued.

What a turn is says `lifecycle`; what is sent to whom, `outbox`. All of it happens inside the caller's transaction.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from readback import store
from readback.contracts import Alert, Monitor
from readback.contracts.vocabulary import AlertState, NotificationStage
from readback.decisions import outbox, shared_causes
from readback.decisions.alert_rules import ALERT_RULES
from readback.decisions.condition import AlertRule, Condition
from readback.decisions.evidence import as_json, digest, gather, gather_frame, window
from readback.decisions.lifecycle import LIVE, Look, Step, advance, ended
from readback.decisions.quality_rules import Watched, lasting, monitors
from readback.decisions.surveillance import Surveillance, watch
from readback.errors import ReadbackError
from readback.settings import Settings

_QUIET = {rule.rule: rule.quiet for rule in ALERT_RULES} | {shared_causes.RULE: shared_causes.QUIET}


class UnknownAlert(ReadbackError):
    """No open alert has this id."""


def refresh_alerts(con: store.Connection, as_of: datetime, settings: Settings | None = None) -> list[Alert]:
    """Judge every rule at the watermark and bring `alerts`, `monitors` and `notifications` up to it.

    Returns the alerts that opened, the oldest first.
    """
    settings = settings or Settings()
    known = {alert.alert_id: alert for alert in read_alerts(con)}
    bound = parameters(settings, as_of)
    watched = watch(gather_frame(con, "outcome_weeks", bound), as_of)
    steps = take_turns(known, _looks(con, bound, watched, as_of), as_of)
    every = sorted((step.alert for step in steps), key=_order)
    store.replace_rows(con, Alert, every)
    store.replace_rows(con, Monitor, monitors(watched, as_of))
    outbox.queue(con, steps, settings, as_of)
    return sorted((step.alert for step in steps if step.stage is NotificationStage.OPENED), key=_order)


def read_alerts(con: store.Connection) -> list[Alert]:
    """Every alert that ever fired, the oldest first."""
    return store.read_rows(con, Alert, "select * from alerts order by fired_at, alert_id")


def acknowledge(con: store.Connection, alert_id: str, who: str, settings: Settings | None = None) -> Alert:
    """Somebody took an open alert, and with a parent its children; it stays taken until it is resolved.

    Raises:
        UnknownAlert: no such alert, or it is resolved.
    """
    every = read_alerts(con)
    alert = _live(every, alert_id, "taken")
    taken = [
        each.model_copy(update={"state": AlertState.ACKNOWLEDGED, "acknowledged_by": who})
        for each in _family(every, alert)
    ]
    return _rewritten(con, taken, NotificationStage.ACKNOWLEDGED, settings, alert.as_of)


def resolve(
    con: store.Connection, alert_id: str, as_of: datetime, who: str = "operator", settings: Settings | None = None
) -> Alert:
    """Somebody settled an alert, and with a parent its children; it fires again only on events after `as_of`.

    A rise of an outcome rate that was settled is the new normal: its baseline begins anew.

    Raises:
        UnknownAlert: no such alert, or it is resolved already.
    """
    every = read_alerts(con)
    alert = _live(every, alert_id, "resolved")
    settled = [ended(each, max(as_of, each.as_of), quiet_of(each), who) for each in _family(every, alert)]
    return _rewritten(con, settled, NotificationStage.RESOLVED, settings, max(as_of, alert.as_of))


def take_turns(known: Mapping[str, Alert], looks: Iterable[Look], as_of: datetime) -> list[Step]:
    """One step of every alert that is known or seen; then of the parents, which follow from their children. Pure."""
    parents = {key: alert for key, alert in known.items() if alert.rule == shared_causes.RULE}
    alone = {key: alert for key, alert in known.items() if key not in parents}
    steps = shared_causes.gathered(_advanced(alone, {look.alert.alert_id: look for look in looks}, as_of), parents)
    seen = shared_causes.parent_looks([step.alert for step in steps], as_of)
    return steps + _advanced(parents, {look.alert.alert_id: look for look in seen}, as_of)


def quiet_of(alert: Alert) -> timedelta:
    """For how long an alert keeps quiet after its end."""
    return _QUIET.get(alert.rule, timedelta(0))


def parameters(settings: Settings, as_of: datetime) -> dict[str, Any]:
    """Everything that a model of the rules may bind."""
    alerts, holidays = settings.alerts, settings.calendar.days(as_of.year)
    return window(as_of) | {
        "holiday_days": [day for day, _ in holidays],
        "holiday_names": [name for _, name in holidays],
        "timezone": settings.project.timezone,
        "week_offset": 1 if settings.project.week_starts == "sunday" else 0,
        "baseline_weeks": alerts.baseline_weeks,
        "preferred_objective": alerts.preferred_objective,
        "held_objective": alerts.held_objective,
        "quarantined_share": alerts.quarantined_share,
        "unmapped_share": alerts.unmapped_share,
        "stale_after_s": alerts.stale_after,
        "settled_at": as_of - timedelta(seconds=settings.windows.late),
    }


def _looks(
    con: store.Connection, bound: dict[str, Any], watched: Surveillance | None, as_of: datetime
) -> Iterator[Look]:
    for rule in ALERT_RULES:
        # The fleet is looked at once: its rises are told as alerts here, and as monitors.
        is_watched = rule.evidence is Watched
        evidence = lasting(watched) if is_watched else gather(con, rule.model, rule.evidence, bound)
        for condition in rule.judge(evidence, as_of):
            yield Look(_alert_of(rule, condition, as_of), condition.last_at, rule.quiet)


def _advanced(known: Mapping[str, Alert], looks: Mapping[str, Look], as_of: datetime) -> list[Step]:
    return [
        advance(known.get(key), looks.get(key), as_of, quiet_of(looks[key].alert if key in looks else known[key]))
        for key in sorted({*known, *looks})
    ]


def _alert_of(rule: AlertRule, condition: Condition, as_of: datetime) -> Alert:
    return Alert(
        alert_id=digest(rule.rule, rule.version, *condition.scope),
        rule=rule.rule,
        rule_version=rule.version,
        tier=condition.tier or rule.tier,
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
        workflow_class=condition.workflow_class,
        level=condition.level,
        shared_cause=condition.shared_cause,
    )


def _order(alert: Alert) -> tuple[datetime, datetime, str]:
    return alert.fired_at, alert.started_at, alert.alert_id


def _live(every: Sequence[Alert], alert_id: str, turn: str) -> Alert:
    found = [alert for alert in every if alert.alert_id == alert_id]
    if not found:
        raise UnknownAlert(f"no alert has the id {alert_id!r}; `readback alerts list` shows them")
    if found[0].state not in LIVE:
        raise UnknownAlert(f"alert {alert_id} is {found[0].state.value}; only an open one can be {turn}")
    return found[0]


def _family(every: Sequence[Alert], alert: Alert) -> list[Alert]:
    return [alert, *(each for each in every if each.parent_id == alert.alert_id and each.state in LIVE)]


def _rewritten(
    con: store.Connection, alerts: Sequence[Alert], stage: NotificationStage, settings: Settings | None, as_of: datetime
) -> Alert:
    for alert in alerts:
        con.execute("delete from alerts where alert_id = $alert_id", {"alert_id": alert.alert_id})
    store.insert_rows(con, Alert, alerts)
    outbox.queue(con, [Step(alert, stage) for alert in alerts], settings or Settings(), as_of)
    return alerts[0]
