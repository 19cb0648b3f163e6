"""Databricks model serving, an endpoint as JSON: served entities, their shares of traffic, and the fallback switch.

Read in databricks-sdk 0.162. With fallback on, a failed request goes to the other served entities in the order in
which they are listed; an entity without traffic is reached in no other way.
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
    provider_of,
    slug,
)
from readback.policy.triggers import TriggerType

NAME = "databricks"
TITLE = "Databricks model serving, endpoint"
_TYPES = (TriggerType.PROVIDER_THROTTLED, TriggerType.PROVIDER_ERROR)
"""429 and 5XX."""
_CUSTOM = "custom"
_PROVIDERS = {
    name: name for name in ("anthropic", "cohere", "custom", "databricks-model-serving", "openai", "palm")
} | {
    "ai21": "ai21labs", "bedrock": "amazon-bedrock", "databricks": "databricks-model-serving",
    "vertex_ai": "google-cloud-vertex-ai",
}  # fmt: skip
"""Usual names of providers and those of external models; any other is reached as a custom one."""
_USUAL = {told: usual for usual, told in _PROVIDERS.items()}


def is_mine(config: Any) -> bool:
    """An endpoint, or a list of them, with served entities."""
    return any(isinstance(_entities(endpoint), list) for endpoint in _endpoints(config))


def _endpoints(config: Any) -> list[Any]:
    found = config.get("endpoints", [config]) if isinstance(config, dict) else config
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _entities(endpoint: Any) -> Any:
    return (endpoint.get("config") or {}).get("served_entities")


def read(config: Any, name: str) -> Reading:
    """One chain per endpoint."""
    models: dict[str, GatewayModel] = {}
    chains = [_chain(endpoint, name, models) for endpoint in _endpoints(config) if _entities(endpoint)]
    remarks = [f"endpoint {chain.route!r} has fallback off" for chain in chains if not chain.options]
    return Reading(tuple(models.values()), tuple(chains), tuple(remarks))


def _chain(endpoint: Any, name: str, models: dict[str, GatewayModel]) -> Chain:
    listed = {str(entity.get("name") or n): _model(entity) for n, entity in enumerate(_entities(endpoint))}
    models |= {model.id: model for model in listed.values()}
    routes = (endpoint["config"].get("traffic_config") or {}).get("routes") or []
    shares = {route.get("served_entity_name") or route.get("served_model_name"): route["traffic_percentage"]
              for route in routes}  # fmt: skip
    preferred = [model.id for key, model in listed.items() if shares.get(key, 0) > 0] or [
        next(iter(listed.values())).id
    ]
    is_on = ((endpoint.get("ai_gateway") or {}).get("fallback_config") or {}).get("enabled", False)
    spare = dict.fromkeys(model.id for model in listed.values() if model.id not in preferred)
    options = tuple(Option(model, _TYPES) for model in spare) if is_on else ()
    return Chain(str(endpoint.get("name") or name), tuple(dict.fromkeys(preferred)), options)


def _model(entity: Any) -> GatewayModel:
    external = entity.get("external_model")
    if external:
        provider, model = str(external["provider"]), str(external["name"])
        provider = _USUAL.get(provider, provider)
        return GatewayModel(f"{provider}/{model}", provider, (model,))
    return GatewayModel(str(entity.get("entity_name") or entity.get("name")), "databricks")


def write(chains: Sequence[Chain], models: dict[str, GatewayModel]) -> Writing:
    """One endpoint per route; credentials and tasks other than chat are yours to add."""
    lost = [loss for chain in chains for loss in _losses(chain)]
    files = {f"databricks-{slug(chain.route)}.json": _endpoint(chain, models) for chain in chains}
    return Writing(files, tuple(lost))


def _endpoint(chain: Chain, models: dict[str, GatewayModel]) -> dict[str, Any]:
    entities = [_entity(models[model]) for model in chain.models]
    routes = [{"served_model_name": entity["name"], "traffic_percentage": 0 if n else 100}
              for n, entity in enumerate(entities)]  # fmt: skip
    return {
        "name": slug(chain.route).replace(".", "-"),
        "config": {"served_entities": entities, "traffic_config": {"routes": routes}},
        "ai_gateway": {"fallback_config": {"enabled": bool(chain.options)}},
    }


def _entity(model: GatewayModel) -> dict[str, Any]:
    provider = _PROVIDERS.get(model.provider, _CUSTOM)
    external = {"name": model.native, "provider": provider, "task": "llm/v1/chat"}
    return {"name": slug(model.id).replace(".", "-"), "external_model": external}


def _losses(chain: Chain) -> Iterator[Loss]:
    yield from losses(chain, lambda _: _TYPES)
    for model in chain.models:
        if provider_of(model) not in _PROVIDERS:
            yield Loss(chain.route, f"{model} is a custom provider there: `custom_provider_config` is yours to add")
    if chain.attempts is not None or chain.breaker is not None:
        yield Loss(chain.route, "retries and cooldown cannot be set")
