"""OpenRouter, body of a request or a preset: `models` in order and the `provider` preferences.

Read in OpenRouter's pages on model fallbacks and provider routing. It goes on after any error, errors of content and
context included; another provider of one model is load balancing, not a fallback.
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
    provider_of,
    slug,
)

NAME = "openrouter"
TITLE = "OpenRouter, request body or preset"
_MOST_MODELS = 3


def is_mine(config: Any) -> bool:
    """Models in order, as `provider/model`; or one model with preferences for its providers."""
    if not isinstance(config, dict) or "targets" in config or "elements" in config:
        return False
    models = config.get("models")
    is_listed = isinstance(models, list) and bool(models) and all(isinstance(model, str) for model in models)
    return is_listed or ("model" in config and isinstance(config.get("provider"), dict))


def read(config: Any, name: str) -> Reading:
    """The one chain of a body."""
    listed = [str(model) for model in [config.get("model"), *(config.get("models") or [])] if model]
    models = list(dict.fromkeys(listed))
    chain = Chain(name, (models[0],), tuple(Option(model) for model in models[1:]))
    return Reading(
        tuple(GatewayModel(model, provider_of(model)) for model in models), (chain,), tuple(_remarks(config))
    )


def _remarks(config: Any) -> Iterator[str]:
    preferences = config.get("provider") or {}
    if preferences.get("allow_fallbacks", True):
        yield "providers of one model are changed freely: declare their failure domains by hand"
    for key in ("order", "only", "ignore", "max_price", "data_collection", "zdr"):
        if preferences.get(key):
            yield f"`provider.{key}` is not carried over"


def write(chains: Sequence[Chain], models: dict[str, GatewayModel]) -> Writing:
    """One part of a request body per route: merge it into the calls of that route."""
    lost = [loss for chain in chains for loss in _losses(chain)]
    files = {
        f"openrouter-{slug(chain.route)}.json": {"models": [models[model].id for model in chain.models][:_MOST_MODELS]}
        for chain in chains
    }
    return Writing(files, tuple(lost))


def _losses(chain: Chain) -> Iterator[Loss]:
    yield from losses(chain, lambda _: ANY_ERROR)
    for model in chain.models[_MOST_MODELS:]:
        yield Loss(chain.route, f"{model} is left out: at most {_MOST_MODELS} models are tried")
    if chain.attempts is not None or chain.breaker is not None:
        yield Loss(chain.route, "retries and cooldown are internal and cannot be set")
