"""Status pages of the providers: Statuspage v2 `incidents.json`, one file per provider."""

import json
from pathlib import Path
from typing import Any

from readback.simulate.episodes import moment
from readback.simulate.outages import Calendar, Incident
from readback.simulate.truth import IncidentTruth

NAMES = {
    "openai": "OpenAI",
    "anthropic": "Anthropic",
    "vertex_ai": "Google Vertex AI",
    "mistral": "Mistral AI",
    "bedrock": "AWS Bedrock",
}
BODIES = {
    "investigating": "We are currently investigating this issue.",
    "identified": "The issue has been identified and a fix is being implemented.",
    "monitoring": "A fix has been implemented and we are monitoring the results.",
    "resolved": "This incident has been resolved.",
}


def write(root: Path, calendar: Calendar) -> dict[str, int]:
    """Write `status/<provider>-incidents.json` and return the number of lines per file."""
    (root / "status").mkdir(exist_ok=True)
    written = {}
    for provider in sorted({incident.provider for incident in calendar.incidents}):
        own = [incident for incident in calendar.incidents if incident.provider == provider]
        name = f"status/{provider}-incidents.json"
        text = json.dumps(_page(provider, own, calendar.end), indent=1) + "\n"
        (root / name).write_text(text, encoding="utf-8")
        written[name] = text.count("\n")
    return written


def _page(provider: str, incidents: list[Incident], end: int) -> dict[str, Any]:
    slug = provider.replace("_", "-")
    return {
        "page": {
            "id": slug,
            "name": NAMES[provider],
            "url": f"https://status.{slug}.example",
            "time_zone": "Etc/UTC",
            "updated_at": _text(end),
        },
        "incidents": [_incident(incident, slug, end) for incident in reversed(incidents)],
    }


def _incident(incident: Incident, page: str, end: int) -> dict[str, Any]:
    """Tell an incident as far as it had been told at the end of the span; stages newest first."""
    known = [(stage, at) for stage, at in _stages(incident) if at < end]
    stages = dict(known)
    status = known[0][0] if known else "investigating"
    component = {"id": f"{page}-api", "name": "API"}
    if not incident.is_relevant:
        component = {"id": f"{page}-billing", "name": "Billing portal"}
    return {
        "id": incident.incident_id,
        "name": incident.name,
        "status": status,
        "created_at": _text(incident.created),
        "updated_at": _text(max([incident.created, *stages.values()])),
        "monitoring_at": _text(stages.get("monitoring")),
        "resolved_at": _text(stages.get("resolved")),
        "impact": incident.impact,
        "shortlink": None,
        "started_at": _text(incident.started),
        "page_id": page,
        "incident_updates": [_update(incident, stage, at) for stage, at in known],
        "components": [component],
    }


def _stages(incident: Incident) -> list[tuple[str, int]]:
    stages = {
        "investigating": incident.investigating,
        "identified": incident.identified,
        "monitoring": incident.monitoring,
        "resolved": incident.resolved,
    }
    return sorted(stages.items(), key=lambda stage: -stage[1])


def _update(incident: Incident, stage: str, at: int) -> dict[str, Any]:
    """A back-filled update was created late but displays the time it speaks of."""
    written = max(at, incident.created)
    return {
        "id": f"{incident.incident_id}-{stage}",
        "status": stage,
        "body": BODIES[stage],
        "incident_id": incident.incident_id,
        "created_at": _text(written),
        "updated_at": _text(written),
        "display_at": _text(at),
    }


def _text(microseconds: int | None) -> str | None:
    return None if microseconds is None else f"{moment(microseconds):%Y-%m-%dT%H:%M:%S}.000Z"


def truths(calendar: Calendar) -> tuple[IncidentTruth, ...]:
    """Return what is true of each incident, oldest first."""
    return tuple(
        IncidentTruth(
            incident_id=incident.incident_id,
            provider=incident.provider,
            started_at=moment(incident.started),
            resolved_at=moment(incident.resolved),
            is_ordered=incident.identified <= incident.monitoring,
            is_back_filled=incident.created > incident.resolved,
            is_relevant=incident.is_relevant,
        )
        for incident in calendar.incidents
    )
