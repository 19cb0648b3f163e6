"""What a class asks of many calls together: cooldown, windows, budgets and doubts, as rules that can be run."""

from collections.abc import Iterator
from dataclasses import dataclass

from readback.decisions.cooling import Rule
from readback.decisions.doubts import DoubtRule, DoubtRules
from readback.decisions.window_rules import BudgetRule, LatencyRule, ShareRule, WindowRule
from readback.policy.document import Trigger, WorkflowClass
from readback.policy.triggers import RULES, TriggerType
from readback.policy.version import Policy

A_DAY = 86400.0
"""The period of a budget that names none."""


@dataclass(frozen=True)
class ClassRules:
    """The rules of one class; no doubt rule: it sets no answer aside."""

    cooldown: Rule | None
    windows: tuple[WindowRule, ...]
    doubts: DoubtRules

    @property
    def shares(self) -> tuple[ShareRule, ...]:
        """Those of the windows that watch a share."""
        return tuple(rule for rule in self.windows if isinstance(rule, ShareRule))

    def beside(self, other: "ClassRules") -> "ClassRules":
        """Those of windows and doubts that the other class does not have just so."""
        windows = tuple(rule for rule in self.windows if rule not in other.windows)
        return ClassRules(None, windows, tuple(rule for rule in self.doubts if rule not in other.doubts))

    @property
    def is_of_many(self) -> bool:
        """The calls of the class must be read in their order."""
        return self.cooldown is not None or bool(self.windows) or any(rule != DoubtRule() for rule in self.doubts)


NO_RULES = ClassRules(None, (), ())


def rules_of(policy: Policy) -> dict[str, ClassRules]:
    """By class."""
    return {each.id: ClassRules(_cooldown(each), tuple(_windows(each)), _doubts(each)) for each in policy.classes}


def _cooldown(each: WorkflowClass) -> Rule | None:
    found = each.cooldown
    if found is None:
        return None
    return Rule(found.duration, found.failures, found.window, found.min_requests, found.failure_share_gte)


def _windows(each: WorkflowClass) -> Iterator[WindowRule]:
    for trigger in each.triggers:
        found = _share(trigger) or _latency(trigger) or _budget(trigger)
        if found is not None:
            yield found


def _share(trigger: Trigger) -> ShareRule | None:
    when, cause = trigger.when, RULES[trigger.type].cause
    if cause is None or when.share_gte is None or when.window is None or when.min_requests is None:
        return None
    return ShareRule(cause.value, when.window, when.min_requests, when.share_gte, when.below)


def _latency(trigger: Trigger) -> LatencyRule | None:
    when = trigger.when
    if when.metric is None or when.window is None or when.min_requests is None or when.gt is when.lt is None:
        return None
    return LatencyRule(when.metric, when.window, when.min_requests, when.gt, when.lt)


def _budget(trigger: Trigger) -> BudgetRule | None:
    """A quota, or a ceiling in a currency that logs do not tell; in US dollars, `replay_plans.sql` holds it."""
    when, period = trigger.when, trigger.when.period or A_DAY
    if when.unit is not None and when.limit is not None:
        return BudgetRule(when.unit.value, when.limit, period)
    if when.amount is not None and when.currency != "USD":
        return BudgetRule(when.currency or "", float(when.amount), period)
    return None


def _doubts(each: WorkflowClass) -> DoubtRules:
    """A share of doubtful answers is a window's; which ones were set aside, the gateway says."""
    found = [trigger.when for trigger in each.triggers if trigger.type is TriggerType.LOW_CONFIDENCE]
    return tuple(
        DoubtRule() if when.share_gte is not None else DoubtRule(when.below, when.consecutive or 1) for when in found
    )
