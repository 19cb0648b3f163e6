"""Bifrost, `config.json`: providers with their retries, and routing rules of the governance plugin with fallbacks.

Read in the documentation of maximhq/bifrost. Fallbacks may also travel in a request; a file does not show those.
"""

import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

from readback.policy.gateways.chain import (
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
from readback.policy.triggers import TriggerType

NAME = "bifrost"
TITLE = "Bifrost, config.json"
_TYPES = (TriggerType.PROVIDER_ERROR, TriggerType.PROVIDER_THROTTLED, TriggerType.ADMIN_DISABLED)
"""5xx and network errors, 429, and 401 to 403, each once the retries are used up."""
_MODEL = re.compile(r"""\bmodel\s*==\s*["']([^"']+)["']""")


def is_mine(config: Any) -> bool:
    """Providers by name, each with keys."""
    providers = config.get("providers") if isinstance(config, dict) else None
    return isinstance(providers, dict) and any(isinstance(each, dict) and "keys" in each for each in providers.values())


def read(config: Any, name: str) -> Reading:
    """One chain per routing rule that is on."""
    rules = (config.get("governance") or {}).get("routing_rules") or []
    chains: list[Chain] = []
    remarks = [] if rules else ["no routing rules: fallbacks that requests carry are not in this file"]
    for rule in (each for each in rules if each.get("enabled", True)):
        chains.append(_chain(rule, config["providers"]))
        remarks += _remarks(rule)
    models = [GatewayModel(model, provider_of(model)) for chain in chains for model in chain.models]
    return Reading(tuple(dict.fromkeys(models)), tuple(chains), tuple(remarks))


def _chain(rule: Any, providers: Any) -> Chain:
    asked = _asked(rule)
    targets = rule.get("targets") or [rule]
    preferred = tuple(
        dict.fromkeys(f"{t.get('provider') or 'unknown'}/{t.get('model') or asked or 'as-requested'}" for t in targets)
    )
    options = dict.fromkeys(_full(target, preferred[0]) for target in rule.get("fallbacks") or [])
    network = (providers.get(provider_of(preferred[0])) or {}).get("network_config") or {}
    retries = network.get("max_retries")
    return Chain(
        asked or str(rule.get("name") or rule.get("id")),
        preferred,
        tuple(Option(model, _TYPES) for model in options if model not in preferred),
        attempts=None if retries is None else int(retries) + 1,
        backoff_initial_s=_from_ms(network.get("retry_backoff_initial")),
        backoff_max_s=_from_ms(network.get("retry_backoff_max")),
    )


def _full(target: str, preferred: str) -> str:
    """A fallback that names only its provider keeps the model."""
    return target if "/" in target else f"{target}/{bare(preferred)}"


def _asked(rule: Any) -> str | None:
    found = _MODEL.search(str(rule.get("cel_expression") or ""))
    return found[1] if found else None


def _from_ms(told: Any) -> float | None:
    return None if told is None else float(told) / 1000


def _remarks(rule: Any) -> Iterator[str]:
    label = rule.get("name") or rule.get("id")
    expression = str(rule.get("cel_expression") or "")
    if _MODEL.sub("", expression).strip():
        yield f"rule {label!r} asks for more than a model ({expression}): narrow the match of its class by hand"
    if rule.get("scope") not in (None, "global"):
        yield f"rule {label!r} holds for one {rule['scope']} only: narrow the match of its class by hand"


def write(chains: Sequence[Chain], models: dict[str, GatewayModel]) -> Writing:
    """One configuration. Keys are yours to add to each provider."""
    lost = [loss for chain in chains for loss in _losses(chain)]
    providers: dict[str, Any] = {}
    for chain in chains:
        for model in chain.models:
            providers.setdefault(models[model].provider, {"keys": [], "network_config": _network(chain)})
    settings = {json.dumps(_network(chain), sort_keys=True) for chain in chains}
    lost += [Loss("providers", "retries belong to providers: the first chain's are set")] if len(settings) > 1 else []
    rules = [_rule(chain, models, n) for n, chain in enumerate(chains)]
    return Writing({"config.json": {"providers": providers, "governance": {"routing_rules": rules}}}, tuple(lost))


def _network(chain: Chain) -> dict[str, int]:
    told = {
        "max_retries": None if chain.attempts is None else chain.attempts - 1,
        "retry_backoff_initial": None if chain.backoff_initial_s is None else int(chain.backoff_initial_s * 1000),
        "retry_backoff_max": None if chain.backoff_max_s is None else int(chain.backoff_max_s * 1000),
    }
    return {key: value for key, value in told.items() if value is not None}


def _rule(chain: Chain, models: dict[str, GatewayModel], priority: int) -> dict[str, Any]:
    spare = [*chain.preferred[1:], *(option.target for option in chain.options)]
    return {
        "id": slug(chain.route),
        "name": chain.route,
        "enabled": True,
        "cel_expression": f"model == {json.dumps(chain.route)}",
        "targets": [{**_target(models[chain.preferred[0]]), "weight": 1.0}],
        "fallbacks": ["{provider}/{model}".format(**_target(models[model])) for model in spare],
        "scope": "global",
        "priority": priority,
    }


def _target(model: GatewayModel) -> dict[str, str]:
    return {"provider": model.provider, "model": model.native}


def _losses(chain: Chain) -> Iterator[Loss]:
    yield from losses(chain, lambda _: _TYPES)
    if chain.breaker is not None:
        yield Loss(chain.route, "there is no cooldown: every request tries the preferred model first")
