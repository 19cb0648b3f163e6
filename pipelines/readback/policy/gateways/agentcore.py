"""Amazon Bedrock AgentCore gateway, rules as JSON: a route to a target with up to two fallback targets.

Read in the service model of the control plane that botocore ships (CreateGatewayRule, of November 2026): `fallback`
stands inside the static route, or inside each part of a weighted one. Without `triggerOn`, 5XX statuses and the errors
of connection, first byte and routing lead on; a target's own triggers say when the one after it is tried. The circuit
breaker is on unless it is switched off.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import takewhile
from typing import Any

from readback.policy.gateways.chain import (
    OUTAGES,
    Chain,
    GatewayModel,
    Loss,
    Option,
    Reading,
    Writing,
    codes_of,
    losses,
    slug,
    types_of,
)
from readback.policy.triggers import TriggerType

NAME = "agentcore"
TITLE = "Amazon Bedrock AgentCore gateway, rules"
_MOST_TARGETS = 2
_MATCHABLE = re.compile(r"[\w.*?@:-]+(/[\w.*?@:-]+)*", re.ASCII)


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
    told = [each["fallback"] for each in routes if each.get("fallback")]
    fallback: dict[str, Any] = told[0] if told else {}
    remarks += [] if all(each == fallback for each in told) else ["a weighted route has one chain here, its first"]
    asked = _asked(rule) or [name]
    remarks += [] if _asked(rule) else ["a rule that matches on no model is named after the file"]
    if any(set(condition) - {"matchModels"} for condition in rule.get("conditions") or []):
        remarks.append("conditions on paths and callers are not carried over")
    if any(each.get("firstByteTimeoutMilliseconds") for each in (fallback, *(fallback.get("targetFallback") or []))):
        remarks.append("`firstByteTimeoutMilliseconds` lets one slow call fall back; a latency trigger needs a window")
    if fallback and (fallback.get("circuitBreaker") or {}).get("mode") != "DISABLED":
        remarks.append("the circuit breaker is on and does not say for how long: declare it as `cooldown`")
    for route in asked:
        preferred = [_model(each, route) for each in routes]
        options = _options(fallback, route, models)
        models |= {model.id: model for model in preferred}
        kept = [option for option in options if option.target not in {model.id for model in preferred}]
        yield Chain(route, tuple(dict.fromkeys(model.id for model in preferred)), tuple(kept))


def _asked(rule: Any) -> list[str]:
    """The models that a rule matches, patterns as they are written."""
    matched = [condition.get("matchModels") or {} for condition in rule.get("conditions") or []]
    return [str(entry["value"]) for each in matched for entry in each.get("anyOf") or []]


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
    told = [chain for chain in chains if _MATCHABLE.fullmatch(chain.route)]
    rules = [_rule(chain, models, priority) for priority, chain in enumerate(told, start=1)]
    return Writing({"agentcore-rules.json": {"gatewayRules": rules}}, tuple(lost))


def _rule(chain: Chain, models: dict[str, GatewayModel], priority: int) -> dict[str, Any]:
    options = _expressible(chain)
    route = _target(models[chain.preferred[0]])
    if options:
        targets = [_target(models[option.target]) for option in options]
        for target, following in zip(targets, options[1:], strict=False):
            target["triggerOn"] = _trigger(following)
        route["fallback"] = {
            "triggerOn": _trigger(options[0]),
            "circuitBreaker": {"mode": "DISABLED" if chain.breaker is None else "ENABLED"},
            "targetFallback": targets,
        }
    return {
        "priority": priority * 100,
        "conditions": [{"matchModels": {"anyOf": [{"value": chain.route, "operator": "StringEquals"}]}}],
        "actions": [{"routeToTarget": {"staticRoute": route}}],
    }


def _target(model: GatewayModel) -> dict[str, Any]:
    return {"targetName": slug(model.provider).replace(".", "-"), "model": model.native}


def _expressible(chain: Chain) -> list[Option]:
    """The options up to the first whose reasons show in no status: it, and what comes after it, cannot be reached."""
    return list(takewhile(_trigger, chain.options))[:_MOST_TARGETS]


def _trigger(option: Option) -> dict[str, Any]:
    """What leads to an option; empty where the gateway could see none of its reasons."""
    is_outage = any(kind in OUTAGES for kind in option.types)
    codes = [str(code) for code in codes_of(kind for kind in option.types if kind not in OUTAGES)]
    told: dict[str, Any] = {"errors": ["CONNECTION_ERROR", "FIRST_BYTE_TIMEOUT", "UNROUTABLE"]} if is_outage else {}
    codes += ["5XX"] if is_outage else []
    return told | ({"statusCodes": codes} if codes else {})


def _losses(chain: Chain) -> Iterator[Loss]:
    if not _MATCHABLE.fullmatch(chain.route):
        yield Loss(chain.route, "is left out: a rule cannot match a model of this name")
        return
    kept = _expressible(chain)
    yield from losses(replace(chain, options=tuple(kept)), lambda option: _types(_trigger(option)))
    for option in chain.options[len(kept) :]:
        yield Loss(chain.route, f"{option.target} is left out: two targets can follow, on statuses and errors alone")
    for model in chain.preferred[1:]:
        yield Loss(chain.route, f"{model} is left out: a static route has one target")
    if chain.attempts is not None:
        yield Loss(chain.route, "retries cannot be set")
    if chain.breaker is not None:
        yield Loss(chain.route, "the circuit breaker is on, and has no parameters")
