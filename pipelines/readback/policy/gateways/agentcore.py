"""Amazon Bedrock AgentCore gateway, rules as JSON: a route to a target with up to two fallback targets.

Read in the control plane's API reference (GatewayRule, Fallback, FallbackTarget). Without `triggerOn`, 5XX statuses and
the errors of connection, first byte and routing lead on; a target's own triggers say when the one after it is tried.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from readback.policy.gateways.chain import (
    Chain,
    GatewayModel,
    Loss,
    Option,
    Reading,
    Writing,
    losses,
    slug,
    types_of,
)
from readback.policy.triggers import TriggerType

NAME = "agentcore"
TITLE = "Amazon Bedrock AgentCore gateway, rules"
_MOST_TARGETS = 2


def is_mine(config: Any) -> bool:
    """A rule, or a list of them, that routes to a target."""
    return any("routeToTarget" in action for rule in _rules(config) for action in rule.get("actions") or [])


def _rules(config: Any) -> list[Any]:
    found = config.get("gatewayRules", config.get("rules", [config])) if isinstance(config, dict) else config
    return [rule for rule in found if isinstance(rule, dict)] if isinstance(found, list) else []


def read(config: Any, name: str) -> Reading:
    """One chain per model that a rule matches."""
    models: dict[str, GatewayModel] = {}
    chains: list[Chain] = []
    remarks: list[str] = []
    for rule in _rules(config):
        for action in rule.get("actions") or []:
            if "routeToTarget" in action:
                chains += _chains(rule, action["routeToTarget"], name, models, remarks)
    return Reading(tuple(models.values()), tuple(chains), tuple(dict.fromkeys(remarks)))


def _chains(rule: Any, action: Any, name: str, models: dict[str, GatewayModel], remarks: list[str]) -> Iterator[Chain]:
    split = (action.get("weightedRoute") or {}).get("trafficSplit") or []
    routes = split or [action.get("staticRoute") or {}]
    fallback: dict[str, Any] = next((each["fallback"] for each in (action, *routes) if each.get("fallback")), {})
    asked = _asked(rule) or [name]
    remarks += [] if _asked(rule) else ["a rule that matches on no model is named after the file"]
    if any(set(condition) - {"matchModels"} for condition in rule.get("conditions") or []):
        remarks.append("conditions on paths and callers are not carried over")
    if any(each.get("firstByteTimeoutMilliseconds") for each in (fallback, *(fallback.get("targetFallback") or []))):
        remarks.append("`firstByteTimeoutMilliseconds` lets one slow call fall back; a latency trigger needs a window")
    for route in asked:
        preferred = [_model(each, route) for each in routes]
        options = _options(fallback, route, models)
        models |= {model.id: model for model in preferred}
        kept = [option for option in options if option.target not in {model.id for model in preferred}]
        yield Chain(route, tuple(dict.fromkeys(model.id for model in preferred)), tuple(kept))


def _asked(rule: Any) -> list[str]:
    matched = [condition.get("matchModels") or {} for condition in rule.get("conditions") or []]
    return [str(model) for each in matched for model in each.get("anyOf") or each.get("models") or []]


def _model(route: Any, asked: str) -> GatewayModel:
    target, model = str(route.get("targetName") or "unknown"), str(route.get("model") or asked)
    return GatewayModel(f"{target}/{model}", target, (model,) if route.get("model") else ())


def _options(fallback: Any, route: str, models: dict[str, GatewayModel]) -> list[Option]:
    """What leads to a target are the triggers of the one before it."""
    options: list[Option] = []
    leading = fallback.get("triggerOn")
    for target in fallback.get("targetFallback") or []:
        model = _model(target, route)
        models[model.id] = model
        options.append(Option(model.id, _types(leading)))
        leading = target.get("triggerOn")
    return options


def _types(trigger_on: Any) -> tuple[TriggerType, ...]:
    if not trigger_on:
        return (TriggerType.PROVIDER_ERROR,)
    found = [TriggerType.PROVIDER_ERROR] if trigger_on.get("errors") else []
    return tuple(dict.fromkeys([*found, *types_of(trigger_on.get("statusCodes") or [])]))


def write(chains: Sequence[Chain], models: dict[str, GatewayModel]) -> Writing:
    """One file of rules; targets are named like the providers and are yours to create."""
    lost = [loss for chain in chains for loss in _losses(chain)]
    rules = [_rule(chain, models, priority) for priority, chain in enumerate(chains, start=1)]
    return Writing({"agentcore-rules.json": {"gatewayRules": rules}}, tuple(lost))


def _rule(chain: Chain, models: dict[str, GatewayModel], priority: int) -> dict[str, Any]:
    first = models[chain.preferred[0]]
    options = chain.options[:_MOST_TARGETS]
    route: dict[str, Any] = {"targetName": slug(first.provider), "model": first.native}
    if options:
        targets = [{"targetName": slug(models[o.target].provider), "model": models[o.target].native} for o in options]
        for target, following in zip(targets, options[1:], strict=False):
            target["triggerOn"] = _trigger(following.types)
        route["fallback"] = {"triggerOn": _trigger(options[0].types), "targetFallback": targets}
    return {
        "priority": priority * 100,
        "conditions": [{"matchModels": {"anyOf": [chain.route]}}],
        "actions": [{"routeToTarget": {"staticRoute": route}}],
    }


def _trigger(types: Sequence[TriggerType]) -> Any:
    told: dict[str, Any] = {}
    codes = ["429"] if TriggerType.PROVIDER_THROTTLED in types else []
    if any(kind in types for kind in (TriggerType.PROVIDER_ERROR, TriggerType.PROVIDER_OUTAGE)):
        codes.append("5XX")
        told["errors"] = ["CONNECTION_ERROR", "FIRST_BYTE_TIMEOUT", "UNROUTABLE"]
    return told | {"statusCodes": codes}


def _losses(chain: Chain) -> Iterator[Loss]:
    told = (TriggerType.PROVIDER_THROTTLED, TriggerType.PROVIDER_ERROR, TriggerType.PROVIDER_OUTAGE)
    yield from losses(chain, lambda option: [kind for kind in option.types if kind in told])
    for option in chain.options[_MOST_TARGETS:]:
        yield Loss(chain.route, f"{option.target} is left out: a rule holds two fallback targets")
    for model in chain.preferred[1:]:
        yield Loss(chain.route, f"{model} is left out: a static route has one target")
    if chain.attempts is not None or chain.breaker is not None:
        yield Loss(chain.route, "retries cannot be set, and the circuit breaker has no parameters")
