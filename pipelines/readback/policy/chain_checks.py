"""Validations of who stands in for whom: P001, P002, P003, P014, P019."""

from collections.abc import Iterable, Iterator, Mapping

from readback.contracts.vocabulary import Activation, TargetKind
from readback.policy.class_checks import substitutes
from readback.policy.document import Document, Substitute, WorkflowClass
from readback.policy.fields import ModelStatus
from readback.policy.finding import Evidence, Fault, Level, classes
from readback.policy.version_checks import can_meet


def unknown_targets(evidence: Evidence) -> Iterator[Fault]:
    """P001: a preferred model or a substitute's target that the document does not declare; a trial of a stranger."""
    for policy, each, path in classes(evidence):
        for n, name in enumerate(each.preferred):
            if policy.document.model_named(name) is None:
                yield Fault(policy, (*path, "preferred", n), f"model {name!r} is not declared in `models`")
    for policy, _, substitute, place in substitutes(evidence):
        if not _is_declared(policy.document, substitute):
            kind, part = substitute.target_kind, "models" if _is_model(substitute) else "lanes"
            yield Fault(policy, (*place, "target"), f"{kind} {substitute.target!r} is not declared in `{part}`")
    for policy, each, path in classes(evidence):
        listed = {policy.document.model_id(one.target) for one in each.substitutes if _is_model(one)}
        for n, trial in enumerate(each.trials):
            for name in (name for name in trial.targets if policy.document.model_id(name) not in listed):
                message = f"trial {trial.id!r} draws {name!r}, which is no substitute of class {each.id!r}"
                yield Fault(policy, (*path, "trials", n, "targets"), message)


def _is_model(substitute: Substitute) -> bool:
    return substitute.target_kind is TargetKind.MODEL


def _is_declared(document: Document, substitute: Substitute) -> bool:
    if _is_model(substitute):
        return document.model_named(substitute.target) is not None
    lane = document.lane_named(substitute.target)
    return lane is not None and lane.kind is substitute.target_kind


def find_path(edges: Mapping[str, Iterable[str]], start: str, goal: str) -> list[str] | None:
    """A shortest way through a graph, both ends included; None where there is none.

    >>> find_path({"a": ["b"], "b": ["c"]}, "a", "c")
    ['a', 'b', 'c']
    """
    trails = [[start]]
    seen = {start}
    for trail in trails:
        if trail[-1] == goal:
            return trail
        onward = [node for node in edges.get(trail[-1], ()) if node not in seen]
        seen.update(onward)
        trails += [[*trail, node] for node in dict.fromkeys(onward)]
    return None


def substitution_cycles(evidence: Evidence) -> Iterator[Fault]:
    """P002: models that stand in for one another in a circle.

    An error where one request can meet all the classes concerned, for then a gateway can run in circles; a
    warning where tags, keys or services keep the classes apart.
    """
    for policy in evidence.policies:
        for n, each in enumerate(policy.classes):
            before = policy.classes[: n + 1]
            near = [other for other in before if can_meet(each.match, other.match)]
            sure, loose = _circle(policy.document, each, near), _circle(policy.document, each, before)
            circle, level = (sure, Level.ERROR) if sure else (loose, Level.WARN)
            if circle:
                message = f"models stand in for one another: {' -> '.join(circle)}"
                yield Fault(policy, ("workflow_classes", n, "substitutes"), message, level)


def _circle(document: Document, each: WorkflowClass, others: Iterable[WorkflowClass]) -> list[str] | None:
    edges: dict[str, list[str]] = {}
    for other in others:
        for model in _preferred(document, other):
            edges.setdefault(model, []).extend(_stand_ins(document, other))
    for model in _preferred(document, each):
        ways = (find_path(edges, target, model) for target in _stand_ins(document, each) if target != model)
        way = next((way for way in ways if way), None)
        if way:
            return [model, *way]
    return None


def _preferred(document: Document, each: WorkflowClass) -> list[str]:
    return [document.model_id(name) for name in each.preferred]


def _stand_ins(document: Document, each: WorkflowClass) -> list[str]:
    return [document.model_id(one.target) for one in each.substitutes if _is_model(one)]


def repeated_targets(evidence: Evidence) -> Iterator[Fault]:
    """P003: a target that stands twice in a chain, or a preferred model that is its own substitute."""
    for policy, each, path in classes(evidence):
        seen = dict.fromkeys(_preferred(policy.document, each), "preferred already")
        for n, substitute in enumerate(each.substitutes):
            name = policy.document.model_id(substitute.target) if _is_model(substitute) else substitute.target
            if name in seen:
                message = f"{substitute.target!r} is {seen[name]}"
                yield Fault(policy, (*path, "substitutes", n, "target"), message)
            seen.setdefault(name, "a substitute twice")


def shared_domains(evidence: Evidence) -> Iterator[Fault]:
    """P014: every substitute model fails together with the preferred one."""
    for policy, each, path in classes(evidence):
        found = [policy.document.model_named(name) for name in each.preferred[:1]]
        home = {model.failure_domain for model in found if model}
        others = [policy.document.model_named(one.target) for one in each.substitutes if _is_model(one)]
        domains = {model.failure_domain for model in others if model}
        if domains and domains == home and None not in home:
            message = f"all substitutes of class {each.id!r} share the failure domain of its preferred model"
            yield Fault(policy, (*path, "substitutes"), message, Level.WARN)


def disabled_targets(evidence: Evidence) -> Iterator[Fault]:
    """P019: a substitute that the catalogue has disabled, unless it is forbidden anyway."""
    for policy, _, substitute, place in substitutes(evidence):
        model = policy.document.model_named(substitute.target) if _is_model(substitute) else None
        is_used = substitute.activation is not Activation.FORBIDDEN
        if is_used and model is not None and model.status is ModelStatus.DISABLED:
            yield Fault(policy, (*place, "target"), f"model {substitute.target!r} is disabled in the catalogue")
