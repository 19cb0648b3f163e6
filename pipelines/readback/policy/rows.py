"""Policy versions as rows of `policies`, `policy_classes` and `policy_substitutes`, with models by catalogue id."""

from collections.abc import Iterable

from readback.contracts import PolicyClass, PolicySubstitute, PolicyVersion
from readback.contracts.vocabulary import TargetKind
from readback.policy.document import Substitute
from readback.policy.fields import ModelStatus
from readback.policy.triggers import causes
from readback.policy.version import Policy, spelled


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
        path=spelled(("workflow_classes", index)),
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
        path=spelled(("workflow_classes", class_index, "substitutes", index)),
    )


def _is_disabled(policy: Policy, substitute: Substitute) -> bool:
    model = policy.document.model_named(substitute.target)
    return model is not None and model.status is ModelStatus.DISABLED


def _domain(policy: Policy, name: str) -> str | None:
    model = policy.document.model_named(name)
    return model.failure_domain if model else None
