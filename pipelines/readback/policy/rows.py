"""Policy versions as rows of the `policies` and `policy_*` tables, with models by catalogue id."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from readback.contracts import PolicyClass, PolicySubstitute, PolicyTrigger, PolicyVersion
from readback.contracts.vocabulary import TargetKind
from readback.policy.document import Substitute, WorkflowClass
from readback.policy.fields import LatencyMetric, ModelStatus
from readback.policy.triggers import RULES, TriggerType, causes
from readback.policy.version import Policy, spelled

_A_DAY = 86400.0


def policy_versions(policies: Iterable[Policy]) -> list[PolicyVersion]:
    """One row per version; a draft without an owner is left out, for the contract asks for one."""
    return [_version(policy) for policy in policies if policy.metadata.owner is not None]


def policy_classes(policies: Iterable[Policy]) -> list[PolicyClass]:
    """One row per class; a draft's class without stage, risk or boundary (P022) is left out."""
    return [_class(policy, n) for policy in policies for n, each in enumerate(policy.classes) if each.is_complete]


def policy_substitutes(policies: Iterable[Policy]) -> list[PolicySubstitute]:
    """One row per substitute of those classes, `triggers` resolved to the causes that logs can show."""
    return [
        _substitute(policy, n, position)
        for policy in policies
        for n, each in enumerate(policy.classes)
        if each.is_complete
        for position in range(len(each.substitutes))
    ]


def policy_triggers(policies: Iterable[Policy]) -> list[PolicyTrigger]:
    """One row per declared trigger of those classes."""
    return [
        _trigger(policy, n, place)
        for policy in policies
        for n, each in enumerate(policy.classes)
        if each.is_complete
        for place in range(len(each.triggers))
    ]


def _version(policy: Policy) -> PolicyVersion:
    metadata, review = policy.metadata, policy.metadata.review
    owner = metadata.owner
    assert owner is not None
    return PolicyVersion(
        policy_id=metadata.policy_id,
        version=metadata.version,
        status=metadata.status,
        digest=policy.digest,
        effective_from=metadata.effective_from,
        effective_to=metadata.effective_to,
        owner_team=owner.team,
        owner_contact=owner.contact,
        approved_by=metadata.approved_by,
        approved_at=metadata.approved_at,
        review_cadence_s=review.cadence if review else None,
        review_next_due=review.next_due if review else None,
        undeclared_workflow=policy.document.defaults.undeclared_workflow,
        source_kind=metadata.source.kind,
        source_ref=policy.file.name if policy.file else metadata.source.ref,
    )


def _class(policy: Policy, index: int) -> PolicyClass:
    each = policy.classes[index]
    tolerance = each.continuity.impact_tolerance
    assert each.stage is not None
    assert each.risk is not None
    assert each.boundary is not None
    return PolicyClass(
        policy_id=policy.metadata.policy_id,
        version=policy.metadata.version,
        class_id=each.id,
        stage=each.stage,
        risk=each.risk,
        boundary=each.boundary,
        preferred_models=[policy.document.model_id(name) for name in each.preferred],
        failure_domain=_domain(policy, each.preferred[0]),
        triggers=list(dict.fromkeys(trigger.type.value for trigger in each.triggers)),
        stop_conditions=[condition.requires for condition in each.stop_conditions],
        is_marking_required=policy.document.marking(each).required,
        rto_s=each.continuity.rto,
        impact_tolerance_s=tolerance.duration if tolerance else None,
        rework_window_s=each.outcomes.rework_window,
        error_window_s=each.outcomes.error_window,
        review_window_s=each.outcomes.review_window,
        attempt_limit=each.retries.max_attempts if each.retries else None,
        cooldown_s=each.cooldown.duration if each.cooldown else None,
        cooldown_failures=each.cooldown.failures if each.cooldown else None,
        cooldown_window_s=each.cooldown.window if each.cooldown else None,
        **_latency_limit(each, index),
        **_cost_ceiling(each, index),
        path=spelled(("workflow_classes", index)),
    )


def _latency_limit(each: WorkflowClass, index: int) -> dict[str, Any]:
    """The strictest trigger on the time of a whole answer."""
    found = [
        (trigger.when.gt, n)
        for n, trigger in enumerate(each.triggers)
        if trigger.type is TriggerType.LATENCY_BREACH
        and trigger.when.metric is LatencyMetric.TOTAL_P95
        and trigger.when.gt is not None
    ]
    if not found:
        return {}
    limit, n = min(found)
    path = ("workflow_classes", index, "triggers", n, "when", "gt")
    return {"latency_limit_s": limit, "latency_path": spelled(path)}


def _cost_ceiling(each: WorkflowClass, index: int) -> dict[str, Any]:
    """The lowest ceiling in US dollars; one of another currency cannot be held against logged costs."""
    found = [
        (float(trigger.when.amount), trigger.when.period or _A_DAY, n)
        for n, trigger in enumerate(each.triggers)
        if trigger.type is TriggerType.COST_CEILING
        and trigger.when.amount is not None
        and trigger.when.currency == "USD"
    ]
    if not found:
        return {}
    amount, period, n = min(found)
    path = ("workflow_classes", index, "triggers", n, "when", "amount")
    return {"ceiling_usd": amount, "ceiling_period_s": period, "ceiling_path": spelled(path)}


def _trigger(policy: Policy, class_index: int, index: int) -> PolicyTrigger:
    each = policy.classes[class_index].triggers[index]
    when = each.when.model_dump_json(exclude_none=True)
    return PolicyTrigger(
        policy_id=policy.metadata.policy_id,
        version=policy.metadata.version,
        class_id=policy.classes[class_index].id,
        trigger_id=each.id,
        trigger_type=each.type,
        cause=RULES[each.type].cause,
        condition=when if when != "{}" else None,
        path=spelled(("workflow_classes", class_index, "triggers", index)),
    )


def _substitute(policy: Policy, class_index: int, index: int) -> PolicySubstitute:
    workflow_class = policy.classes[class_index]
    each = workflow_class.substitutes[index]
    is_model = each.target_kind is TargetKind.MODEL
    return PolicySubstitute(
        policy_id=policy.metadata.policy_id,
        version=policy.metadata.version,
        class_id=workflow_class.id,
        position=index + 1,
        target=policy.document.model_id(each.target) if is_model else each.target,
        target_kind=each.target_kind,
        activation=each.activation,
        approved_by=each.approved_by,
        approved_at=each.approved_at,
        expires_at=each.expires,
        evidence=each.evidence,
        triggers=causes(workflow_class.trigger_types(each)),
        max_duration_s=each.max_duration,
        is_target_denied=is_model and _is_disabled(policy, each),
        failure_domain=_domain(policy, each.target) if is_model else None,
        **(_draw(policy, workflow_class, each) if is_model else {}),
        path=spelled(("workflow_classes", class_index, "substitutes", index)),
    )


def _draw(policy: Policy, workflow_class: WorkflowClass, substitute: Substitute) -> dict[str, Any]:
    """Of the trial that draws a substitute with others: among those, none comes before another while it lasts."""
    named, order = (
        policy.document.model_id,
        [policy.document.model_id(one.target) for one in workflow_class.substitutes],
    )
    for trial in workflow_class.trials:
        drawn = [named(name) for name in trial.targets]
        if trial.is_approved and named(substitute.target) in drawn:
            first = min(order.index(name) for name in drawn if name in order)
            until = policy.metadata.effective_from + timedelta(seconds=trial.duration)
            return {"drawn_position": first + 1, "draw_ends_at": until}
    return {}


def _is_disabled(policy: Policy, substitute: Substitute) -> bool:
    model = policy.document.model_named(substitute.target)
    return model is not None and model.status is ModelStatus.DISABLED


def _domain(policy: Policy, name: str) -> str | None:
    model = policy.document.model_named(name)
    return model.failure_domain if model else None
