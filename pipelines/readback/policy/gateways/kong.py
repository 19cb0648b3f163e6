"""Kong AI Gateway, declarative configuration: the plugin ai-proxy-advanced, its targets and its balancer.

Read in the plugin's schema (Kong Gateway 3.12 and later) and the pages on load balancing. Under `priority` the target
of the greatest weight goes first; every other algorithm spreads the calls, so all its targets count as preferred.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from readback.policy.gateways.chain import (
    Breaker,
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

NAME = "kong"
TITLE = "Kong AI Gateway, declarative configuration"
_PLUGIN = "ai-proxy-advanced"
_DEFAULT_CRITERIA = ("error", "timeout")
_STATUSES = frozenset({403, 404, 429, 500, 502, 503, 504})
"""The only statuses that the schema lets stand among the criteria, as `http_<status>`."""


def is_mine(config: Any) -> bool:
    """The plugin stands somewhere in a declarative file."""
    return isinstance(config, dict) and any(True for _ in _plugins(config, ""))


def _plugins(node: Any, place: str) -> Iterator[tuple[str, Any]]:
    """Every use of the plugin, with the route or service that it belongs to."""
    if isinstance(node, list):
        for item in node:
            yield from _plugins(item, place)
    elif isinstance(node, dict):
        if node.get("name") == _PLUGIN and isinstance(node.get("config"), dict):
            yield _owner(node) or place, node["config"]
        else:
            for key, value in node.items():
                is_owner = key in ("plugins", "routes") and node.get("name")
                yield from _plugins(value, str(node["name"]) if is_owner else place)


def _owner(plugin: Any) -> str:
    owner = plugin.get("route") or plugin.get("service") or ""
    return str(owner.get("name") or owner.get("id")) if isinstance(owner, dict) else str(owner)


def read(config: Any, name: str) -> Reading:
    """One chain per use of the plugin."""
    models: dict[str, GatewayModel] = {}
    chains: list[Chain] = []
    remarks: list[str] = []
    for place, told in _plugins(config, ""):
        chains.append(_chain(place or name, told, models, remarks))
    return Reading(tuple(models.values()), tuple(chains), tuple(dict.fromkeys(remarks)))


def _chain(route: str, told: Any, models: dict[str, GatewayModel], remarks: list[str]) -> Chain:
    balancer = told.get("balancer") or {}
    targets = [(int(target.get("weight") or 100), _model(target)) for target in told["targets"]]
    models |= {model.id: model for _, model in targets}
    is_ordered = balancer.get("algorithm") == "priority"
    if not is_ordered:
        remarks.append(f"{route!r} spreads calls over its targets: all count as preferred, and none as a substitute")
    best = max(weight for weight, _ in targets)
    preferred = [model.id for weight, model in targets if not is_ordered or weight == best]
    ordered = sorted(targets, key=lambda pair: -pair[0])
    spare = dict.fromkeys(model.id for _, model in ordered if model.id not in preferred)
    retries = balancer.get("retries")
    return Chain(
        route,
        tuple(dict.fromkeys(preferred)),
        tuple(Option(model, _types(balancer)) for model in spare),
        attempts=None if retries is None else int(retries) + 1,
        breaker=_breaker(balancer),
    )


def _model(target: Any) -> GatewayModel:
    model = target.get("model") or {}
    provider, name = str(model.get("provider") or "unknown"), str(model.get("name") or "as-requested")
    return GatewayModel(f"{provider}/{name}", provider, (name,) if name != "as-requested" else ())


def _types(balancer: Any) -> tuple[TriggerType, ...]:
    criteria = balancer.get("failover_criteria") or _DEFAULT_CRITERIA
    codes = [word.removeprefix("http_") for word in criteria if word.startswith("http_")]
    found = [TriggerType.PROVIDER_ERROR] if {"error", "timeout", "invalid_header"} & set(criteria) else []
    return tuple(dict.fromkeys([*found, *types_of(codes)]))


def _breaker(balancer: Any) -> Breaker | None:
    if not balancer.get("max_fails") or balancer.get("fail_timeout") is None:
        return None
    return Breaker(float(balancer["fail_timeout"]) / 1000, int(balancer["max_fails"]))


def write(chains: Sequence[Chain], models: dict[str, GatewayModel]) -> Writing:
    """One declarative file with a plugin per route; keys and the routes themselves are yours to add."""
    lost = [loss for chain in chains for loss in _losses(chain)]
    plugins = [{"name": _PLUGIN, "route": chain.route, "config": _config(chain, models)} for chain in chains]
    return Writing({"kong.yaml": {"_format_version": "3.0", "plugins": plugins}}, tuple(lost))


def _config(chain: Chain, models: dict[str, GatewayModel]) -> dict[str, Any]:
    criteria = ["error", "timeout", "non_idempotent", *(f"http_{code}" for code in _codes(chain))]
    balancer: dict[str, Any] = {"algorithm": "priority", "failover_criteria": criteria}
    balancer["retries"] = max(len(chain.models) - 1, (chain.attempts or 1) - 1)
    if chain.breaker is not None and chain.breaker.failures is not None:
        balancer |= {"max_fails": chain.breaker.failures, "fail_timeout": int(chain.breaker.duration_s * 1000)}
    weights = range(len(chain.models) * 10, 0, -10)
    targets = [_target(models[model], weight) for model, weight in zip(chain.models, weights, strict=True)]
    return {"balancer": balancer, "targets": targets}


def _codes(chain: Chain) -> list[int]:
    return [code for code in codes_of(kind for option in chain.options for kind in option.types) if code in _STATUSES]


def _target(model: GatewayModel, weight: int) -> dict[str, Any]:
    return {
        "route_type": "llm/v1/chat",
        "model": {"provider": slug(model.provider), "name": model.native},
        "weight": weight,
    }


def _losses(chain: Chain) -> Iterator[Loss]:
    yield from losses(chain, lambda _: [TriggerType.PROVIDER_ERROR, *types_of(_codes(chain))])
    if chain.attempts is not None:
        yield Loss(chain.route, "a retry goes to the next target: attempts on one model cannot be set")
