"""The words of one message about an alert: what, since when, on data of when, and a link. Counts, never a payload."""

from urllib.parse import quote

from readback.contracts import Alert
from readback.contracts.vocabulary import NotificationStage

_TURNS = {
    NotificationStage.ACKNOWLEDGED: "taken",
    NotificationStage.RESOLVED: "resolved",
}


def told(alert: Alert, stage: NotificationStage, key: str, dashboard_url: str | None) -> tuple[str, str]:
    """Title and text of a message. Names come from logs: whoever shows them makes them harmless first."""
    lines = [
        _turn(alert, stage),
        "" if stage in _TURNS else alert.detail,
        _place(alert),
        link(dashboard_url, "alerts", alert.workflow),
        f"Alert {alert.alert_id}. Reference {key}: what comes twice with one reference is one message.",
    ]
    return f"[{_label(alert, stage)}] {alert.title}", "\n".join(line for line in lines if line)


def link(dashboard_url: str | None, page: str, workflow: str | None = None) -> str:
    """Address of a page of the dashboard; empty where readback.toml names no dashboard.

    >>> link("http://host:8501", "alerts", "a b")
    'http://host:8501/alerts?workflow=a%20b'
    """
    if dashboard_url is None:
        return ""
    return f"{dashboard_url}/{page}" + (f"?workflow={quote(workflow, safe='')}" if workflow else "")


def _label(alert: Alert, stage: NotificationStage) -> str:
    if stage in _TURNS:
        return _TURNS[stage]
    tier = alert.tier.value.upper()
    if stage is NotificationStage.ESCALATED:
        return f"{tier}, worse"
    return tier if alert.occurrence == 1 else f"{tier}, again"


def _turn(alert: Alert, stage: NotificationStage) -> str:
    if stage is NotificationStage.ACKNOWLEDGED:
        return f"Taken by {alert.acknowledged_by}."
    if stage is NotificationStage.RESOLVED:
        how = f"Settled by {alert.resolved_by}" if alert.resolved_by else "It no longer holds"
        return f"{how}, after {_span(alert)}."
    if stage is NotificationStage.OPENED and alert.occurrence > 1:
        held = f", which held {alert.held_count} more times in its quiet time" if alert.held_count else ""
        return f"Occurrence {alert.occurrence} of this alert{held}."
    return ""


def _span(alert: Alert) -> str:
    end = alert.resolved_at or alert.as_of
    hours = (end - alert.fired_at).total_seconds() / 3600
    return f"{hours:,.1f} h" if hours < 72 else f"{hours / 24:,.1f} days"


def _place(alert: Alert) -> str:
    where = f"Workflow {alert.workflow}" if alert.workflow else "All workflows"
    of_class = f" (class {alert.workflow_class})" if alert.workflow_class else ""
    return (
        f"{where}{of_class}. Since {alert.started_at:%Y-%m-%d %H:%M} UTC. Data as of {alert.as_of:%Y-%m-%d %H:%M} UTC."
    )
