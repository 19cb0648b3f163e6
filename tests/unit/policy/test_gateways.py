"""Configurations as each gateway's own pages write them, into chains; and chains back into configurations."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from readback.errors import PolicyError
from readback.policy import gateways
from readback.policy.gateways.chain import Breaker, Chain, GatewayModel, Option, Reading, types_of
from readback.policy.importing import read_config, read_gateway
from readback.policy.triggers import TriggerType

ERROR, THROTTLED = TriggerType.PROVIDER_ERROR, TriggerType.PROVIDER_THROTTLED
FILTERED, OVERFLOW = TriggerType.CONTENT_FILTERED, TriggerType.CONTEXT_OVERFLOW

LITELLM = """
model_list:
  - {model_name: chat, litellm_params: {model: openai/gpt-4o, api_key: sk-secret-1}}
  - {model_name: chat, litellm_params: {model: azure/gpt-4o, api_base: "https://a", order: 2}}
  - {model_name: spare, litellm_params: {model: anthropic/claude-sonnet-4}}
  - {model_name: long, litellm_params: {model: gemini/gemini-2.5-pro}}
router_settings:
  fallbacks: [{chat: [spare]}]
  context_window_fallbacks: [{chat: [long]}]
  num_retries: 2
  allowed_fails: 3
  cooldown_time: 30
litellm_settings:
  content_policy_fallbacks: [{"*": [long]}]
"""
PORTKEY = {
    "strategy": {"mode": "fallback", "on_status_codes": [429]},
    "targets": [
        {"strategy": {"mode": "loadbalance"}, "targets": [
            {"override_params": {"model": "@openai-prod/gpt-4o"}, "weight": 0.5},
            {"virtual_key": "azure", "override_params": {"model": "gpt-4o"}, "weight": 0.5},
        ]},
        {"provider": "@anthropic-prod", "override_params": {"model": "claude-sonnet-4"}},
    ],
    "retry": {"attempts": 3},
}  # fmt: skip
ENVOY = """
apiVersion: aigateway.envoyproxy.io/v1beta1
kind: AIGatewayRoute
metadata: {name: team}
spec:
  rules:
    - matches: [{headers: [{type: Exact, name: x-ai-eg-model, value: team-chat}]}]
      backendRefs:
        - {name: secondary, priority: 1, modelNameOverride: claude-sonnet-4}
        - {name: primary, modelNameOverride: gpt-4o}
---
apiVersion: gateway.envoyproxy.io/v1alpha1
kind: BackendTrafficPolicy
metadata: {name: team-fallback}
spec:
  targetRefs: [{group: gateway.networking.k8s.io, kind: HTTPRoute, name: team}]
  retry:
    numAttemptsPerPriority: 1
    numRetries: 5
    perRetry: {backOff: {baseInterval: 100ms, maxInterval: 10s}, timeout: 30s}
    retryOn: {httpStatusCodes: [429], triggers: [connect-failure, retriable-status-codes]}
"""
BIFROST = {
    "providers": {
        "openai": {"keys": [{"value": "env.OPENAI", "models": ["gpt-4o"], "weight": 1.0}],
                   "network_config": {"max_retries": 1, "retry_backoff_initial": 500, "retry_backoff_max": 5000}},
        "anthropic": {"keys": []},
    },
    "governance": {"routing_rules": [
        {"id": "r1", "name": "chat", "enabled": True, "cel_expression": 'model == "chat"', "scope": "global",
         "targets": [{"provider": "openai", "model": "gpt-4o", "weight": 1}], "priority": 0,
         "fallbacks": ["anthropic/claude-sonnet-4"]},
        {"id": "r2", "name": "off", "enabled": False, "cel_expression": "true", "fallbacks": ["anthropic/x"]},
    ]},
}  # fmt: skip
KONG = """
_format_version: "3.0"
services:
  - name: llm
    routes:
      - name: chat
        plugins:
          - name: ai-proxy-advanced
            config:
              balancer:
                algorithm: priority
                failover_criteria: [error, http_429]
                retries: 2
                max_fails: 3
                fail_timeout: 20000
              targets:
                - {model: {provider: anthropic, name: claude-sonnet-4}, weight: 10, route_type: llm/v1/chat}
                - {model: {provider: openai, name: gpt-4o}, weight: 90, auth: {header_value: Bearer sk-x}}
"""
TENSORZERO = """
[models.gpt]
routing = ["openai"]
[models.gpt.providers.openai]
type = "openai"
model_name = "gpt-4o"
[functions.draft]
type = "chat"
[functions.draft.variants.main]
type = "chat_completion"
model = "gpt"
retries = { num_retries = 1, max_delay_s = 4 }
[functions.draft.variants.spare]
type = "chat_completion"
model = "anthropic::claude-sonnet-4"
[functions.draft.experimentation]
type = "static"
candidate_variants = ["main"]
fallback_variants = ["spare"]
"""
DATABRICKS = {
    "name": "chat",
    "config": {
        "served_entities": [
            {"name": "first", "external_model": {"name": "gpt-4o", "provider": "openai", "task": "llm/v1/chat"}},
            {"name": "second", "entity_name": "system.ai.llama", "entity_version": "1"},
        ],
        "traffic_config": {"routes": [{"served_model_name": "first", "traffic_percentage": 100},
                                      {"served_model_name": "second", "traffic_percentage": 0}]},
    },
    "ai_gateway": {"fallback_config": {"enabled": True}},
}  # fmt: skip
MLFLOW = {
    "name": "chat",
    "model_mappings": [
        {"model_definition": {"provider": "anthropic", "model_name": "claude-sonnet-4"}, "linkage_type": "FALLBACK",
         "fallback_order": 2},
        {"model_definition": {"provider": "mistral", "model_name": "large"}, "linkage_type": "FALLBACK",
         "fallback_order": 1},
        {"model_definition": {"provider": "openai", "model_name": "gpt-4o"}, "linkage_type": "PRIMARY", "weight": 1.0},
    ],
    "fallback_config": {"strategy": "SEQUENTIAL", "max_attempts": 1},
}  # fmt: skip
CLOUDFLARE = {
    "name": "chat",
    "elements": [
        {"id": "s", "type": "start", "outputs": {"next": {"elementId": "r"}}},
        {"id": "r", "type": "rate_limit", "properties": {"limitType": "cost", "limit": 10, "interval": 3600},
         "outputs": {"success": {"elementId": "a"}, "fallback": {"elementId": "c"}}},
        {"id": "a", "type": "model", "properties": {"provider": "openai", "model": "gpt-4o", "retries": 1},
         "outputs": {"success": {"elementId": "e"}, "fallback": {"elementId": "b"}}},
        {"id": "b", "type": "model", "properties": {"provider": "anthropic", "model": "claude-sonnet-4"},
         "outputs": {"success": {"elementId": "e"}, "fallback": {"elementId": "a"}}},
        {"id": "c", "type": "model", "properties": {"provider": "workers-ai", "model": "@cf/meta/llama"},
         "outputs": {"success": {"elementId": "e"}, "fallback": {"elementId": "e"}}},
        {"id": "e", "type": "end", "outputs": {}},
    ],
}  # fmt: skip
AGENTCORE = {
    "gatewayRules": [{
        "priority": 100,
        "conditions": [{"matchModels": {"anyOf": [{"value": "chat", "operator": "StringEquals"}]}}],
        "actions": [{"routeToTarget": {"staticRoute": {
            "targetName": "openai",
            "fallback": {
                "triggerOn": {"statusCodes": ["429", "5XX"], "errors": ["CONNECTION_ERROR"]},
                "targetFallback": [{"targetName": "bedrock", "model": "anthropic.claude-sonnet-4"},
                                   {"targetName": "spare", "model": "small"}],
            },
        }}}],
    }],
}  # fmt: skip
OPENROUTER = {"models": ["openai/gpt-4o", "anthropic/claude-sonnet-4"], "provider": {"order": ["azure"]}}

SAMPLES: dict[str, Any] = {
    "litellm": yaml.safe_load(LITELLM), "portkey": PORTKEY, "envoy": list(yaml.safe_load_all(ENVOY)),
    "bifrost": BIFROST, "kong": yaml.safe_load(KONG), "databricks": DATABRICKS, "mlflow": MLFLOW,
    "cloudflare": CLOUDFLARE, "agentcore": AGENTCORE, "openrouter": OPENROUTER,
}  # fmt: skip


def toml() -> Any:
    import tomllib

    return tomllib.loads(TENSORZERO)


def read(name: str) -> Reading:
    return gateways.named(name).read(toml() if name == "tensorzero" else SAMPLES[name], "file")


def chain_of(name: str) -> Chain:
    (chain,) = read(name).chains
    return chain


def reasons(chain: Chain) -> dict[str, set[TriggerType]]:
    return {option.target: set(option.types) for option in chain.options}


def test_litellm_groups_orders_and_lists() -> None:
    chain = chain_of("litellm")
    assert (chain.route, chain.preferred) == ("chat", ("openai/gpt-4o", "azure/gpt-4o"))
    assert reasons(chain)["gemini/gemini-2.5-pro"] == {OVERFLOW, FILTERED}
    assert {ERROR, THROTTLED} < reasons(chain)["anthropic/claude-sonnet-4"]
    assert (chain.attempts, chain.breaker) == (3, Breaker(30.0, failures=4))


def test_litellm_default_fallbacks_hold_for_groups_without_their_own() -> None:
    config = yaml.safe_load(LITELLM)
    config["router_settings"]["fallbacks"] = []
    config["router_settings"]["default_fallbacks"] = ["spare"]
    (chain,) = gateways.named("litellm").read(config, "file").chains
    assert "anthropic/claude-sonnet-4" in reasons(chain)


def test_litellm_follows_the_fallbacks_of_a_fallback() -> None:
    """The router falls back again from the group that it fell back to, in circles too."""
    config = yaml.safe_load(LITELLM)
    config["router_settings"] = {"fallbacks": [{"chat": ["spare"]}, {"spare": ["long", "chat"]}]}
    del config["litellm_settings"]
    chains = {chain.route: chain for chain in gateways.named("litellm").read(config, "file").chains}
    assert list(reasons(chains["chat"])) == ["anthropic/claude-sonnet-4", "gemini/gemini-2.5-pro"]
    assert "openai/gpt-4o" in reasons(chains["spare"])


def test_litellm_is_given_no_fallback_of_a_fallback() -> None:
    """The substitute of one route may be what another route prefers, with substitutes of its own."""
    other = Chain("spare", ("mistral/large",), (Option("gemini/pro"),))
    models = MODELS | {"gemini/pro": GatewayModel("gemini/pro", "gemini")}
    files = gateways.named("litellm").write([CHAIN, other], models).files
    chains = {chain.route: chain for chain in gateways.named("litellm").read(files["litellm.yaml"], "f").chains}
    assert list(reasons(chains["chat"])) == ["anthropic/claude-sonnet-4", "mistral/large"]
    assert list(reasons(chains["spare"])) == ["gemini/pro"]


def test_litellm_lists_no_model_that_nothing_leads_to() -> None:
    quota = Chain("chat", ("openai/gpt-4o",), (Option("mistral/large", (TriggerType.COST_CEILING,)),))
    (config,) = gateways.named("litellm").write([quota], MODELS).files.values()
    assert [entry["model_name"] for entry in config["model_list"]] == ["chat"]


def test_portkey_load_balancing_inside_a_fallback() -> None:
    chain = chain_of("portkey")
    assert chain.preferred == ("openai-prod/gpt-4o", "azure/gpt-4o")
    assert reasons(chain) == {"anthropic-prod/claude-sonnet-4": {THROTTLED}}
    assert (chain.route, chain.attempts) == ("file", 4)


def test_envoy_priorities_and_retry_policy() -> None:
    chain = chain_of("envoy")
    assert (chain.route, chain.preferred) == ("team-chat", ("primary/gpt-4o",))
    assert reasons(chain) == {"secondary/claude-sonnet-4": {ERROR, THROTTLED}}
    assert (chain.attempts, chain.backoff_initial_s, chain.backoff_max_s) == (1, 0.1, 10.0)


def test_envoy_without_a_retry_policy_is_remarked() -> None:
    reading = gateways.named("envoy").read(SAMPLES["envoy"][:1], "file")
    assert "only health checks leave a priority" in reading.remarks[0]


def test_bifrost_routing_rules_that_are_on() -> None:
    chain = chain_of("bifrost")
    assert (chain.route, chain.preferred, chain.attempts) == ("chat", ("openai/gpt-4o",), 2)
    assert list(reasons(chain)) == ["anthropic/claude-sonnet-4"]
    assert (chain.backoff_initial_s, chain.backoff_max_s) == (0.5, 5.0)


def test_kong_weights_order_the_targets() -> None:
    chain = chain_of("kong")
    assert (chain.route, chain.preferred) == ("chat", ("openai/gpt-4o",))
    assert reasons(chain) == {"anthropic/claude-sonnet-4": {ERROR, THROTTLED}}
    assert chain.breaker == Breaker(20.0, failures=3)


def test_kong_round_robin_has_no_substitute() -> None:
    config = yaml.safe_load(KONG.replace("algorithm: priority", "algorithm: round-robin"))
    (chain,) = gateways.named("kong").read(config, "file").chains
    assert (len(chain.preferred), chain.options) == (2, ())


def test_tensorzero_function_is_the_route() -> None:
    chain = chain_of("tensorzero")
    assert (chain.route, chain.preferred, chain.attempts) == ("draft", ("gpt",), 2)
    assert list(reasons(chain)) == ["anthropic/claude-sonnet-4"]
    assert GatewayModel("gpt", "openai", ("openai/gpt-4o",)) in read("tensorzero").models


def test_databricks_entities_without_traffic_are_substitutes() -> None:
    chain = chain_of("databricks")
    assert (chain.route, chain.preferred) == ("chat", ("openai/gpt-4o",))
    assert reasons(chain) == {"system.ai.llama": {ERROR, THROTTLED}}


def test_databricks_with_fallback_off_has_none() -> None:
    off = DATABRICKS | {"ai_gateway": {"fallback_config": {"enabled": False}}}
    reading = gateways.named("databricks").read(off, "file")
    assert (reading.chains[0].options, reading.remarks) == ((), ("endpoint 'chat' has fallback off",))


def test_mlflow_order_and_most_attempts() -> None:
    chain = chain_of("mlflow")
    assert (chain.preferred, list(reasons(chain))) == (("openai/gpt-4o",), ["mistral/large"])


def test_cloudflare_quota_is_no_error_and_a_circle_ends() -> None:
    chain = chain_of("cloudflare")
    assert chain.preferred == ("openai/gpt-4o",)
    assert reasons(chain)["workers-ai/@cf/meta/llama"] == {TriggerType.COST_CEILING}
    assert ERROR in reasons(chain)["anthropic/claude-sonnet-4"]
    assert chain.attempts == 2


def test_agentcore_a_target_is_led_to_by_the_one_before() -> None:
    chain = chain_of("agentcore")
    assert (chain.route, chain.preferred) == ("chat", ("openai/chat",))
    assert reasons(chain) == {"bedrock/anthropic.claude-sonnet-4": {ERROR, THROTTLED}, "spare/small": {ERROR}}


def test_openrouter_models_in_order() -> None:
    chain = chain_of("openrouter")
    assert (chain.preferred, list(reasons(chain))) == (("openai/gpt-4o",), ["anthropic/claude-sonnet-4"])


@pytest.mark.parametrize("name", gateways.GATEWAYS)
def test_each_configuration_is_recognized_as_its_own(name: str) -> None:
    config = toml() if name == "tensorzero" else SAMPLES[name]
    assert gateways.recognized(config) is gateways.named(name)


CHAIN = Chain(
    "chat", ("openai/gpt-4o",),
    (Option("anthropic/claude-sonnet-4", (THROTTLED, ERROR)), Option("mistral/large", (ERROR,))), attempts=3,
)  # fmt: skip
MODELS = {name: GatewayModel(name, name.split("/")[0]) for name in CHAIN.models}


@pytest.mark.parametrize("name", gateways.GATEWAYS)
def test_what_is_written_is_read_back_in_its_order(name: str) -> None:
    gateway = gateways.named(name)
    for file, content in gateway.write([CHAIN], MODELS).files.items():
        assert gateway.is_mine(content)
        (chain,) = gateway.read(content, file).chains
        assert [model.rpartition("/")[2] for model in chain.models] == ["gpt-4o", "claude-sonnet-4", "large"]
        assert all(ERROR in option.types for option in chain.options)


@pytest.mark.parametrize("name", gateways.GATEWAYS)
def test_writing_what_was_read_changes_no_chain(name: str) -> None:
    """A second time round, nothing is lost any more: what a gateway can say, it says."""
    gateway = gateways.named(name)
    first = [gateway.read(content, file) for file, content in gateway.write([CHAIN], MODELS).files.items()]
    models = {model.id: model for reading in first for model in reading.models}
    chains = [chain for reading in first for chain in reading.chains]
    second = [gateway.read(content, file) for file, content in gateway.write(chains, models).files.items()]
    again = [chain for reading in second for chain in reading.chains]
    assert [[o.types for o in chain.options] for chain in again] == [[o.types for o in c.options] for c in chains]
    assert [chain.attempts for chain in again] == [chain.attempts for chain in chains]


@pytest.mark.parametrize("name", gateways.GATEWAYS)
def test_every_loss_names_its_route(name: str) -> None:
    narrow = Chain("chat", ("openai/gpt-4o",), (Option("mistral/large", (TriggerType.LOW_CONFIDENCE, ERROR)),))
    losses = gateways.named(name).write([narrow], MODELS).losses
    assert any(loss.subject == "chat" and "cannot take over on low_confidence" in loss.what for loss in losses)


def test_status_codes_stand_for_trigger_types() -> None:
    assert types_of(["5XX", 429]) == (ERROR, THROTTLED)
    assert types_of([403]) == (TriggerType.ADMIN_DISABLED,)
    assert types_of([299]) == ()


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.json", "{", "is not valid JSON"),
        ("a.toml", "= 1", "is not valid TOML"),
        ("a.yaml", "a: [", "is not valid YAML"),
        ("a.yaml", "hello: world", "does not look like the configuration of any of litellm"),
        ("a.json", '{"model_list": [1]}', "is not shaped as LiteLLM"),
        ("b.json", '{"targets": [{}], "strategy": 3}', "is not shaped as Portkey"),
    ],
)
def test_a_file_that_is_none_is_one_sentence(tmp_path: Path, name: str, content: str, sentence: str) -> None:
    file = tmp_path / name
    file.write_text(content)
    with pytest.raises(PolicyError, match=sentence):
        read_gateway(file)


def test_a_gateway_that_is_named_must_fit(tmp_path: Path) -> None:
    file = tmp_path / "a.json"
    file.write_text(json.dumps(OPENROUTER))
    with pytest.raises(PolicyError, match="does not look like the configuration of LiteLLM"):
        read_gateway(file, "litellm")
    with pytest.raises(PolicyError, match="unknown gateway 'lightllm'"):
        read_gateway(file, "lightllm")


def test_yaml_of_several_documents_is_a_list(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(ENVOY)
    assert [each["kind"] for each in read_config(tmp_path / "a.yaml")] == ["AIGatewayRoute", "BackendTrafficPolicy"]


def test_kong_is_given_no_status_that_its_schema_refuses() -> None:
    chain = Chain("chat", ("openai/gpt-4o",), (Option("mistral/large", (THROTTLED, OVERFLOW, FILTERED)),))
    written = gateways.named("kong").write([chain], MODELS)
    (plugin,) = written.files["kong.yaml"]["plugins"]
    assert plugin["config"]["balancer"]["failover_criteria"] == ["error", "timeout", "non_idempotent", "http_429"]
    assert any("cannot take over on context_overflow" in loss.what or "content_filtered" in loss.what
               for loss in written.losses)  # fmt: skip


def test_databricks_reaches_an_unknown_provider_as_a_custom_one() -> None:
    written = gateways.named("databricks").write([CHAIN], MODELS)
    (endpoint,) = written.files.values()
    providers = [entity["external_model"]["provider"] for entity in endpoint["config"]["served_entities"]]
    assert providers == ["openai", "anthropic", "custom"]
    assert any("mistral/large is a custom provider" in loss.what for loss in written.losses)


def test_agentcore_leaves_out_what_no_status_can_lead_to() -> None:
    """A target is reached only by way of the one before it."""
    options = (Option("mistral/large", (TriggerType.COST_CEILING,)), Option("anthropic/claude-sonnet-4", (ERROR,)))
    written = gateways.named("agentcore").write([Chain("chat", ("openai/gpt-4o",), options)], MODELS)
    (rule,) = written.files["agentcore-rules.json"]["gatewayRules"]
    assert rule["actions"] == [{"routeToTarget": {"staticRoute": {"targetName": "openai", "model": "gpt-4o"}}}]
    assert len([loss for loss in written.losses if "is left out" in loss.what]) == 2


def test_agentcore_breaker_is_on_only_where_the_policy_has_a_cooldown() -> None:
    for breaker, mode in ((None, "DISABLED"), (Breaker(60.0), "ENABLED")):
        chain = Chain("chat", CHAIN.preferred, CHAIN.options, breaker=breaker)
        (rule,) = gateways.named("agentcore").write([chain], MODELS).files["agentcore-rules.json"]["gatewayRules"]
        fallback = rule["actions"][0]["routeToTarget"]["staticRoute"]["fallback"]
        assert fallback["circuitBreaker"] == {"mode": mode}
        remarks = gateways.named("agentcore").read({"gatewayRules": [rule]}, "file").remarks
        assert any("circuit breaker" in remark for remark in remarks) == (mode == "ENABLED")


def test_portkey_names_providers_as_its_gateway_does() -> None:
    (config,) = gateways.named("portkey").write([CHAIN], MODELS).files.values()
    assert [target["provider"] for target in config["targets"]] == ["openai", "anthropic", "mistral-ai"]
    (chain,) = gateways.named("portkey").read(config, "file").chains
    assert list(chain.models) == CHAIN.models
