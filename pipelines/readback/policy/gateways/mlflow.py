"""MLflow AI Gateway, an endpoint as JSON: models linked as primary or as fallback, in order.

Read in the entities of mlflow 3.17 (`GatewayEndpoint`, `GatewayEndpointModelConfig`, `FallbackConfig`).
"""

from collections.abc import Iterator, Sequence
from typing import Any

from readback.policy.gateways.chain import (
    ANY_ERROR,
    Chain,
    GatewayModel,
    Loss,
    Option,
    Reading,
    Writing,
    losses,
    slug,
)

NAME = "mlflow"
TITLE = "MLflow AI Gateway, endpoint"


def is_mine(config: Any) -> bool:
    """An endpoint, or a list of them, with linked models."""
    return any(_links(endpoint) for endpoint in _endpoints(config))


def _endpoints(config: Any) -> list[Any]:
    found = config.get("endpoints", [config]) if isinstance(config, dict) else config
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _links(endpoint: Any) -> list[Any]:
    links = endpoint.get("model_mappings") or endpoint.get("model_configs") or []
    return [link for link in links if isinstance(link, dict) and "linkage_type" in link]


def read(config: Any, name: str) -> Reading:
    """One chain per endpoint."""
    models: dict[str, GatewayModel] = {}
    remarks: list[str] = []
    chains = [_chain(endpoint, name, models, remarks) for endpoint in _endpoints(config) if _links(endpoint)]
    return Reading(tuple(models.values()), tuple(chains), tuple(remarks))


def _chain(endpoint: Any, name: str, models: dict[str, GatewayModel], remarks: list[str]) -> Chain:
    route = str(endpoint.get("name") or name)
    links = sorted(_links(endpoint), key=lambda link: int(link.get("fallback_order") or 0))
    known = [(link["linkage_type"], _model(link)) for link in links]
    models |= {model.id: model for _, model in known}
    preferred = [model.id for kind, model in known if kind == "PRIMARY"]
    spare = [model.id for kind, model in known if kind == "FALLBACK" and model.id not in preferred]
    most = (endpoint.get("fallback_config") or {}).get("max_attempts")
    if most is not None and int(most) < len(spare):
        remarks.append(f"{route!r} tries {most} fallbacks at most: the others are left out")
        spare = spare[: int(most)]
    return Chain(route, tuple(dict.fromkeys(preferred)), tuple(Option(model) for model in dict.fromkeys(spare)))


def _model(link: Any) -> GatewayModel:
    told = link.get("model_definition") or link
    provider = str(told.get("provider") or "unknown")
    model = str(told.get("model_name") or told.get("name") or told.get("model_definition_id"))
    return GatewayModel(f"{provider}/{model}", provider, (model,))


def write(chains: Sequence[Chain], models: dict[str, GatewayModel]) -> Writing:
    """One endpoint per route; secrets are yours to add."""
    lost = [loss for chain in chains for loss in _losses(chain)]
    files = {f"mlflow-{slug(chain.route)}.json": _endpoint(chain, models) for chain in chains}
    return Writing(files, tuple(lost))


def _endpoint(chain: Chain, models: dict[str, GatewayModel]) -> dict[str, Any]:
    spare = [*chain.preferred[1:], *(option.target for option in chain.options)]
    primary = {"model_definition": _definition(models[chain.preferred[0]]), "linkage_type": "PRIMARY", "weight": 1.0}
    links = [primary] + [
        {"model_definition": _definition(models[model]), "linkage_type": "FALLBACK", "fallback_order": n}
        for n, model in enumerate(spare, start=1)
    ]
    fallback = {"fallback_config": {"strategy": "SEQUENTIAL", "max_attempts": len(spare)}} if spare else {}
    return {"name": chain.route, "model_mappings": links} | fallback


def _definition(model: GatewayModel) -> dict[str, str]:
    return {"provider": model.provider, "model_name": model.native}


def _losses(chain: Chain) -> Iterator[Loss]:
    yield from losses(chain, lambda _: ANY_ERROR)
    if chain.attempts is not None or chain.breaker is not None:
        yield Loss(chain.route, "retries and cooldown cannot be set")
