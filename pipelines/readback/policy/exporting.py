"""A policy → what a gateway may do by itself, and everything that no gateway can be told.

A class that must pause or call a person is never handed to a gateway as a fallback, nor is another class that shares
its route: the gateway could not tell the two apart.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from readback.contracts.vocabulary import Activation, Boundary, TargetKind
from readback.errors import PolicyError
from readback.policy.document import Substitute, WorkflowClass
from readback.policy.fields import ModelStatus
from readback.policy.gateways.chain import Breaker, Chain, Gateway, GatewayModel, Loss, Option, Writing
from readback.policy.loading import load_policies
from readback.policy.version import Policy

_STOPPING = (Boundary.PAUSE, Boundary.ESCALATE)


@dataclass(frozen=True)
class Plan:
    """The chains that a gateway may run, and what of the policy is not in them."""

    chains: tuple[Chain, ...]
    losses: tuple[Loss, ...]


def in_force(policies: Iterable[Policy], as_of: datetime) -> list[Policy]:
    """The active versions that hold at a moment."""
    return [
        policy
        for policy in policies
        if policy.is_active
        and policy.metadata.effective_from <= as_of
        and (policy.metadata.effective_to is None or as_of < policy.metadata.effective_to)
    ]


def sole_in_force(file: Path, as_of: datetime) -> Policy:
    """The one version of `policy.yaml` that holds at a moment.

    Raises:
        PolicyError: unreadable, or none or several hold.
    """
    found = in_force(load_policies(file), as_of)
    if len(found) != 1:
        told = "no version is active" if not found else f"{len(found)} policies are active"
        raise PolicyError(f"{told} at {as_of:%Y-%m-%d}; expected one", file=file)
    return found[0]


def plan(policy: Policy, as_of: datetime) -> Plan:
    """What may be handed to a gateway at a moment: approvals that ended before are not."""
    chains: list[Chain] = []
    losses = list(_document_losses(policy))
    for each in policy.classes:
        losses += _class_losses(policy, each)
        reason = _kept_back(policy, each, as_of)
        if reason:
            losses.append(Loss(each.id, reason))
            continue
        losses += _substitute_losses(policy, each, as_of)
        chains += [chain for chain in _chains(policy, each, as_of) if chain.options]
    merged = {chain.route: chain for chain in chains}
    return Plan(tuple(merged.values()), tuple(losses))


def tolerated(policy: Policy, as_of: datetime) -> tuple[Chain, ...]:
    """What may stand in a gateway by hand although it is never handed over: what every class of the route allows.

    A boundary says what happens where no listed substitute applies, so a class that must pause may list one that takes
    over by itself. An export leaves its route alone all the same, for no gateway can be told to pause behind it.
    """
    found: dict[str, Chain] = {}
    for each in (each for each in policy.classes if _kept_back(policy, each, as_of)):
        for route in routes(policy, each):
            sharing = [other for other in policy.classes if route in domain(policy, other)]
            own = next(chain for chain in _chains(policy, each, as_of) if chain.route == route)
            options = tuple(_shared(policy, own.options, sharing, as_of))
            alone = own if len(sharing) == 1 else Chain(route, own.preferred)
            found[route] = replace(alone, options=options)
    return tuple(chain for chain in found.values() if chain.options)


def _shared(
    policy: Policy, options: Iterable[Option], classes: Iterable[WorkflowClass], as_of: datetime
) -> Iterator[Option]:
    """The options that every one of some classes allows, for the reasons that all of them allow."""
    allowed = [dict(_options(policy, each, as_of)) for each in classes]
    for option in options:
        types = tuple(kind for kind in option.types if all(kind in own.get(option.target, ()) for own in allowed))
        if types:
            yield Option(option.target, types)


def export(policy: Policy, gateway: Gateway, as_of: datetime) -> Writing:
    """The files of a gateway, and every loss: of what all gateways lack, and of what this one does."""
    planned = plan(policy, as_of)
    written = gateway.write(planned.chains, gateway_models(policy))
    return Writing(written.files, (*planned.losses, *written.losses))


def gateway_models(policy: Policy) -> dict[str, GatewayModel]:
    """The policy's models as gateways know them, by catalogue id."""
    return {model.id: GatewayModel(model.id, model.provider, model.aliases) for model in policy.document.models}


def file_text(name: str, content: Any) -> str:
    """A file of an export as text, in the format that its name says."""
    if name.endswith(".json"):
        return json.dumps(content, indent=2, ensure_ascii=False) + "\n"
    if name.endswith(".toml"):
        import tomlkit

        return tomlkit.dumps(content)
    documents = content if isinstance(content, list) else [content]
    return yaml.safe_dump_all(documents, sort_keys=False, width=110)


def routes(policy: Policy, each: WorkflowClass) -> list[str]:
    """The names under which a gateway knows a class: its routes, else those of its first preferred model."""
    if each.match.routes:
        return list(each.match.routes)
    model = policy.document.model_named(each.preferred[0])
    return [model.aliases[0] if model.aliases else model.id] if model else [each.preferred[0]]


def domain(policy: Policy, each: WorkflowClass) -> set[str]:
    """Every name by which calls of a class may reach a gateway."""
    model = policy.document.model_named(each.preferred[0])
    return set(each.match.routes) or ({model.id, *model.aliases} if model else {each.preferred[0]})


def _kept_back(policy: Policy, each: WorkflowClass, as_of: datetime) -> str | None:
    """Why a class is not handed over at all; None where it may be."""
    if each.boundary in _STOPPING or each.boundary is None:
        return f"is not exported: its boundary is {each.boundary or 'not declared'}, so nothing may take over by itself"
    for other in policy.classes:
        is_other = other.id != each.id and not domain(policy, each).isdisjoint(domain(policy, other))
        if is_other and (other.boundary in _STOPPING or _order(policy, other, as_of) != _order(policy, each, as_of)):
            return f"is not exported: class {other.id!r} shares its route and is treated otherwise"
    return None


def _order(policy: Policy, each: WorkflowClass, as_of: datetime) -> list[tuple[str, tuple[str, ...]]]:
    used = _usable(policy, each, as_of)
    return [(policy.document.model_id(one.target), tuple(each.trigger_types(one))) for one in used]


def _usable(policy: Policy, each: WorkflowClass, as_of: datetime) -> list[Substitute]:
    """What may take over by itself, up to a lane: a gateway that skipped one would not stop where work must."""
    usable: list[Substitute] = []
    for one in each.substitutes:
        if one.target_kind is not TargetKind.MODEL:
            if one.activation is Activation.AUTOMATIC:
                return usable
        elif _refusal(policy, one, as_of) is None:
            usable.append(one)
    return usable


def _refusal(policy: Policy, one: Substitute, as_of: datetime) -> str | None:
    model = policy.document.model_named(one.target)
    if one.activation is not Activation.AUTOMATIC:
        return f"is {one.activation}: a gateway asks nobody"
    if one.expires is not None and one.expires <= as_of:
        return f"is no longer approved, since {one.expires:%Y-%m-%d}"
    if model is None or model.status is ModelStatus.DISABLED:
        return "is disabled in the catalogue"
    return None


def _chains(policy: Policy, each: WorkflowClass, as_of: datetime) -> Iterator[Chain]:
    options = tuple(Option(target, types) for target, types in _options(policy, each, as_of))
    retries, cooldown = each.retries, each.cooldown
    breaker = Breaker(
        cooldown.duration, cooldown.failures, cooldown.min_requests, cooldown.failure_share_gte
    ) if cooldown else None  # fmt: skip
    for route in routes(policy, each):
        yield Chain(
            route,
            tuple(policy.document.model_id(name) for name in each.preferred),
            options,
            attempts=retries.max_attempts if retries else None,
            backoff_initial_s=retries.backoff_initial if retries else None,
            backoff_max_s=retries.backoff_max if retries else None,
            breaker=breaker,
        )


def _options(policy: Policy, each: WorkflowClass, as_of: datetime) -> Iterator[tuple[str, tuple[Any, ...]]]:
    for one in _usable(policy, each, as_of):
        yield policy.document.model_id(one.target), tuple(each.trigger_types(one))


def _document_losses(policy: Policy) -> Iterator[Loss]:
    metadata = policy.metadata
    end = f" until {metadata.effective_to:%Y-%m-%d}" if metadata.effective_to else ""
    yield Loss("policy", f"holds from {metadata.effective_from:%Y-%m-%d}{end}; a gateway holds until it is changed")
    yield Loss("policy", "owner, approvals with their evidence, and review dates are not in the file")
    lanes = ", ".join(lane.id for lane in policy.document.lanes)
    if lanes:
        yield Loss("policy", f"no gateway knows the lanes {lanes}")


def _class_losses(policy: Policy, each: WorkflowClass) -> Iterator[Loss]:
    stops = ", ".join(condition.requires for condition in each.stop_conditions)
    if stops:
        yield Loss(each.id, f"cannot be stopped where {stops} did not run: the application has to")
    if policy.document.marking(each).required:
        yield Loss(each.id, "answers of substitutes are not marked: the application has to")
    if each.boundary is Boundary.HUMAN_REVIEW:
        yield Loss(each.id, "boundary human_review: the application has to ask for the review")
    beyond = [*(f"tag {name}" for name in each.match.tags), *(["key_aliases"] if each.match.key_aliases else []),
              *(["services"] if each.match.services else [])]  # fmt: skip
    if beyond:
        yield Loss(each.id, f"matches on {', '.join(beyond)}: the gateway applies the chain to every call of the route")
    yield from _trial_losses(each)


def _trial_losses(each: WorkflowClass) -> Iterator[Loss]:
    for trial in each.trials:
        begun = "" if trial.is_approved else " and nobody has approved it"
        yield Loss(each.id, f"the trial {trial.id} is not exported: the application has to draw{begun}")


def _substitute_losses(policy: Policy, each: WorkflowClass, as_of: datetime) -> Iterator[Loss]:
    usable = _usable(policy, each, as_of)
    for one in each.substitutes:
        if one.target_kind is not TargetKind.MODEL:
            yield Loss(each.id, f"{one.target} is a {one.target_kind} lane; what comes after it is not exported")
        elif one not in usable:
            yield Loss(each.id, f"{one.target} {_refusal(policy, one, as_of) or 'comes after a lane'}")
        else:
            yield from _usage_losses(each, one)


def _usage_losses(each: WorkflowClass, one: Substitute) -> Iterator[Loss]:
    if one.expires is not None:
        yield Loss(each.id, f"{one.target} is approved until {one.expires:%Y-%m-%d} only: export again before")
    if one.max_duration is not None:
        yield Loss(each.id, f"{one.target} may serve for {one.max_duration:g} s at most; a gateway does not count")
    if one.review is not None:
        yield Loss(each.id, f"answers of {one.target} need review: {one.review.mode}")
