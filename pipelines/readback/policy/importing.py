"""A gateway's configuration → a draft of a policy, and what is missing from it. No approval is ever invented."""

import json
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from readback.errors import PolicyError
from readback.policy import gateways
from readback.policy.gateways.chain import Chain, Gateway, GatewayModel, Reading, slug
from readback.policy.loading import read_policies
from readback.policy.located import read_documents
from readback.policy.schema import EDITOR_HINT
from readback.policy.triggers import TriggerType
from readback.policy.validation import validate
from readback.policy.version import Policy

TRIGGER_IDS: dict[TriggerType, str] = {
    TriggerType.PROVIDER_THROTTLED: "throttled",
    TriggerType.PROVIDER_ERROR: "outage",
    TriggerType.PROVIDER_OUTAGE: "outage",
    TriggerType.ADMIN_DISABLED: "disabled",
    TriggerType.MODEL_DEPRECATED: "deprecated",
    TriggerType.CONTENT_FILTERED: "filtered",
    TriggerType.CONTEXT_OVERFLOW: "overflow",
    TriggerType.COST_CEILING: "cost",
    TriggerType.QUOTA_EXHAUSTED: "quota",
}
"""What an imported trigger is called. A latency trigger is not among them: no gateway has its window and minimum."""


@dataclass(frozen=True)
class Draft:
    """A policy that judges nothing yet, as text to write, and one sentence for each thing that it lacks."""

    gateway: Gateway
    text: str
    policy: Policy
    gaps: tuple[str, ...]


def read_config(file: Path, content: bytes | None = None) -> Any:
    """The parsed content of a gateway's file: JSON, TOML, or YAML of one or several documents.

    `content` is what the file holds where somebody handed that over; then `file` only names it.

    Raises:
        PolicyError: absent or not readable as what its name says.
    """
    try:
        content = file.read_bytes() if content is None else content
        if file.suffix == ".json":
            return json.loads(content)
        if file.suffix == ".toml":
            return tomllib.loads(content.decode())
    except OSError as error:
        raise PolicyError(f"cannot be read: {error.strerror}", file=file) from None
    except ValueError as error:
        raise PolicyError(f"is not valid {file.suffix.removeprefix('.').upper()}: {error}", file=file) from None
    documents = [located.value for located in read_documents(content, file)]
    return documents[0] if len(documents) == 1 else documents


def read_gateway(file: Path, name: str | None = None, content: bytes | None = None) -> tuple[Gateway, Reading]:
    """The gateway of a file, recognized where none is named, and its chains; `content` as in `read_config`.

    Raises:
        PolicyError: unreadable, of no known gateway, or not of the shape that its gateway gives it.
    """
    config = read_config(file, content)
    gateway = gateways.named(name) if name else gateways.recognized(config)
    if gateway is None or not gateway.is_mine(config):
        known = gateway.TITLE if gateway else f"any of {', '.join(gateways.GATEWAYS)}"
        raise PolicyError(f"does not look like the configuration of {known}", file=file)
    try:
        return gateway, gateway.read(config, file.stem)
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        told = f"is not shaped as {gateway.TITLE} has it ({type(error).__name__}: {error})"
        raise PolicyError(told, file=file) from None


def draft(file: Path, as_of: datetime, name: str | None = None) -> Draft:
    """The draft of a policy from a gateway's file; `as_of` is when it could begin to hold.

    Raises:
        PolicyError: as `read_gateway`, or nothing in the file says which model serves a route.
    """
    gateway, reading = read_gateway(file, name)
    if not reading.chains:
        raise PolicyError(f"names no route whose models {gateway.TITLE} would call", file=file)
    document = _document(gateway, reading, file, as_of)
    body = yaml.safe_dump(document, sort_keys=False, width=110)
    (policy,) = read_policies(body.encode(), file)
    gaps = tuple(dict.fromkeys([*_gaps(policy, as_of), *_slow_gaps(reading), *reading.remarks]))
    return Draft(gateway, EDITOR_HINT + _heading(gateway, file, gaps) + body, policy, gaps)


def _heading(gateway: Gateway, file: Path, gaps: tuple[str, ...]) -> str:
    lines = [
        f"A draft from {file.name} ({gateway.TITLE}). It judges nothing until people have filled in what no gateway",
        "knows: risk, stage and boundary, approvals with their evidence and end, lanes, stop conditions, an owner.",
        *(f"- {gap}" for gap in gaps),
    ]
    return "".join(f"# {_one_line(line)}\n" for line in lines)


def _one_line(text: str) -> str:
    """Names come from a file that others wrote: none may end the comment that it is repeated in."""
    return "".join(character if character.isprintable() else " " for character in text)


def _document(gateway: Gateway, reading: Reading, file: Path, as_of: datetime) -> dict[str, Any]:
    ids: list[str] = []
    for chain in reading.chains:
        base = slug(chain.route)
        ids.append(base if base not in ids else f"{base}-{len(ids) + 1}")
    return {
        "apiVersion": "readback.dev/v1",
        "kind": "FallbackPolicy",
        "metadata": {
            "policy_id": f"imported-{slug(file.stem)}",
            "version": 1,
            "status": "draft",
            "effective_from": f"{as_of:%Y-%m-%dT%H:%M:%SZ}",
            "source": {"kind": gateway.NAME, "ref": file.name},
        },
        "defaults": {"undeclared_workflow": "report_only", "marking": {"required": True, "channels": ["metadata"]}},
        "models": list(_models(reading.models)),
        "workflow_classes": [_class(chain, name) for chain, name in zip(reading.chains, ids, strict=True)],
    }


def _models(models: tuple[GatewayModel, ...]) -> Iterator[dict[str, Any]]:
    """Restricted, for nobody has approved them; a name that two models go under is left out."""
    named = [name for model in models for name in {model.id, *model.aliases}]
    for model in models:
        aliases = [name for name in dict.fromkeys(model.aliases) if named.count(name) == 1 and name != model.id]
        told = {"id": model.id} | ({"aliases": aliases} if aliases else {})
        yield told | {"provider": model.provider, "status": "restricted"}


def _class(chain: Chain, class_id: str) -> dict[str, Any]:
    types = dict.fromkeys(kind for option in chain.options for kind in option.types if kind in TRIGGER_IDS)
    declared = {TRIGGER_IDS[kind]: kind.value for kind in types}
    told: dict[str, Any] = {
        "id": class_id,
        "match": {"routes": [chain.route]},
        "preferred": list(chain.preferred),
        "substitutes": [
            {
                "target": option.target,
                "target_kind": "model",
                "activation": "automatic",
                "approved_by": None,
                "triggers": list(dict.fromkeys(TRIGGER_IDS[kind] for kind in option.types if kind in TRIGGER_IDS)),
            }
            for option in chain.options
        ],
        "triggers": [{"id": name, "type": kind} for name, kind in declared.items()],
    }
    return told | _resilience(chain)


def _resilience(chain: Chain) -> dict[str, Any]:
    told: dict[str, Any] = {}
    if chain.attempts is not None:
        backoff = {"backoff_initial": chain.backoff_initial_s, "backoff_max": chain.backoff_max_s}
        spelled = {key: _duration(value) for key, value in backoff.items() if value is not None}
        told["retries"] = {"max_attempts": chain.attempts} | spelled
    if chain.breaker is not None:
        found = {
            "failures": chain.breaker.failures,
            "min_requests": chain.breaker.min_requests,
            "failure_share_gte": chain.breaker.failure_share,
        }
        told["cooldown"] = {key: value for key, value in found.items() if value is not None}
        told["cooldown"]["duration"] = _duration(chain.breaker.duration_s)
    return told


def _duration(seconds: float) -> str:
    return f"{int(seconds)}s" if seconds == int(seconds) else f"{round(seconds * 1000)}ms"


def _gaps(policy: Policy, as_of: datetime) -> Iterator[str]:
    for finding in validate([policy], as_of=as_of):
        yield f"{finding.code}: {finding.message}. {finding.help}"


def _slow_gaps(reading: Reading) -> Iterator[str]:
    for chain in reading.chains:
        if any(TriggerType.LATENCY_BREACH in option.types for option in chain.options):
            yield f"{chain.route!r} falls back on one slow call; a latency trigger needs a metric, window and minimum"
