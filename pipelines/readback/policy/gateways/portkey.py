"""Portkey, config object (JSON): a strategy over ordered targets, which may hold strategies of their own.

Read in the schema that Portkey's open-source gateway (npm `@portkey-ai/gateway` 1.15) checks each config against, and
in the pages on fallbacks and circuit breakers. That gateway takes a target by `provider` and `api_key` alone; the
service also knows `virtual_key`, `@provider/model` and `cb_config`.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from readback.policy.gateways.chain import (
    ANY_ERROR,
    Breaker,
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

NAME = "portkey"
TITLE = "Portkey, config object"
_MOST_RETRIES = 5
_SHORTEST_COOLDOWN_MS = 30_000
_PROVIDERS = {
    "azure": "azure-openai", "azure_ai": "azure-ai", "fireworks_ai": "fireworks-ai", "mistral": "mistral-ai",
    "novita": "novita-ai", "perplexity": "perplexity-ai", "together_ai": "together-ai", "vertex_ai": "vertex-ai",
    "xai": "x-ai",
}  # fmt: skip
"""Usual names of providers and Portkey's, where they differ."""
_USUAL = {portkeys: usual for usual, portkeys in _PROVIDERS.items()}


def is_mine(config: Any) -> bool:
    """A strategy over targets."""
    return isinstance(config, dict) and isinstance(config.get("targets"), list) and "strategy" in config


def read(config: Any, name: str) -> Reading:
    """The one chain of a config: the targets of its strategy in order, inner strategies laid flat."""
    tiers, remarks = _tiers(config, ANY_ERROR)
    preferred = tuple(model.id for model in tiers[0][0])
    later = [(model.id, types) for models, types in tiers[1:] for model in models]
    options = tuple(Option(model, types) for model, types in dict(later).items() if model not in preferred)
    retry: dict[str, Any] = config.get("retry") or next((t["retry"] for t in config["targets"] if t.get("retry")), {})
    attempts = int(retry["attempts"]) + 1 if "attempts" in retry else None
    chain = Chain(name, preferred, options, attempts=attempts, breaker=_breaker(config["strategy"].get("cb_config")))
    models = {model.id: model for tier, _ in tiers for model in tier}
    return Reading(tuple(models.values()), (chain,), tuple(dict.fromkeys(remarks)))


Tier = tuple[list[GatewayModel], tuple[TriggerType, ...]]


def _tiers(config: Any, types: tuple[TriggerType, ...]) -> tuple[list[Tier], list[str]]:
    """Models that share the calls, tier by tier, each with what leads to it; and remarks."""
    if "targets" not in config:
        return [([_model(config)], types)], list(_target_remarks(config))
    strategy = config.get("strategy") or {}
    mode = strategy.get("mode", "single")
    codes = strategy.get("on_status_codes") or config.get("on_status_codes")
    onward = types_of(codes) if codes else ANY_ERROR
    inner = [_tiers(target, types if n == 0 else onward) for n, target in enumerate(config["targets"])]
    remarks = [remark for _, told in inner for remark in told]
    if mode == "fallback":
        return [tier for tiers, _ in inner for tier in tiers], remarks
    if mode == "conditional":
        remarks.append("conditions are not carried over: the first target counts as preferred, the others are left out")
        return inner[0][0], remarks
    if mode == "single":
        return inner[0][0], remarks
    shared = [model for tiers, _ in inner for model in tiers[0][0]]
    return [(shared, types), *(tier for tiers, _ in inner for tier in tiers[1:])], remarks


def _model(target: Any) -> GatewayModel:
    """A target names its model, or `@provider/model`, or leaves the model to the request."""
    asked = str((target.get("override_params") or {}).get("model") or "")
    provider = str(target.get("provider") or target.get("virtual_key") or "").removeprefix("@")
    if asked.startswith("@"):
        provider, _, asked = asked.removeprefix("@").partition("/")
    provider = _USUAL.get(provider, provider)
    if not asked:
        return GatewayModel(f"{provider or 'unknown'}/as-requested", provider or "unknown")
    known = asked if "/" in asked or not provider else f"{provider}/{asked}"
    return GatewayModel(known, provider or "unknown", (asked,) if asked != known else ())


def _target_remarks(target: Any) -> Iterator[str]:
    if not (target.get("override_params") or {}).get("model"):
        yield "a target takes its model from the request: name the model in the draft"
    if target.get("request_timeout"):
        yield "`request_timeout` lets one slow call fall back; a latency trigger needs a metric, a window and a minimum"


def _breaker(told: Any) -> Breaker | None:
    if not told or "cooldown_interval" not in told:
        return None
    share = told.get("failure_threshold_percentage")
    return Breaker(
        float(told["cooldown_interval"]) / 1000,
        told.get("failure_threshold"),
        told.get("minimum_requests"),
        None if share is None else float(share) / 100,
    )


def write(chains: Sequence[Chain], models: dict[str, GatewayModel]) -> Writing:
    """One config per route. The keys are placeholders: a policy holds none."""
    lost = [loss for chain in chains for loss in _losses(chain)]
    files = {f"portkey-{slug(chain.route)}.json": _config(chain, models) for chain in chains}
    return Writing(files, tuple(lost))


def _config(chain: Chain, models: dict[str, GatewayModel]) -> dict[str, Any]:
    first: dict[str, Any] = _target(models[chain.preferred[0]])
    if len(chain.preferred) > 1:
        first = {"strategy": {"mode": "fallback"}, "targets": [_target(models[model]) for model in chain.preferred]}
    if not chain.options:
        return {"strategy": {"mode": "single"}, "targets": [first]} | _retry(chain)
    strategy: dict[str, Any] = {"mode": "fallback"}
    types = {kind for option in chain.options for kind in option.types}
    if not set(ANY_ERROR) <= types:
        strategy["on_status_codes"] = codes_of(types)
    strategy |= _cb_config(chain.breaker)
    targets = [first, *(_target(models[option.target]) for option in chain.options)]
    return {"strategy": strategy, "targets": targets} | _retry(chain)


def _target(model: GatewayModel) -> dict[str, Any]:
    provider = "google" if model.provider == "gemini" else _PROVIDERS.get(model.provider, model.provider)
    key = f"{slug(provider).replace('-', '_').upper()}_API_KEY"
    return {"provider": provider, "api_key": key, "override_params": {"model": model.native}}


def _retry(chain: Chain) -> dict[str, Any]:
    return {} if chain.attempts is None else {"retry": {"attempts": min(chain.attempts - 1, _MOST_RETRIES)}}


def _cb_config(breaker: Breaker | None) -> dict[str, Any]:
    if breaker is None:
        return {}
    told: dict[str, Any] = {"cooldown_interval": max(int(breaker.duration_s * 1000), _SHORTEST_COOLDOWN_MS)}
    told |= {} if breaker.failures is None else {"failure_threshold": breaker.failures}
    told |= {} if breaker.min_requests is None else {"minimum_requests": breaker.min_requests}
    share = breaker.failure_share
    return {"cb_config": told | ({} if share is None else {"failure_threshold_percentage": share * 100})}


def _losses(chain: Chain) -> Iterator[Loss]:
    yield from losses(chain, lambda _: shared_types(chain))
    yield Loss(chain.route, "keys are not in the file: put yours, or your workspace's `virtual_key`, into each target")
    if any(model.startswith("vertex_ai/") for model in chain.models):
        yield Loss(chain.route, "a target on vertex-ai also needs `vertex_project_id` and `vertex_region`")
    if chain.breaker is not None:
        yield Loss(
            chain.route, "the open-source gateway has no circuit breaker: `cb_config` holds in the service alone"
        )
    if chain.attempts is not None and chain.attempts - 1 > _MOST_RETRIES:
        yield Loss(chain.route, f"at most {_MOST_RETRIES} retries can be set")
    if chain.breaker is not None and chain.breaker.duration_s * 1000 < _SHORTEST_COOLDOWN_MS:
        yield Loss(chain.route, "the shortest cooldown is 30 s")
