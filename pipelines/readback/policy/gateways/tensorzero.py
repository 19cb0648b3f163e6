"""TensorZero, `tensorzero.toml`: functions with variants, of which some are fallbacks; a function is a workflow.

Read in tensorzero/tensorzero. Providers inside one model's `routing` are tried in order, too; where they serve another
model than the first, that order is a fallback as well.
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
    bare,
    losses,
    provider_of,
    slug,
)

NAME = "tensorzero"
TITLE = "TensorZero, tensorzero.toml"


def is_mine(config: Any) -> bool:
    """Functions with variants."""
    functions = config.get("functions") if isinstance(config, dict) else None
    return isinstance(functions, dict) and any("variants" in each for each in functions.values())


def read(config: Any, name: str) -> Reading:
    """One chain per function."""
    declared = config.get("models") or {}
    remarks: list[str] = []
    chains = [_chain(function, told, declared, remarks) for function, told in config["functions"].items()]
    names = dict.fromkeys(model for chain in chains for model in chain.models)
    models = tuple(_model(model, declared) for model in names)
    return Reading(models, tuple(chains), tuple(remarks))


def _chain(function: str, told: Any, declared: Any, remarks: list[str]) -> Chain:
    variants = told["variants"]
    trial = told.get("experimentation") or {}
    fallbacks = list(trial.get("fallback_variants") or [])
    candidates = [each for each in trial.get("candidate_variants") or variants if each not in fallbacks]
    if not trial:
        remarks.append(f"function {function!r} has no experimentation: variants of weight 0 count as fallbacks")
        fallbacks = [each for each, variant in variants.items() if variant.get("weight") == 0]
        candidates = [each for each in variants if each not in fallbacks]
    preferred = tuple(dict.fromkeys(_asked(variants[each]) for each in candidates))
    spare = [_asked(variants[each]) for each in fallbacks]
    spare += [other for model in preferred for other in _others(model, declared)]
    retries: dict[str, Any] = next(
        (variants[each]["retries"] for each in candidates if variants[each].get("retries")), {}
    )
    count = retries.get("num_retries")
    return Chain(
        function,
        preferred,
        tuple(Option(model) for model in dict.fromkeys(spare) if model not in preferred),
        attempts=None if count is None else int(count) + 1,
        backoff_max_s=None if retries.get("max_delay_s") is None else float(retries["max_delay_s"]),
    )


def _asked(variant: Any) -> str:
    return str(variant.get("model") or "as-requested").replace("::", "/")


def _others(model: str, declared: Any) -> list[str]:
    """Models that later providers of a routing list serve instead of the first's."""
    told = declared.get(model) or {}
    providers = [told.get("providers", {}).get(each, {}) for each in told.get("routing") or []]
    served = [f"{each['type']}/{each['model_name']}" for each in providers if "model_name" in each]
    return [each for each in served[1:] if bare(each) != bare(served[0])]


def _model(name: str, declared: Any) -> GatewayModel:
    told = declared.get(name) or {}
    first = told.get("providers", {}).get((told.get("routing") or [""])[0], {})
    if "model_name" in first:
        kind = str(first.get("type", "unknown"))
        return GatewayModel(name, kind, (f"{kind}/{first['model_name']}",))
    return GatewayModel(name, provider_of(name))


def write(chains: Sequence[Chain], models: dict[str, GatewayModel]) -> Writing:
    """One configuration with a function per route; credentials are yours to add."""
    lost = [loss for chain in chains for loss in _losses(chain)]
    used = dict.fromkeys(model for chain in chains for model in chain.models)
    config = {
        "models": {model: _declared(models[model]) for model in used},
        "functions": {slug(chain.route): _function(chain) for chain in chains},
    }
    return Writing({"tensorzero.toml": config}, tuple(lost))


def _declared(model: GatewayModel) -> dict[str, Any]:
    key = slug(model.provider)
    return {"routing": [key], "providers": {key: {"type": model.provider, "model_name": model.native}}}


def _function(chain: Chain) -> dict[str, Any]:
    names = {model: slug(model) for model in chain.models}
    variants: dict[str, Any] = {}
    for model, variant in names.items():
        variants[variant] = {"type": "chat_completion", "model": model}
        if chain.attempts is not None:
            retries: dict[str, Any] = {"num_retries": chain.attempts - 1}
            retries |= {} if chain.backoff_max_s is None else {"max_delay_s": chain.backoff_max_s}
            variants[variant]["retries"] = retries
    order = [names[model] for model in chain.models]
    trial = {"type": "static", "candidate_variants": [order[0]], "fallback_variants": order[1:]}
    return {"type": "chat", "variants": variants, "experimentation": trial}


def _losses(chain: Chain) -> Iterator[Loss]:
    yield from losses(chain, lambda _: ANY_ERROR)
    if chain.breaker is not None:
        yield Loss(chain.route, "there is no cooldown: every request tries the preferred model first")
