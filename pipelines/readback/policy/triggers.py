"""What a policy may name as a reason to leave the preferred model, and the causes that logs can show for it."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from readback.contracts.vocabulary import Cause

ANY_TRIGGER = "*"
"""Wildcard in a substitute's triggers: every type that the class declares, and no other."""


class TriggerType(StrEnum):
    """The trigger types of the policy document."""

    PROVIDER_THROTTLED = "provider_throttled"
    PROVIDER_ERROR = "provider_error"
    PROVIDER_OUTAGE = "provider_outage"
    ADMIN_DISABLED = "admin_disabled"
    MODEL_DEPRECATED = "model_deprecated"
    LATENCY_BREACH = "latency_breach"
    COST_CEILING = "cost_ceiling"
    QUOTA_EXHAUSTED = "quota_exhausted"
    LOW_CONFIDENCE = "low_confidence"
    CONTENT_FILTERED = "content_filtered"
    CONTEXT_OVERFLOW = "context_overflow"
    GUARDRAIL_MISSING = "guardrail_missing"
    TOOL_MISSING = "tool_missing"
    MANUAL_SWITCH = "manual_switch"
    REGION_RESTRICTED = "region_restricted"


@dataclass(frozen=True)
class TriggerRule:
    """The cause that a log shows for a trigger (None: no log can) and the keys that its `when` may hold."""

    cause: Cause | None
    when: frozenset[str] = frozenset()


_SHARE = frozenset({"share_gte", "window", "min_requests"})
_ERRORS = _SHARE | {"status_codes", "errors"}

RULES: dict[TriggerType, TriggerRule] = {
    TriggerType.PROVIDER_THROTTLED: TriggerRule(Cause.PROVIDER_THROTTLED, _ERRORS),
    TriggerType.PROVIDER_ERROR: TriggerRule(Cause.PROVIDER_OUTAGE, _ERRORS),
    TriggerType.PROVIDER_OUTAGE: TriggerRule(Cause.PROVIDER_OUTAGE, _ERRORS),
    TriggerType.ADMIN_DISABLED: TriggerRule(Cause.ADMIN_DISABLED),
    TriggerType.MODEL_DEPRECATED: TriggerRule(Cause.ADMIN_DISABLED),
    TriggerType.LATENCY_BREACH: TriggerRule(
        Cause.LATENCY_BREACH, frozenset({"metric", "gt", "lt", "window", "min_requests"})
    ),
    TriggerType.COST_CEILING: TriggerRule(Cause.COST_CEILING, frozenset({"amount", "currency", "period"})),
    TriggerType.QUOTA_EXHAUSTED: TriggerRule(Cause.COST_CEILING, frozenset({"unit", "limit", "period"})),
    TriggerType.LOW_CONFIDENCE: TriggerRule(Cause.LOW_CONFIDENCE, _SHARE | {"below", "signal", "consecutive"}),
    TriggerType.CONTENT_FILTERED: TriggerRule(Cause.CONTENT_POLICY, _ERRORS),
    TriggerType.CONTEXT_OVERFLOW: TriggerRule(Cause.CONTEXT_WINDOW, _ERRORS),
    TriggerType.GUARDRAIL_MISSING: TriggerRule(Cause.CAPABILITY_MISSING),
    TriggerType.TOOL_MISSING: TriggerRule(Cause.CAPABILITY_MISSING),
    TriggerType.MANUAL_SWITCH: TriggerRule(None),
    TriggerType.REGION_RESTRICTED: TriggerRule(None),
}
"""The one table from trigger types to causes."""


def causes(types: Iterable[TriggerType]) -> list[str]:
    """The distinct causes that logs can show for some trigger types, in order of first mention.

    >>> causes([TriggerType.PROVIDER_ERROR, TriggerType.PROVIDER_OUTAGE, TriggerType.MANUAL_SWITCH])
    ['provider_outage']
    """
    shown = (RULES[kind].cause for kind in types)
    return list(dict.fromkeys(cause.value for cause in shown if cause is not None))
