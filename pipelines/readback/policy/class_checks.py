"""Validations of a class by itself: P006 to P010, P017, P020, P022."""

from collections.abc import Iterator

from readback.contracts.vocabulary import Activation, Boundary, PolicyStatus, Risk, Stage, TargetKind
from readback.policy.document import Substitute, Trigger, WorkflowClass
from readback.policy.fields import StopAction
from readback.policy.finding import Evidence, Fault, Level, classes
from readback.policy.triggers import ANY_TRIGGER, RULES, TriggerType
from readback.policy.version import KeyPath, Policy

_GRAVE = (Risk.HIGH, Risk.CRITICAL)
NATIVE = "native"


def substitutes(evidence: Evidence) -> Iterator[tuple[Policy, WorkflowClass, Substitute, KeyPath]]:
    """Every substitute of every class, with its key path."""
    for policy, each, path in classes(evidence):
        for n, substitute in enumerate(each.substitutes):
            yield policy, each, substitute, (*path, "substitutes", n)


def unapproved_automatic(evidence: Evidence) -> Iterator[Fault]:
    """P006: grave or acting work goes to a model by itself, and nobody approved that."""
    for policy, each, substitute, path in substitutes(evidence):
        is_grave = each.risk in _GRAVE or each.stage is Stage.EXECUTION
        is_automatic = substitute.target_kind is TargetKind.MODEL and substitute.activation is Activation.AUTOMATIC
        needed = ("approved_by", "approved_at", "evidence")
        absent = [name for name in needed if getattr(substitute, name) is None]
        if is_grave and is_automatic and absent:
            yield Fault(policy, path, f"{substitute.target!r} is automatic without {', '.join(absent)}")


def expired_approvals(evidence: Evidence) -> Iterator[Fault]:
    """P007: an approval that ends before the version begins, or before the version or its review is over."""
    for policy, _, substitute, path in substitutes(evidence):
        metadata, expires = policy.metadata, substitute.expires
        if expires is None:
            continue
        due = metadata.review.next_due if metadata.review else None
        place = (*path, "expires")
        if expires <= metadata.effective_from:
            yield Fault(policy, place, f"the approval of {substitute.target!r} ends before the version begins")
        elif metadata.effective_to is not None and expires < metadata.effective_to:
            message = f"the approval of {substitute.target!r} ends before the version does"
            yield Fault(policy, place, message, Level.WARN)
        elif due is not None and expires.date() < due:
            message = f"the approval of {substitute.target!r} ends before the next review on {due}"
            yield Fault(policy, place, message, Level.WARN)


def no_safe_place(evidence: Evidence) -> Iterator[Fault]:
    """P008: critical or acting work may only degrade: no lane, and no boundary that stops it."""
    for policy, each, path in classes(evidence):
        is_grave = each.risk is Risk.CRITICAL or each.stage is Stage.EXECUTION
        has_lane = any(substitute.target_kind is not TargetKind.MODEL for substitute in each.substitutes)
        if is_grave and not has_lane and each.boundary is Boundary.DEGRADE:
            yield Fault(policy, (*path, "boundary"), f"class {each.id!r} has no lane and its boundary is degrade")


def broken_triggers(evidence: Evidence) -> Iterator[Fault]:
    """P009: undefined trigger ids, thresholds that cannot be told from one slow call, values out of range."""
    for policy, each, path in classes(evidence):
        yield from _undefined_triggers(policy, each, path)
        for n, trigger in enumerate(each.triggers):
            place = (*path, "triggers", n, "when")
            yield from (Fault(policy, place, f"trigger {trigger.id!r} {fault}") for fault in _when_faults(trigger))
        yield from _untriable(policy, each, path)


def _undefined_triggers(policy: Policy, each: WorkflowClass, path: KeyPath) -> Iterator[Fault]:
    known = {trigger.id for trigger in each.triggers} | {ANY_TRIGGER}
    named = [((*path, "substitutes", n, "triggers"), item.triggers) for n, item in enumerate(each.substitutes)]
    named += [((*path, "retries", "on"), each.retries.on)] if each.retries else []
    for place, ids in named:
        for unknown in (name for name in ids if name not in known):
            yield Fault(policy, place, f"trigger {unknown!r} is not defined in class {each.id!r}")


def _untriable(policy: Policy, each: WorkflowClass, path: KeyPath) -> Iterator[Fault]:
    """A trial of a trigger without a threshold of the kind that is tried."""
    triggers = {trigger.id: trigger for trigger in each.triggers}
    for n, trial in ((n, trial) for n, trial in enumerate(each.trials) if trial.trigger is not None):
        trigger = triggers.get(trial.trigger or "")
        place = (*path, "trials", n, "trigger")
        if trigger is None:
            yield Fault(policy, place, f"trigger {trial.trigger!r} is not defined in class {each.id!r}")
        elif (trigger.when.gt is None or _is_amount(trial.to)) and (
            trigger.when.amount is None or not _is_amount(trial.to)
        ):
            told = f"trial {trial.id!r} tries {trial.to}, and trigger {trigger.id!r} has no such threshold"
            yield Fault(policy, (*path, "trials", n, "to"), told)


def _is_amount(threshold: str | None) -> bool:
    """A number without a unit of time."""
    return threshold is not None and threshold[-1].isdigit()


def _when_faults(trigger: Trigger) -> Iterator[str]:
    when, given = trigger.when, trigger.when.model_fields_set
    for foreign in sorted(given - RULES[trigger.type].when):
        yield f"of type {trigger.type} does not know `{foreign}`"
    is_latency = trigger.type is TriggerType.LATENCY_BREACH
    if is_latency and (when.metric is None or (when.gt is None) == (when.lt is None)):
        yield "needs `metric` and either `gt` or `lt`"
    if (is_latency or when.share_gte is not None) and (when.window is None or when.min_requests is None):
        yield "has a threshold and needs `window` and `min_requests`"
    if when.below is not None and not 0 <= when.below <= 1:
        yield f"has `below: {when.below:g}`, outside 0 to 1"


def stop_conditions(evidence: Evidence) -> Iterator[Fault]:
    """P010: a stop that goes on, or a substitute without the tools that the class must use."""
    for policy, each, path in classes(evidence):
        for n, condition in enumerate(each.stop_conditions):
            if condition.on_missing is StopAction.DEGRADE:
                place = (*path, "stop_conditions", n, "on_missing")
                yield Fault(policy, place, f"stop condition {condition.id!r} would degrade instead of stopping")
        yield from _substitutes_without_tools(policy, each, path)


def _substitutes_without_tools(policy: Policy, each: WorkflowClass, path: KeyPath) -> Iterator[Fault]:
    needed = [condition.requires for condition in each.stop_conditions if condition.requires.startswith("tool:")]
    for n, substitute in enumerate(each.substitutes):
        model = policy.document.model_named(substitute.target)
        if not needed or model is None or model.capabilities is None:
            continue
        lacking = [tool for tool in needed if {"tools", tool}.isdisjoint(model.capabilities)]
        if lacking:
            message = f"{substitute.target!r} lacks the capability `tools`, which {lacking[0]} needs"
            yield Fault(policy, (*path, "substitutes", n, "target"), message)


def beyond_tolerance(evidence: Evidence) -> Iterator[Fault]:
    """P017: the recovery objective, or a substitute's longest use, exceeds what can be borne."""
    for policy, each, path in classes(evidence):
        tolerance = each.continuity.impact_tolerance
        if tolerance is None:
            continue
        if each.continuity.rto is not None and each.continuity.rto > tolerance.duration:
            yield Fault(policy, (*path, "continuity", "rto"), "rto exceeds the impact tolerance", Level.WARN)
        for n, substitute in enumerate(each.substitutes):
            if substitute.max_duration is not None and substitute.max_duration > tolerance.duration:
                place = (*path, "substitutes", n, "max_duration")
                message = f"max_duration of {substitute.target!r} exceeds the impact tolerance"
                yield Fault(policy, place, message, Level.WARN)


def unmarked_substitutes(evidence: Evidence) -> Iterator[Fault]:
    """P020: a model may stand in for work of moderate risk or more without saying so."""
    for policy, each, path in classes(evidence):
        serves = any(
            substitute.target_kind is TargetKind.MODEL and substitute.activation is not Activation.FORBIDDEN
            for substitute in each.substitutes
        )
        is_marked = policy.document.marking(each).required
        if serves and not is_marked and each.risk not in (None, Risk.LOW):
            place = (*path, "marking") if each.marking else ("defaults", "marking")
            yield Fault(policy, place, f"class {each.id!r} does not require its substitutes to be marked")


def incomplete_classes(evidence: Evidence) -> Iterator[Fault]:
    """P022: what an imported class leaves out; an active version may not leave out what a verdict needs."""
    for policy, each, path in classes(evidence):
        needed = [name for name in ("stage", "risk", "boundary") if getattr(each, name) is None]
        if needed:
            is_draft = policy.metadata.status is PolicyStatus.DRAFT
            level = Level.WARN if is_draft else Level.ERROR
            yield Fault(policy, path, f"class {each.id!r} leaves out {', '.join(needed)}", level)
        wanted = _wanted(policy, each)
        if wanted:
            told = each.risk if each.risk in _GRAVE else f"imported from {policy.metadata.source.kind}"
            message = f"class {each.id!r} is {told} and leaves out {', '.join(wanted)}"
            yield Fault(policy, path, message, Level.WARN)


def _wanted(policy: Policy, each: WorkflowClass) -> list[str]:
    """What a grave class should say, and what no gateway could tell of an imported one."""
    is_imported = policy.metadata.source.kind != NATIVE and policy.metadata.status is PolicyStatus.DRAFT
    if not is_imported and each.risk not in _GRAVE:
        return []
    wanted = [name for name in ("stop_conditions", "continuity") if name not in each.model_fields_set]
    unapproved = [one.target for one in each.substitutes if one.approved_by is None]
    if is_imported and unapproved:
        wanted.append(f"the approval of {', '.join(unapproved)}")
    return wanted
