"""A gateway's live configuration against the policy in force: what it would do that nobody approved, and the reverse.

The policy is first put through the gateway's own format, so that only what the gateway could have been told counts.
What is never exported and yet allowed may stand there or not: see `tolerated`.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from readback.policy.exporting import domain, gateway_models, plan, tolerated
from readback.policy.finding import Level
from readback.policy.gateways.chain import Chain, Gateway, Option, Reading
from readback.policy.naming import canonical_names
from readback.policy.version import Policy


class Kind(StrEnum):
    """In which way a live configuration differs."""

    UNAPPROVED_SUBSTITUTE = "unapproved_substitute"
    MISSING_SUBSTITUTE = "missing_substitute"
    OTHER_ORDER = "other_order"
    OTHER_PREFERRED = "other_preferred"
    WIDER_TRIGGER = "wider_trigger"
    MISSING_ROUTE = "missing_route"
    OTHER_RETRIES = "other_retries"
    OTHER_COOLDOWN = "other_cooldown"


@dataclass(frozen=True)
class Difference:
    """One difference on one route; an error is something that the gateway does and the policy does not allow."""

    kind: Kind
    level: Level
    route: str
    message: str


def differences(policy: Policy, gateway: Gateway, live: Reading, as_of: datetime) -> list[Difference]:
    """Everything in which a live configuration differs from the policy in force; empty where it does not."""
    planned = plan(policy, as_of).chains
    required = _expected(policy, gateway, planned)
    expected = _expected(policy, gateway, tolerated(policy, as_of)) | required
    actual = {chain.route: _renamed(chain, live, policy) for chain in live.chains}
    named = {name for each in policy.classes for name in domain(policy, each)}
    found: list[Difference] = []
    met: set[str] = set()
    for route, chain in actual.items():
        is_lone = len(actual) == 1 and chain.route not in named
        wanted = _counterpart(chain, expected, is_lone=is_lone)
        if wanted is not None:
            met.add(wanted.route)
        found += _compared(route, chain, wanted, is_due=wanted is not None and wanted.route in required)
    for route in (route for route, chain in required.items() if chain.options and route not in met):
        message = "the policy has substitutes for it, and the gateway has no such route"
        found.append(Difference(Kind.MISSING_ROUTE, Level.WARN, route, message))
    return found


def _expected(policy: Policy, gateway: Gateway, chains: Sequence[Chain]) -> dict[str, Chain]:
    """Chains of the policy as the gateway would read them back."""
    if not chains:
        return {}
    known = {chain.route: chain for chain in chains}
    written = gateway.write(chains, gateway_models(policy))
    read: dict[str, Chain] = {}
    for name, content in written.files.items():
        reading = gateway.read(content, name.rpartition(".")[0])
        for chain in reading.chains:
            renamed = _renamed(chain, reading, policy)
            route = renamed.route if renamed.route in known else _route_of(renamed, known)
            read[route] = Chain(route, renamed.preferred, renamed.options, renamed.attempts, breaker=renamed.breaker)
    return read


def _route_of(chain: Chain, known: dict[str, Chain]) -> str:
    """The route of a file that names none: the one whose models it holds."""
    return next((route for route, each in known.items() if each.models == chain.models), chain.route)


def _renamed(chain: Chain, reading: Reading, policy: Policy) -> Chain:
    """A chain with the policy's names for its models."""
    aliases = {model.id: (model.id, *model.aliases, model.native) for model in reading.models}
    names = {model: _policy_name(aliases.get(model, (model,)), policy) for model in chain.models}
    options = tuple(Option(names[option.target], option.types) for option in chain.options)
    preferred = tuple(dict.fromkeys(names[model] for model in chain.preferred))
    return Chain(chain.route, preferred, options, chain.attempts, breaker=chain.breaker)


def _policy_name(names: Iterable[str], policy: Policy) -> str:
    """The catalogue's id of a model, by any of its names, then without its provider; else its first name."""
    listed = list(names)
    known = gateway_models(policy)
    for name in listed:
        if policy.document.model_named(name) is not None:
            return policy.document.model_id(name)
    native = [model.id for model in known.values() if model.native in listed]
    if len(native) == 1:
        return native[0]
    found = canonical_names(listed, [policy])
    return next((model for model in found.values() if model in known), listed[0])


def _counterpart(chain: Chain, expected: dict[str, Chain], *, is_lone: bool) -> Chain | None:
    """The policy's chain of the same route; of a lone one of a route that it does not name, by the preferred model."""
    if chain.route in expected:
        return expected[chain.route]
    same = [each for each in expected.values() if each.preferred[:1] == chain.preferred[:1]]
    return same[0] if is_lone and len(same) == 1 else None


def _compared(route: str, chain: Chain, wanted: Chain | None, *, is_due: bool) -> Iterator[Difference]:
    targets = [option.target for option in chain.options]
    allowed = [option.target for option in wanted.options] if wanted else []
    for target in (target for target in targets if target not in allowed):
        message = f"{target} would take over by itself, which the policy in force does not allow on this route"
        yield Difference(Kind.UNAPPROVED_SUBSTITUTE, Level.ERROR, route, message)
    if wanted is None:
        return
    for target in (target for target in allowed if is_due and target not in targets):
        yield Difference(Kind.MISSING_SUBSTITUTE, Level.WARN, route, f"{target} is approved and not configured")
    yield from _order_and_reasons(route, chain, wanted)
    if wanted.attempts is not None and chain.attempts != wanted.attempts:
        message = f"attempts on one model: {chain.attempts or 'not set'}, the policy says {wanted.attempts}"
        yield Difference(Kind.OTHER_RETRIES, Level.WARN, route, message)
    if wanted.breaker is not None and chain.breaker != wanted.breaker:
        yield Difference(Kind.OTHER_COOLDOWN, Level.WARN, route, "the cooldown is not the policy's")


def _order_and_reasons(route: str, chain: Chain, wanted: Chain) -> Iterator[Difference]:
    allowed = {option.target: option.types for option in wanted.options}
    shared = [option.target for option in chain.options if option.target in allowed]
    if shared != [target for target in allowed if target in shared]:
        message = f"the order is {', '.join(shared)}, the policy's {', '.join(allowed)}"
        yield Difference(Kind.OTHER_ORDER, Level.ERROR, route, message)
    if chain.preferred[:1] != wanted.preferred[:1]:
        message = f"{chain.preferred[0]} is called first, the policy prefers {wanted.preferred[0]}"
        yield Difference(Kind.OTHER_PREFERRED, Level.ERROR, route, message)
    for option in chain.options:
        wider = [kind.value for kind in option.types if kind not in allowed.get(option.target, option.types)]
        if wider:
            message = f"{option.target} would also take over on {', '.join(wider)}"
            yield Difference(Kind.WIDER_TRIGGER, Level.ERROR, route, message)
