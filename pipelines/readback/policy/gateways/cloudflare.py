"""Cloudflare AI Gateway, a dynamic route as JSON: a graph from start over models to an end.

Read in Cloudflare's page on the JSON configuration of dynamic routes and in its SDK, which calls the element `rate`
that the page calls `rate_limit`. A rate limit that is spent also leads to another model: that is a quota, not an error.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
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
from readback.policy.triggers import TriggerType

NAME = "cloudflare"
TITLE = "Cloudflare AI Gateway, dynamic route"
_TIMEOUT_MS = 60_000
"""The API asks for a timeout at every model; a policy holds none for one call."""

_SPENT = {"cost": TriggerType.COST_CEILING, "count": TriggerType.QUOTA_EXHAUSTED}


def is_mine(config: Any) -> bool:
    """Elements, of which one is the start."""
    elements = config.get("elements") if isinstance(config, dict) else None
    return isinstance(elements, list) and any(
        each.get("type") == "start" for each in elements if isinstance(each, dict)
    )


_Way = list[tuple[Any, TriggerType | None]]
"""Model elements in order, beside each the quota that leads to it, if one does."""


@dataclass
class _Walk:
    """The graph by element id, and what was met on the way."""

    elements: dict[str, Any]
    remarks: list[str] = field(default_factory=list)

    def models_from(
        self, element_id: str | None, seen: tuple[str, ...] = ()
    ) -> list[list[tuple[Any, TriggerType | None]]]:
        """Every way through models from an element on; beside each model the quota that leads to it, if one does."""
        element = self.elements.get(element_id or "")
        if element is None or element_id in seen or element["type"] == "end":
            return [[]]
        onward, trail = element.get("outputs") or {}, (*seen, str(element_id))
        if element["type"] == "model":
            return [[(element, None), *way] for way in self._after(onward, "fallback", trail)]
        if element["type"] in ("rate_limit", "rate"):
            return self._limited(element, onward, trail)
        if element["type"] == "start":
            return self._after(onward, "next", trail)
        self.remarks.append(
            f"a {element['type']} element is not carried over: each of its ways becomes a class of its own"
        )
        return [way for output in onward for way in self._after(onward, output, trail)]

    def _after(self, onward: Any, output: str, trail: tuple[str, ...]) -> list[_Way]:
        return self.models_from((onward.get(output) or {}).get("elementId"), trail)

    def _limited(self, element: Any, onward: Any, trail: tuple[str, ...]) -> list[_Way]:
        properties = element.get("properties") or {}
        kind = _SPENT.get(str(properties.get("limitType") or properties.get("limit_type")), TriggerType.QUOTA_EXHAUSTED)
        spent = [[(model, kind) for model, _ in way] for way in self._after(onward, "fallback", trail)]
        return [[*way, *other] for way in self._after(onward, "success", trail) for other in spent]


def read(config: Any, name: str) -> Reading:
    """One chain per way from the start to a model."""
    walk = _Walk({str(element["id"]): element for element in config["elements"]})
    start = next(element for element in config["elements"] if element.get("type") == "start")
    ways = [way for way in walk.models_from(str(start["id"])) if way]
    route = str(config.get("name") or name)
    chains = [_chain(route if len(ways) == 1 else f"{route}-{n}", way) for n, way in enumerate(ways, start=1)]
    models = [_model(element) for way in ways for element, _ in way]
    return Reading(
        tuple(dict.fromkeys(models)), tuple(chains), tuple(dict.fromkeys([*walk.remarks, *_remarks(config)]))
    )


def _remarks(config: Any) -> Iterator[str]:
    if any((element.get("properties") or {}).get("timeout") for element in config["elements"]):
        yield "`timeout` lets one slow call fall back; a latency trigger needs a metric, a window and a minimum"


def _chain(route: str, way: _Way) -> Chain:
    types: dict[str, list[TriggerType]] = {}
    for element, quota in way[1:]:
        types.setdefault(_model(element).id, []).extend([quota] if quota else ANY_ERROR)
    first = way[0][0]
    preferred = _model(first).id
    retries = (first.get("properties") or {}).get("retries")
    options = tuple(Option(model, tuple(dict.fromkeys(kinds))) for model, kinds in types.items() if model != preferred)
    return Chain(route, (preferred,), options, attempts=None if retries is None else int(retries) + 1)


def _model(element: Any) -> GatewayModel:
    properties = element.get("properties") or {}
    provider, model = str(properties.get("provider") or "unknown"), str(properties.get("model") or "as-requested")
    return GatewayModel(f"{provider}/{model}", provider, (model,) if model != "as-requested" else ())


def write(chains: Sequence[Chain], models: dict[str, GatewayModel]) -> Writing:
    """One dynamic route per route."""
    lost = [loss for chain in chains for loss in _losses(chain)]
    return Writing({f"cloudflare-{slug(chain.route)}.json": _route(chain, models) for chain in chains}, tuple(lost))


def _route(chain: Chain, models: dict[str, GatewayModel]) -> dict[str, Any]:
    ids = [f"model-{n}" for n in range(1, len(chain.models) + 1)]
    elements: list[dict[str, Any]] = [{"id": "start", "type": "start", "outputs": {"next": {"elementId": ids[0]}}}]
    for model, own, after in zip(chain.models, ids, [*ids[1:], "end"], strict=True):
        outputs = {"success": {"elementId": "end"}, "fallback": {"elementId": after}}
        properties = _properties(models[model]) | {"retries": (chain.attempts or 1) - 1, "timeout": _TIMEOUT_MS}
        elements.append({"id": own, "type": "model", "properties": properties, "outputs": outputs})
    elements.append({"id": "end", "type": "end", "outputs": {}})
    return {"name": chain.route, "elements": elements}


def _properties(model: GatewayModel) -> dict[str, Any]:
    return {"provider": model.provider, "model": model.native}


def _losses(chain: Chain) -> Iterator[Loss]:
    yield from losses(chain, lambda _: ANY_ERROR)
    yield Loss(
        chain.route, f"every model gets {_TIMEOUT_MS / 1000:g} s, since a timeout has to be said there: set yours"
    )
    if chain.attempts is None:
        yield Loss(chain.route, "retries have to be said there: none are set")
    if chain.breaker is not None:
        yield Loss(chain.route, "there is no cooldown: every request tries the preferred model first")
