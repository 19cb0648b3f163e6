"""Envoy AI Gateway, Kubernetes resources: AIGatewayRoute for the order, BackendTrafficPolicy for when to go on.

Read in envoyproxy/ai-gateway (v1beta1). A fallback there is a retry at the next priority: without a policy that
retries, lower priorities are used only when health checks take the higher ones out.
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
    codes_of,
    losses,
    shared_types,
    slug,
    types_of,
)
from readback.policy.triggers import TriggerType
from readback.settings import seconds

NAME = "envoy"
TITLE = "Envoy AI Gateway, AIGatewayRoute and BackendTrafficPolicy"
_HEADER = "x-ai-eg-model"
_TRIGGERS = {
    "connect-failure": TriggerType.PROVIDER_ERROR,
    "reset": TriggerType.PROVIDER_ERROR,
    "refused-stream": TriggerType.PROVIDER_ERROR,
    "retriable-status-codes": None,
    "gateway-error": TriggerType.PROVIDER_ERROR,
    "5xx": TriggerType.PROVIDER_ERROR,
}


def is_mine(config: Any) -> bool:
    """One of the documents is an AIGatewayRoute."""
    return any(_kind(document) == "AIGatewayRoute" for document in _documents(config))


def _documents(config: Any) -> list[Any]:
    return config if isinstance(config, list) else [config]


def _kind(document: Any) -> str | None:
    return document.get("kind") if isinstance(document, dict) else None


def read(config: Any, name: str) -> Reading:
    """One chain per model name that a rule matches."""
    documents = _documents(config)
    retries = {target: document["spec"] for document in documents if _kind(document) == "BackendTrafficPolicy"
               for target in _policy_targets(document["spec"])}  # fmt: skip
    models: dict[str, GatewayModel] = {}
    chains: list[Chain] = []
    remarks: list[str] = []
    for document in (each for each in documents if _kind(each) == "AIGatewayRoute"):
        route_name = str(document["metadata"]["name"])
        retry = (retries.get(route_name) or {}).get("retry")
        if retry is None:
            remarks.append(f"no BackendTrafficPolicy retries for {route_name!r}: only health checks leave a priority")
        for rule in document["spec"].get("rules") or []:
            chains += _rule_chains(rule, retry, models, remarks)
    return Reading(_with_aliases(models), tuple(chains), tuple(dict.fromkeys(remarks)))


def _policy_targets(spec: Any) -> list[str]:
    listed = [spec["targetRef"]] if spec.get("targetRef") else spec.get("targetRefs") or []
    return [str(target["name"]) for target in listed]


def _rule_chains(rule: Any, retry: Any, models: dict[str, GatewayModel], remarks: list[str]) -> Iterator[Chain]:
    asked = [str(header["value"]) for match in rule.get("matches") or [] for header in match.get("headers") or []
             if header.get("name") == _HEADER]  # fmt: skip
    if not asked:
        remarks.append(f"a rule without a match on `{_HEADER}` is left out")
    refs = sorted(rule.get("backendRefs") or [], key=lambda ref: int(ref.get("priority") or 0))
    for route in asked if refs else []:
        tiers = [(int(ref.get("priority") or 0), _model(ref, route)) for ref in refs]
        models |= {model.id: model for _, model in tiers}
        first = tiers[0][0]
        types = _types(retry)
        yield Chain(
            route,
            tuple(model.id for priority, model in tiers if priority == first),
            tuple(Option(model.id, types) for priority, model in tiers if priority != first),
            **_retry_settings(retry),
        )


def _model(ref: Any, route: str) -> GatewayModel:
    backend, model = str(ref["name"]), str(ref.get("modelNameOverride") or route)
    return GatewayModel(f"{backend}/{model}", backend, (model,))


def _with_aliases(models: dict[str, GatewayModel]) -> tuple[GatewayModel, ...]:
    """A model's name at its backend is an alias only where one backend serves it."""
    named = [model.aliases[0] for model in models.values()]
    return tuple(
        model if named.count(model.aliases[0]) == 1 else GatewayModel(model.id, model.provider)
        for model in models.values()
    )


def _types(retry: Any) -> tuple[TriggerType, ...]:
    on = (retry or {}).get("retryOn") or {}
    found = [kind for trigger in on.get("triggers") or [] if (kind := _TRIGGERS.get(trigger))]
    return tuple(dict.fromkeys([*found, *types_of(on.get("httpStatusCodes") or [])])) or (TriggerType.PROVIDER_ERROR,)


def _retry_settings(retry: Any) -> dict[str, Any]:
    backoff = ((retry or {}).get("perRetry") or {}).get("backOff") or {}
    told = {"backoff_initial_s": backoff.get("baseInterval"), "backoff_max_s": backoff.get("maxInterval")}
    found: dict[str, Any] = {key: seconds(str(value)) for key, value in told.items() if value is not None}
    per_priority = (retry or {}).get("numAttemptsPerPriority")
    return found | ({} if per_priority is None else {"attempts": int(per_priority)})


def write(chains: Sequence[Chain], models: dict[str, GatewayModel]) -> Writing:
    """A route and a retry policy per chain; backends are named like the providers and are yours to declare."""
    lost = [loss for chain in chains for loss in _losses(chain)]
    documents = [document for chain in chains for document in (_route(chain, models), _retry_policy(chain))]
    return Writing({"envoy-ai-gateway.yaml": documents}, tuple(lost))


def _route(chain: Chain, models: dict[str, GatewayModel]) -> dict[str, Any]:
    refs = [
        {"name": slug(models[model].provider), "priority": n, "modelNameOverride": models[model].native}
        for n, model in enumerate(chain.models)
    ]
    match = {"headers": [{"type": "Exact", "name": _HEADER, "value": chain.route}]}
    return {
        "apiVersion": "aigateway.envoyproxy.io/v1beta1",
        "kind": "AIGatewayRoute",
        "metadata": {"name": slug(chain.route)},
        "spec": {"rules": [{"matches": [match], "backendRefs": refs}]},
    }


def _retry_policy(chain: Chain) -> dict[str, Any]:
    types = {kind for option in chain.options for kind in option.types}
    attempts = chain.attempts or 1
    retry: dict[str, Any] = {
        "numRetries": attempts * len(chain.models) - 1,
        "numAttemptsPerPriority": attempts,
        "retryOn": {"httpStatusCodes": codes_of(types), "triggers": ["connect-failure", "retriable-status-codes"]},
    }
    return {
        "apiVersion": "gateway.envoyproxy.io/v1alpha1",
        "kind": "BackendTrafficPolicy",
        "metadata": {"name": f"{slug(chain.route)}-fallback"},
        "spec": {
            "targetRefs": [{"group": "gateway.networking.k8s.io", "kind": "HTTPRoute", "name": slug(chain.route)}],
            "retry": retry,
        },
    }


def _losses(chain: Chain) -> Iterator[Loss]:
    yield from losses(chain, lambda _: shared_types(chain))
    if chain.breaker is not None:
        yield Loss(chain.route, "cooldown is not written: outlier detection is a policy of the backend")
