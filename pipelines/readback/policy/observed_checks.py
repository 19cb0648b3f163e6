"""Validations against what was observed: P015, P018, P021. Without figures they find what the document shows."""

from collections.abc import Iterator
from datetime import timedelta

from readback.contracts.vocabulary import TargetKind
from readback.policy.document import WorkflowClass
from readback.policy.finding import Evidence, Fault, Level, classes
from readback.policy.observing import Seen
from readback.policy.triggers import TriggerType
from readback.policy.version import KeyPath, Policy

UNSEEN_FOR = timedelta(days=90)


def unmatched_traffic(evidence: Evidence) -> Iterator[Fault]:
    """P015: workflows in the logs that no class matches, and classes that no log has known for 90 days."""
    seen = evidence.seen
    if seen is None:
        return
    for policy in _in_force(evidence, seen):
        for workflow, count in sorted(seen.undeclared.items(), key=lambda pair: -pair[1]):
            message = f"workflow {workflow!r} has no class: {count:,} requests"
            yield Fault(policy, ("workflow_classes",), message, Level.WARN)
        for n, each in enumerate(policy.classes):
            last = seen.last_seen.get(each.id)
            began = max(seen.since, policy.metadata.effective_from)
            if (last or began) + UNSEEN_FOR <= seen.until:
                message = f"class {each.id!r} was not seen {f'since {last:%Y-%m-%d}' if last else 'in any log'}"
                yield Fault(policy, ("workflow_classes", n), message, Level.WARN)


def _in_force(evidence: Evidence, seen: Seen) -> list[Policy]:
    return [
        policy
        for policy in evidence.actives()
        if policy.metadata.effective_from <= seen.until
        and (policy.metadata.effective_to is None or seen.until < policy.metadata.effective_to)
    ]


def narrow_lanes(evidence: Evidence) -> Iterator[Fault]:
    """P018: a manual lane that could not take the fallbacks of a busy hour, or a hold longer than the objective."""
    for policy, each, path in classes(evidence):
        for n, substitute in enumerate(each.substitutes):
            lane = policy.document.lane_named(substitute.target)
            if lane is None or substitute.target_kind is TargetKind.MODEL:
                continue
            place = (*path, "substitutes", n, "target")
            yield from _too_narrow(policy, each, place, lane.id, lane.capacity_per_hour, evidence.seen)
            rto = each.continuity.rto
            if lane.max_wait is not None and rto is not None and lane.max_wait > rto:
                message = f"work may wait {lane.max_wait:g} s in {lane.id!r}, longer than the rto of {rto:g} s"
                yield Fault(policy, place, message, Level.WARN)


def _too_narrow(
    policy: Policy, each: WorkflowClass, place: KeyPath, lane: str, capacity: float | None, seen: Seen | None
) -> Iterator[Fault]:
    busy = seen.hourly_p95.get(each.id) if seen else None
    if capacity is not None and busy is not None and capacity < busy:
        message = f"lane {lane!r} takes {capacity:g} an hour; in a busy hour {busy:g} requests fell back"
        yield Fault(policy, place, message, Level.WARN)


def deaf_triggers(evidence: Evidence) -> Iterator[Fault]:
    """P021: a trigger on low confidence, and no log that tells of any."""
    if evidence.seen is None or evidence.seen.has_confidence is not False:
        return
    for policy, each, path in classes(evidence):
        for n, trigger in enumerate(each.triggers):
            if trigger.type is TriggerType.LOW_CONFIDENCE:
                message = f"trigger {trigger.id!r} can never fire: no log that was read tells a confidence"
                yield Fault(policy, (*path, "triggers", n), message, Level.WARN)
