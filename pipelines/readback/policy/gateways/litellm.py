"""LiteLLM, `config.yaml` of the proxy: model groups, `router_settings` and the older `litellm_settings`.

Read in litellm 1.106. A list of `fallbacks` fires on any error; only `context_window_fallbacks` and
`content_policy_fallbacks` are bound to a cause. A group that is fallen back to falls back again by its own list.
`allowed_fails` is exceeded, not reached, before a cooldown.
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
    is_general,
    losses,
    provider_of,
)
from readback.policy.triggers import TriggerType

NAME = "litellm"
TITLE = "LiteLLM proxy, config.yaml"
_LISTS = {
    "fallbacks": ANY_ERROR,
    "context_window_fallbacks": (TriggerType.CONTEXT_OVERFLOW,),
    "content_policy_fallbacks": (TriggerType.CONTENT_FILTERED,),
}
_EVERY = "*"


def is_mine(config: Any) -> bool:
    """A list of deployments under `model_list`."""
    return isinstance(config, dict) and isinstance(config.get("model_list"), list)


def read(config: Any, name: str) -> Reading:
    """One chain per model group that has fallbacks or is nobody's fallback."""
    groups = _groups(config)
    settings = (config.get("litellm_settings") or {}) | (config.get("router_settings") or {})
    lists = {key: _mapping(settings.get(key)) for key in _LISTS}
    if settings.get("default_fallbacks"):
        lists["fallbacks"].setdefault(_EVERY, [_group_name(entry) for entry in settings["default_fallbacks"]])
    targets = {target for mapping in lists.values() for names in mapping.values() for target in names}
    own = {group for mapping in lists.values() for group in mapping}
    routes = [group for group in groups if group in own or group not in targets]
    chains = tuple(_chain(group, groups, lists, settings) for group in routes)
    return Reading(_models(groups), chains, tuple(_remarks(config, settings, groups, targets)))


def _groups(config: Any) -> dict[str, list[str]]:
    """Group → the models of its deployments, by `order`."""
    found: dict[str, list[tuple[int, str]]] = {}
    for entry in config["model_list"]:
        parameters = entry.get("litellm_params") or {}
        model = str(parameters.get("model") or entry.get("model_name"))
        found.setdefault(str(entry.get("model_name")), []).append((int(parameters.get("order") or 0), model))
    ordered = {group: sorted(models, key=lambda pair: pair[0]) for group, models in found.items()}
    return {group: list(dict.fromkeys(model for _, model in models)) for group, models in ordered.items()}


def _mapping(listed: Any) -> dict[str, list[str]]:
    pairs = [(group, names) for each in listed or [] for group, names in each.items()]
    return {str(group): [_group_name(entry) for entry in names] for group, names in pairs}


def _group_name(entry: Any) -> str:
    return str(entry.get("model")) if isinstance(entry, dict) else str(entry)


def _models(groups: dict[str, list[str]]) -> tuple[GatewayModel, ...]:
    """A group's name stands for its model only where it has one."""
    aliases: dict[str, list[str]] = {model: [] for models in groups.values() for model in models}
    for group, models in groups.items():
        if len(models) == 1 and group not in aliases:
            aliases[models[0]].append(group)
    return tuple(GatewayModel(model, provider_of(model), tuple(names)) for model, names in aliases.items())


def _chain(group: str, groups: dict[str, list[str]], lists: dict[str, Any], settings: dict[str, Any]) -> Chain:
    types: dict[str, list[TriggerType]] = {}
    for key, mapping in lists.items():
        for target in _followed(mapping.get(group, mapping.get(_EVERY, [])), lists["fallbacks"], {group}):
            for model in groups.get(target, [target]):
                types.setdefault(model, []).extend(_LISTS[key])
    own = groups[group]
    options = tuple(Option(model, tuple(dict.fromkeys(kinds))) for model, kinds in types.items() if model not in own)
    retries = settings.get("num_retries")
    return Chain(
        group,
        tuple(own),
        options,
        attempts=None if retries is None else int(retries) + 1,
        breaker=_breaker(settings),
    )


def _followed(targets: list[str], onward: dict[str, list[str]], seen: set[str]) -> Iterator[str]:
    """The groups that a call may end in, in the order in which the router tries them; each once."""
    for target in targets:
        if target not in seen:
            seen.add(target)
            yield target
            yield from _followed(onward.get(target, onward.get(_EVERY, [])), onward, seen)


def _breaker(settings: dict[str, Any]) -> Breaker | None:
    if settings.get("disable_cooldowns") or settings.get("cooldown_time") is None:
        return None
    fails = settings.get("allowed_fails")
    return Breaker(float(settings["cooldown_time"]), None if fails is None else int(fails) + 1)


def _remarks(config: Any, settings: dict[str, Any], groups: dict[str, list[str]], targets: set[str]) -> Iterator[str]:
    for target in sorted(targets - set(groups)):
        yield f"fallback to {target!r}, which `model_list` does not hold"
    for key in ("timeout", "stream_timeout", "request_timeout"):
        if settings.get(key) is not None:
            yield f"`{key}` lets one slow call fall back; a latency trigger needs a metric, a window and a minimum"
    for key in ("retry_policy", "model_group_retry_policy", "allowed_fails_policy", "provider_budget_config"):
        if settings.get(key):
            yield f"`{key}` is not carried over: a policy has one number of attempts, and budgets as triggers"
    if any((entry.get("litellm_params") or {}).get("fallbacks") for entry in config["model_list"]):
        yield "`fallbacks` inside `litellm_params` are not read"


def write(chains: Sequence[Chain], models: dict[str, GatewayModel]) -> Writing:
    """One configuration. Keys and endpoints are yours to add: each deployment has only its model."""
    entries: dict[tuple[str, str], dict[str, Any]] = {}
    routes = {chain.route for chain in chains}
    lists: dict[str, list[dict[str, list[str]]]] = {key: [] for key in _LISTS}
    lost: list[Loss] = []
    for chain in chains:
        for order, model in enumerate(chain.preferred, start=1):
            parameters = _parameters(models[model]) | ({"order": order} if len(chain.preferred) > 1 else {})
            entries[chain.route, model] = {"model_name": chain.route, "litellm_params": parameters}
        told = [option for option in chain.options if any(_belongs(option, key) for key in _LISTS)]
        names = {option.target: _entry(entries, models[option.target], routes) for option in told}
        for key in _LISTS:
            picked = [names[option.target] for option in told if _belongs(option, key)]
            lists[key] += [{chain.route: picked}] if picked else []
        lost += losses(chain, _acts_on)
    settings = {key: listed for key, listed in lists.items() if listed} | _resilience(chains, lost)
    return Writing({"litellm.yaml": {"model_list": list(entries.values()), "router_settings": settings}}, tuple(lost))


def _parameters(model: GatewayModel) -> dict[str, Any]:
    return {"model": model.id if "/" in model.id else f"{model.provider}/{model.id}"}


def _entry(entries: dict[tuple[str, str], dict[str, Any]], model: GatewayModel, routes: set[str]) -> str:
    """A group for a substitute alone: one that had fallbacks of its own would hand calls on to them."""
    name = f"substitute/{model.id}" if model.id in routes else model.id
    entries[name, model.id] = {"model_name": name, "litellm_params": _parameters(model)}
    return name


def _belongs(option: Option, key: str) -> bool:
    if key == "fallbacks":
        return is_general(option.types)
    return set(_LISTS[key]) <= set(option.types)


def _acts_on(option: Option) -> tuple[TriggerType, ...]:
    if is_general(option.types):
        return ANY_ERROR
    return tuple(kind for key in _LISTS for kind in _LISTS[key] if key != "fallbacks" and kind in option.types)


def _resilience(chains: Sequence[Chain], lost: list[Loss]) -> dict[str, Any]:
    """Retries and cooldowns are one for the whole router: the most careful of the chains."""
    attempts = [chain.attempts for chain in chains if chain.attempts is not None]
    breakers = [chain.breaker for chain in chains if chain.breaker is not None]
    told: dict[str, Any] = {}
    if attempts:
        told["num_retries"] = min(attempts) - 1
        lost += [] if len(set(attempts)) == 1 else [Loss("router", "has one number of retries; the smallest is set")]
    if breakers:
        told["cooldown_time"] = max(each.duration_s for each in breakers)
        fails = [each.failures for each in breakers if each.failures is not None]
        told |= {"allowed_fails": min(fails) - 1} if fails else {}
        lost += [] if len(set(breakers)) == 1 else [Loss("router", "has one cooldown; the most careful is set")]
    return told
