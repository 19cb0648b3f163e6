"""What is exported, a gateway takes: LiteLLM's own router loads it, Portkey's published schema accepts it."""

import json
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from litellm_proxy import OFFLINE, environment

from readback.policy import gateways
from readback.policy.exporting import export, file_text
from readback.policy.loading import read_policies
from readback.policy.version import Policy

AS_OF = datetime(2026, 5, 1, tzinfo=UTC)
DOCUMENT = """\
apiVersion: readback.dev/v1
kind: FallbackPolicy
metadata:
  policy_id: claims
  version: 1
  status: active
  owner: {team: claims, contact: "group:claims"}
  approved_by: "role:model-risk"
  approved_at: 2026-03-28T10:00:00Z
  effective_from: 2026-04-01T00:00:00Z
  review: {cadence: 90d}
defaults: {undeclared_workflow: hold, marking: {required: true, channels: [metadata]}}
models:
  - {id: openai/gpt-4o, aliases: [letters], provider: openai, status: approved}
  - {id: anthropic/claude-sonnet-4, provider: anthropic, status: approved}
  - {id: mistral/mistral-large-2411, provider: mistral, status: approved}
lanes:
  - {id: queue, kind: hold, max_wait: 4h, on_expiry: escalate}
workflow_classes:
  - id: letter
    stage: drafting
    risk: moderate
    match: {routes: [letters]}
    preferred: [openai/gpt-4o]
    boundary: degrade
    substitutes:
      - {target: anthropic/claude-sonnet-4, target_kind: model, activation: automatic, triggers: [throttled, outage]}
      - {target: mistral/mistral-large-2411, target_kind: model, activation: automatic, triggers: [overflow]}
    triggers:
      - {id: throttled, type: provider_throttled}
      - {id: outage, type: provider_outage}
      - {id: overflow, type: context_overflow}
    retries: {max_attempts: 3}
    cooldown: {failures: 4, duration: 45s}
  - id: payment
    stage: execution
    risk: critical
    match: {routes: [payments]}
    preferred: [openai/gpt-4o]
    boundary: pause
    substitutes: [{target: queue, target_kind: hold, activation: automatic, triggers: ["*"]}]
    triggers: [{id: outage, type: provider_outage}]
    stop_conditions: []
    continuity: {}
"""

LOAD = """
import json, sys, yaml
from litellm import Router
config = yaml.safe_load(sys.stdin)
router = Router(model_list=config["model_list"], **config["router_settings"])
print(json.dumps({
    "groups": sorted(router.get_model_names()), "fallbacks": router.fallbacks, "num_retries": router.num_retries,
    "context_window_fallbacks": router.context_window_fallbacks,
    "allowed_fails": router.allowed_fails, "cooldown_time": router.cooldown_time,
}))
"""

STATUSES = {"type": "array", "items": {"type": "integer"}}
PORTKEY: dict[str, Any] = {
    "$schema": "http://json-schema.org/draft-07/schema#",
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "strategy": {
            "type": "object",
            "properties": {
                "mode": {"enum": ["single", "loadbalance", "fallback", "conditional"]},
                "on_status_codes": STATUSES,
                "cb_config": {
                    "type": "object",
                    "required": ["cooldown_interval"],
                    "properties": {"cooldown_interval": {"type": "integer", "minimum": 30_000}},
                },
            },
            "required": ["mode"],
        },
        "provider": {"type": "string"}, "api_key": {"type": "string"}, "virtual_key": {"type": "string"},
        "override_params": {"type": "object"}, "weight": {"type": "number"}, "on_status_codes": STATUSES,
        "cache": {"type": "object", "required": ["mode"]},
        "retry": {
            "type": "object",
            "properties": {"attempts": {"type": "integer", "maximum": 5}, "on_status_codes": STATUSES},
            "required": ["attempts"],
        },
        "targets": {"type": "array", "items": {"$ref": "#"}},
    },
    "anyOf": [
        {"required": ["provider", "api_key"]},
        {"required": ["virtual_key"]},
        {"required": ["strategy", "targets"]},
        {"required": ["cache"]},
        {"required": ["retry"]},
    ],
}  # fmt: skip
"""The rules of Portkey's published schema of the config object, and of its page on circuit breakers."""


@pytest.fixture(scope="module")
def policy() -> Policy:
    return read_policies(DOCUMENT.encode(), Path("policy.yaml"))[0]


@pytest.fixture(scope="module")
def router(policy: Policy) -> dict[str, Any]:
    """What LiteLLM's router says of itself after it loaded the export."""
    ((name, config),) = export(policy, gateways.named("litellm"), AS_OF).files.items()
    keys = {"OPENAI_API_KEY": "none", "ANTHROPIC_API_KEY": "none", "MISTRAL_API_KEY": "none"}
    done = subprocess.run(
        [environment() / "python", "-c", LOAD], input=file_text(name, config), capture_output=True, text=True,
        check=False, env={**OFFLINE, **keys},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    loaded: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return loaded


@pytest.mark.slow
def test_litellm_loads_the_export(router: dict[str, Any]) -> None:
    assert router["fallbacks"] == [{"letters": ["anthropic/claude-sonnet-4"]}]
    assert router["context_window_fallbacks"] == [{"letters": ["mistral/mistral-large-2411"]}]
    assert (router["num_retries"], router["allowed_fails"], router["cooldown_time"]) == (2, 3, 45.0)
    assert set(router["groups"]) == {"letters", "anthropic/claude-sonnet-4", "mistral/mistral-large-2411"}


@pytest.mark.slow
def test_litellm_knows_no_fallback_for_what_must_pause(router: dict[str, Any]) -> None:
    named = json.dumps([router["fallbacks"], router["context_window_fallbacks"]])
    assert "payments" not in named + json.dumps(router["groups"])


def test_portkeys_schema_accepts_the_export(policy: Policy) -> None:
    files = export(policy, gateways.named("portkey"), AS_OF).files
    assert list(files) == ["portkey-letters.json"]
    for content in files.values():
        jsonschema.Draft7Validator(PORTKEY).validate(content)


def test_portkeys_schema_refuses_what_it_does_not_know() -> None:
    assert not jsonschema.Draft7Validator(PORTKEY).is_valid({"strategy": {"mode": "fall"}, "targets": []})
    assert not jsonschema.Draft7Validator(PORTKEY).is_valid({"targets": []})
