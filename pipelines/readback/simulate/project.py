"""The project around the logs: `policy.yaml` and `readback.toml`, so that the folder can be run as it is."""

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from readback.simulate.episodes import moment
from readback.simulate.fleet import MODELS, WORKFLOWS, Model, Substitute, Workflow
from readback.simulate.outages import Calendar
from readback.simulate.traffic import expiry_midnight

TRIGGERS: dict[str, dict[str, Any]] = {
    "provider_outage": {"status_codes": ["5XX"], "errors": ["connection"]},
    "provider_throttled": {"share_gte": 0.05, "window": "5m", "min_requests": 20},
    "latency_breach": {"metric": "total_p95", "gt": "30s", "window": "10m", "min_requests": 20},
    "admin_disabled": {},
    "cost_ceiling": {"amount": "250.00", "currency": "USD", "period": "1d"},
    "low_confidence": {"below": 0.6, "consecutive": 1, "signal": "eval:tests"},
}
APPROVER = "role:model-risk"


def policy(calendar: Calendar) -> dict[str, Any]:
    """Return the canonical policy document that the fleet is judged by; in force before the first request."""
    effective = (moment(calendar.start) - timedelta(days=30)).replace(hour=0, minute=0, second=0, microsecond=0)
    approved = effective - timedelta(days=4)
    return {
        "apiVersion": "readback.dev/v1",
        "kind": "FallbackPolicy",
        "metadata": {
            "policy_id": "simulated-fleet",
            "version": 1,
            "status": "active",
            "owner": {"team": "ai-operations", "contact": "group:ai-operations"},
            "approved_by": APPROVER,
            "approved_at": _rfc3339(approved),
            "effective_from": _rfc3339(effective),
            "effective_to": None,
            "review": {
                "cadence": "365d",
                "last_reviewed": approved.date().isoformat(),
                "next_due": _next_review(calendar).isoformat(),
            },
            "source": {"kind": "native", "ref": "simulated"},
        },
        "defaults": {
            "undeclared_workflow": "hold",
            "marking": {"required": True, "label": "Produced with a substitute model", "channels": ["metadata"]},
        },
        "models": [_model(each) for each in MODELS],
        "lanes": [
            {"id": "hold-queue", "kind": "hold", "max_wait": "20m", "on_expiry": "escalate"},
        ],
        "workflow_classes": [_class(each, calendar, approved) for each in WORKFLOWS],
    }


def _next_review(calendar: Calendar) -> date:
    return (moment(calendar.end) + timedelta(days=90)).date()


def _rfc3339(when: datetime) -> str:
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")


def _model(each: Model) -> dict[str, Any]:
    routes = [w.route for w in WORKFLOWS if w.preferred == each.model_id and w.route not in each.names]
    return {
        "id": each.model_id,
        "aliases": [*routes, each.group, *each.names],
        "provider": each.provider,
        "failure_domain": each.failure_domain or f"{each.provider}-us",
        "status": "approved",
        "capabilities": ["tools", "json"],
    }


def _class(workflow: Workflow, calendar: Calendar, approved: datetime) -> dict[str, Any]:
    causes = [cause for sub in workflow.substitutes for cause in sub.causes]
    is_grave = workflow.risk in ("high", "critical")
    targets = [_substitute(sub, calendar, approved) for sub in workflow.substitutes]
    if workflow.boundary == "pause":
        hold = {"target": "hold-queue", "target_kind": "hold", "activation": "automatic", "triggers": ["*"]}
        targets.append(hold)
    grave = {
        "stop_conditions": [
            {"id": "no-pii-filter", "requires": f"guardrail:{workflow.guardrail}", "on_missing": "pause"}
        ],
        "continuity": {"rto": "30m", "impact_tolerance": {"duration": "24h", "volume": 500}},
    }
    return {
        "id": workflow.name,
        "stage": workflow.stage,
        "risk": workflow.risk,
        "match": {"tags": {"workflow": workflow.name}},
        "preferred": [workflow.preferred],
        "boundary": workflow.boundary,
        "substitutes": targets,
        "triggers": [{"id": c, "type": c, "when": TRIGGERS[c]} for c in TRIGGERS if c in causes],
        **(grave if is_grave else {}),
        "retries": {"max_attempts": 2, "backoff_initial": "500ms", "backoff_max": "5s"},
        "cooldown": {"failures": 1, "window": "1m", "min_requests": 1, "duration": "60s"},
        "recovery": {"mode": "automatic", "stable_for": "1m"},
        "outcomes": {"rework_window": "14d", "error_window": "30d", "review_window": "7d"},
    }


def _substitute(sub: Substitute, calendar: Calendar, approved: datetime) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "target": sub.model_id,
        "target_kind": "model",
        "activation": "automatic",
        "approved_by": APPROVER,
        "approved_at": approved.date().isoformat(),
        "evidence": f"eval:{sub.model_id}",
        "triggers": list(sub.causes),
    }
    if sub.expires_at_fraction is not None:
        expiry = moment(expiry_midnight(calendar, sub.expires_at_fraction))
        entry["expires"] = expiry.date().isoformat()
    return entry


HEADER = """# A simulated fleet; `truth.json` says what readback must find.

[project]
name = "simulated-fleet"
timezone = "UTC"
week_starts = "monday"

[[inputs]]
path = "logs/litellm/*"

[[inputs]]
path = "logs/otlp/*"

[[inputs]]
path = "logs/bedrock/*"

[[inputs]]
path = "status/*.json"

[[inputs]]
path = "outcomes/*"
source = "outcomes"

[workflow]
from = ["tag:workflow", "metadata:workflow", "attribute:gen_ai.workflow.name", "key_alias", "route"]

[run]
from = ["metadata:task", "attribute:readback.run.id"]

[windows]
rework = "14d"
downstream_error = "30d"
review = "7d"
"""


def write(root: Path, calendar: Calendar, coverage: list[dict[str, Any]]) -> None:
    """Write both files; `coverage` are the `[[coverage]]` sections (`mode` sampled where `sample_rate` < 1)."""
    text = yaml.safe_dump(policy(calendar), sort_keys=False, allow_unicode=True, width=100)
    (root / "policy.yaml").write_text(text, encoding="utf-8")
    sections = "".join(_coverage(section, calendar.end) for section in coverage)
    (root / "readback.toml").write_text(HEADER + sections, encoding="utf-8")


def _coverage(section: dict[str, Any], end: int) -> str:
    is_sampled = section["sample_rate"] < 1
    lines = [
        "\n[[coverage]]",
        f'source = "{section["source"]}"',
        f"kinds = {_array(section['kinds'])}",
        f"workflows = {_array(section['workflows'])}",
        f"from = {_rfc3339(section['from'])}",
        f"complete_until = {_rfc3339(moment(end))}",
        f'mode = "{"sampled" if is_sampled else "complete"}"',
    ]
    if is_sampled:
        lines.append(f"sample_rate = {section['sample_rate']}")
    return "\n".join(lines) + "\n"


def _array(names: list[str]) -> str:
    return "[" + ", ".join(f'"{name}"' for name in names) + "]"
