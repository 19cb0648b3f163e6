"""What was decided in a period and what is asked of leadership: policy versions, switches, alerts, recommendations."""

from collections.abc import Mapping
from typing import Any

from readback.faces import figures, questions
from readback.faces.inert import LONGEST, code, plain
from readback.faces.narrative import Ask
from readback.faces.report.subject import Subject, moment

_MOST_ASKS = 4
_BASIS = {
    "R": "replayed on the logs",
    "B": "bounded from both sides",
    "A": "adjusted observation",
    "T": "needs a trial",
}


def decisions(view: Subject) -> dict[str, Any]:
    """Everything decided, asked for and fired."""
    advice = questions.recommendations(view.con).to_dicts()
    alerts = questions.alerts(view.con, span=view.period.span).to_dicts()
    return {
        "decided": _decided(view, alerts),
        "recommendations": [_recommendation(row) for row in advice],
        "alerts": [_alert(row) for row in alerts],
    }


def asks(advice: list[dict[str, Any]], five: list[Mapping[str, Any]]) -> list[Ask]:
    """The best-founded changes first, then what the report could not say and who could change that."""
    found = [_advised(row) for row in advice[:3]]
    for row in five:
        reason, what = row["reason"] or "", row["label"].lower()
        if reason.startswith("not reported"):
            found.append(Ask(f"Name an owner for data on {what}", "No source reports it: it is unknown, not zero."))
        elif reason.startswith("low coverage"):
            found.append(Ask(f"Widen what is watched for {what}", f"Its figure is withheld: {reason}."))
    return found[:_MOST_ASKS]


def _advised(row: Mapping[str, Any]) -> Ask:
    return Ask(row["title"], f"{row['expected_effect'].rstrip('.')}. Evidence: {row['basis']}.")


def _decided(view: Subject, alerts: list[dict[str, Any]]) -> list[str]:
    told = [
        f"Policy {plain(row['policy_id'], 60)} version {row['version']} came into force on "
        f"{row['effective_from']:%-d %B}{_approved(row)}."
        for row in questions.policies(view.con).to_dicts()
        if view.period.start <= row["effective_from"] < view.period.end
    ]
    told += [_switched(row) for row in questions.admin_changes(view.con, view.period.span).to_dicts()[:3]]
    taken = [row for row in alerts if row["acknowledged_by"]]
    told += [f"{plain(row['acknowledged_by'], 60)} took on: {plain(row['title'], 120)}." for row in taken[:3]]
    ended = sum(row["state"] == "resolved" for row in alerts)
    if ended:
        told.append(f"{ended} of {len(alerts)} alerts of the period {'is' if ended == 1 else 'are'} resolved.")
    return told


def _approved(row: Mapping[str, Any]) -> str:
    return f", approved by {plain(row['approved_by'], 60)}" if row["approved_by"] else ""


def _switched(row: Mapping[str, Any]) -> str:
    what = plain(row["model"] or row["provider"] or "an unnamed model", 80)
    where = f" for {plain(row['scope'], 60)}" if row["scope"] else ""
    at = row["effective_at"] or row["seen_at"]
    return f"An admin switched {what} {'on' if row['is_enabled'] else 'off'}{where} on {at:%-d %B}."


def _recommendation(row: dict[str, Any]) -> dict[str, str]:
    return {
        "title": plain(row["title"], 160),
        "change": plain(row["change"], LONGEST),
        "expected_effect": plain(row["expected_effect"], LONGEST),
        "falsifier": plain(row["falsifier"], LONGEST),
        "where": plain(row["workflow"] or row["workflow_class"] or "all workflows", 60),
        "path": plain(row["policy_path"] or "", 120),
        "basis": _BASIS[row["evidence_class"]],
        "confidence": row["confidence"],
        "sql": code(row["evidence_sql"]),
    }


def _alert(row: dict[str, Any]) -> dict[str, str]:
    return {
        "tier": row["tier"],
        "state": row["state"],
        "title": plain(row["title"], 160),
        "detail": plain(row["detail"], LONGEST),
        "workflow": plain(row["workflow"] or "all workflows", 60),
        "began": moment(row["started_at"]),
        "fired": moment(row["fired_at"]),
        "taken": plain(row["acknowledged_by"] or figures.DASH, 60),
    }
