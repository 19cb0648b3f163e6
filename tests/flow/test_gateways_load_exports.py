"""What is exported, a gateway takes.

LiteLLM's own router and TensorZero's own gateway load it, Portkey's own gateway runs it, the SDKs of AWS, Databricks,
Cloudflare, MLflow and OpenRouter know every word of it.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from litellm_proxy import OFFLINE, environment, virtual_environment
from portkey_gateway import Gateway, portkey_gateway
from scripted_upstream import Upstream, scripted_upstream

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


@pytest.fixture(scope="module")
def portkey(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    if shutil.which("npm") is None:
        pytest.skip("Portkey's gateway is a Node package, and this machine has no npm")
    with portkey_gateway(tmp_path_factory.mktemp("portkey")) as gateway:
        yield gateway


def portkey_config(policy: Policy, upstream: Upstream) -> dict[str, Any]:
    """The exported config, with the addresses of a provider that plays all of them."""
    ((name, config),) = export(policy, gateways.named("portkey"), AS_OF).files.items()
    assert name == "portkey-letters.json"
    hosted: dict[str, Any] = json.loads(file_text(name, config))
    for target in hosted["targets"]:
        target["custom_host"] = f"http://127.0.0.1:{upstream.port}/{target['provider']}-1"
    return hosted


@pytest.mark.slow
@pytest.mark.parametrize(
    ("failure", "providers"),
    [("503", ["openai", "anthropic"]), ("429", ["openai", "anthropic"]), ("401", ["openai"]), ("ok", ["openai"])],
)
def test_portkeys_gateway_takes_the_export_and_does_what_it_says(
    policy: Policy, portkey: Gateway, failure: str, providers: list[str]
) -> None:
    """An outage and throttling lead on, a wrong key does not; the retries are those of the policy."""
    with scripted_upstream() as upstream:
        question = json.dumps({"case": failure, "script": {"openai": [failure] * 3}})
        status, _ = portkey.ask(portkey_config(policy, upstream), question)
        asked = [call.deployment.removesuffix("-1") for call in upstream.of(failure)]
    assert (status == 200) == (failure != "401")
    assert list(dict.fromkeys(asked)) == providers
    assert asked.count("openai") == (3 if failure in ("503", "429") else 1)


@pytest.mark.slow
def test_portkeys_gateway_refuses_what_its_schema_does_not_know(portkey: Gateway) -> None:
    status, told = portkey.ask({"strategy": {"mode": "fallback"}, "targets": [{"provider": "mistral"}]}, "{}")
    assert (status, told["message"]) == (400, "Invalid config passed")


@pytest.mark.slow
def test_agentcores_service_model_takes_the_export(policy: Policy, tmp_path: Path) -> None:
    """Parameters of CreateGatewayRule, checked as the AWS SDK checks them before it calls."""
    ((_, content),) = export(policy, gateways.named("agentcore"), AS_OF).files.items()
    rules = [{"gatewayIdentifier": "letters-0123456789", **rule} for rule in content["gatewayRules"]]
    assert _refused_by_aws(rules, tmp_path) == ""
    rules[0]["actions"][0]["routeToTarget"]["fallback"] = {}
    assert 'Unknown parameter in actions[0].routeToTarget: "fallback"' in _refused_by_aws(rules, tmp_path)


CHECK = """
import json, sys
from botocore.session import Session
from botocore.validate import ParamValidator
model = Session().get_service_model("bedrock-agentcore-control").operation_model("CreateGatewayRule")
for rule in json.load(sys.stdin):
    print(ParamValidator().validate(rule, model.input_shape).generate_report(), end="")
"""
BOTOCORE = "botocore==1.44.8"
"""Knows fallbacks of gateway rules; what moto stands on is older, so it gets an environment of its own."""


def _refused_by_aws(rules: list[dict[str, Any]], folder: Path) -> str:
    return _run(virtual_environment("botocore", [BOTOCORE]), CHECK, json.dumps(rules), folder)


LOAD_TENSORZERO = """
import sys
from tensorzero import TensorZeroGateway
try:
    with TensorZeroGateway.build_embedded(config_file=sys.stdin.read()):
        print("loaded")
except Exception as error:
    print(error)
"""


@pytest.mark.slow
def test_tensorzeros_gateway_loads_the_export(policy: Policy, tmp_path: Path) -> None:
    ((name, content),) = export(policy, gateways.named("tensorzero"), AS_OF).files.items()
    assert _loaded_by_tensorzero(file_text(name, content), tmp_path) == "loaded\n"
    content["functions"]["letters"]["experimentation"]["fallback_variants"].append("nobody")
    assert "nobody" in _loaded_by_tensorzero(file_text(name, content), tmp_path)


def _loaded_by_tensorzero(config: str, folder: Path) -> str:
    file = folder / "tensorzero.toml"
    file.write_text(config, encoding="utf-8")
    return _run(virtual_environment("tensorzero", ["tensorzero==2026.6.0"]), LOAD_TENSORZERO, str(file), folder)


READ_DATABRICKS = """
import json, sys
from databricks.sdk.service.serving import AiGatewayConfig, EndpointCoreConfigInput
told = json.load(sys.stdin)
config, gateway = EndpointCoreConfigInput.from_dict(told["config"]), AiGatewayConfig.from_dict(told["ai_gateway"])
print(json.dumps({"name": told["name"], "config": config.as_dict(), "ai_gateway": gateway.as_dict()}))
"""


@pytest.mark.slow
def test_databricks_sdk_knows_every_word_of_the_export(policy: Policy, tmp_path: Path) -> None:
    """What it does not know, it leaves out."""
    ((_, content),) = export(policy, gateways.named("databricks"), AS_OF).files.items()
    environment = virtual_environment("databricks", ["databricks-sdk==0.162.0"])
    assert json.loads(_run(environment, READ_DATABRICKS, json.dumps(content), tmp_path)) == content
    content["config"]["served_entities"][0]["external_model"]["provider"] = "nobody"
    assert json.loads(_run(environment, READ_DATABRICKS, json.dumps(content), tmp_path)) != content


READ_CLOUDFLARE = """
import json, sys
from pydantic import TypeAdapter, ValidationError
from cloudflare.types.ai_gateway.dynamic_routing_create_response import Element
told = json.load(sys.stdin)
try:
    read = TypeAdapter(list[Element]).validate_python(told["elements"])
except ValidationError as error:
    print("refused", {each["loc"][-1] for each in error.errors()})
else:
    print(json.dumps({"name": told["name"], "elements": [each.model_dump(by_alias=True) for each in read]}))
"""


@pytest.mark.slow
def test_cloudflares_sdk_reads_the_export(policy: Policy, tmp_path: Path) -> None:
    """By the types that it derives from the API's own description; a required word that is absent is refused."""
    ((_, content),) = export(policy, gateways.named("cloudflare"), AS_OF).files.items()
    environment = virtual_environment("cloudflare", ["cloudflare==5.9.0"])
    assert json.loads(_run(environment, READ_CLOUDFLARE, json.dumps(content), tmp_path)) == content
    del content["elements"][1]["properties"]["timeout"]
    assert "timeout" in _run(environment, READ_CLOUDFLARE, json.dumps(content), tmp_path)


READ_MLFLOW = """
import json, sys
from google.protobuf.json_format import MessageToDict, ParseDict, ParseError
from mlflow.entities.gateway_endpoint import GatewayEndpoint
from mlflow.protos.service_pb2 import GatewayEndpoint as Message
try:
    message = ParseDict(json.load(sys.stdin), Message())
except ParseError as error:
    print("refused", error)
else:
    GatewayEndpoint.from_proto(message)
    print(json.dumps(MessageToDict(message, preserving_proto_field_name=True)))
"""


@pytest.mark.slow
def test_mlflows_gateway_knows_every_word_of_the_export(policy: Policy, tmp_path: Path) -> None:
    ((_, content),) = export(policy, gateways.named("mlflow"), AS_OF).files.items()
    environment = virtual_environment("mlflow", ["mlflow-skinny==3.17.2"])
    assert json.loads(_run(environment, READ_MLFLOW, json.dumps(content), tmp_path)) == content
    content["model_mappings"][0]["linkage_type"] = "FIRST"
    assert "FIRST" in _run(environment, READ_MLFLOW, json.dumps(content), tmp_path)


READ_OPENROUTER = """
import json, sys
from pydantic import ValidationError
from openrouter.components import ChatRequest
told = json.load(sys.stdin)
try:
    read = ChatRequest.model_validate({"messages": [{"role": "user", "content": "Hello"}], **told})
except ValidationError as error:
    print("refused", {each["loc"][0] for each in error.errors()})
else:
    print(json.dumps({name: read.model_dump()[name] for name in told}))
"""


@pytest.mark.slow
def test_openrouters_sdk_knows_every_word_of_the_export(policy: Policy, tmp_path: Path) -> None:
    ((_, content),) = export(policy, gateways.named("openrouter"), AS_OF).files.items()
    environment = virtual_environment("openrouter", ["openrouter==1.3.84"])
    assert json.loads(_run(environment, READ_OPENROUTER, json.dumps(content), tmp_path)) == content
    assert "models" in _run(environment, READ_OPENROUTER, json.dumps({"models": content}), tmp_path)


def _run(environment: Path, program: str, given: str, folder: Path) -> str:
    """What a program of another environment prints; its keys are none that anybody has."""
    keys = {f"{name}_API_KEY": "none" for name in ("OPENAI", "ANTHROPIC", "MISTRAL")}
    done = subprocess.run(
        [environment / "python", "-c", program], input=given, capture_output=True, text=True, check=False, cwd=folder,
        env={"PATH": os.environ["PATH"], "HOME": str(folder), "RUST_LOG": "off", **keys},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout
