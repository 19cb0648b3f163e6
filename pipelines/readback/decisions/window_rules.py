"""The rules of triggers that look at many calls: a share, a quantile, a budget. What runs them stands in `windows`."""

from typing import NamedTuple

from readback.policy.fields import LatencyMetric

QUANTILES = {LatencyMetric.TOTAL_P95: 0.95, LatencyMetric.TTFT_P95: 0.95, LatencyMetric.STREAM_RATE: 0.5}
"""Which quantile of a window is held against the threshold; of stream rates the median, since the name says none."""


class ShareRule(NamedTuple):
    """Fires for `cause` while `share_gte` of at least `least` calls in `window_s` seconds had it.

    With `below`: while such a share of them was answered with less confidence than that.
    """

    cause: str
    window_s: float
    least: int
    share_gte: float
    below: float | None = None


class LatencyRule(NamedTuple):
    """Fires while a quantile of at least `least` calls in `window_s` seconds is above `gt`, or below `lt`."""

    metric: LatencyMetric
    window_s: float
    least: int
    gt: float | None = None
    lt: float | None = None
    cause: str = "latency_breach"


class BudgetRule(NamedTuple):
    """Fires once the calls of a period of `period_s` seconds, counted from the epoch, have used up `amount`.

    `unit`: `requests`, `tokens`, or a currency, whose amounts no log tells.
    """

    unit: str
    amount: float
    period_s: float
    cause: str = "cost_ceiling"


WindowRule = ShareRule | LatencyRule | BudgetRule


def is_lenient(rule: WindowRule, other: WindowRule) -> bool:
    """Whenever `rule` fires, `other` does: both watch the same, and its thresholds are no nearer.

    >>> is_lenient(BudgetRule("requests", 900, 60.0), BudgetRule("requests", 800, 60.0))
    True
    """
    match rule, other:
        case ShareRule(), ShareRule():
            is_alike = (rule.below is None) == (other.below is None) and rule.cause == other.cause
            is_further = rule.share_gte >= other.share_gte and (rule.below or 0.0) <= (other.below or 0.0)
            return is_alike and is_further and _is_same_window(rule, other)
        case LatencyRule(), LatencyRule():
            return rule.metric is other.metric and _is_beyond(rule, other) and _is_same_window(rule, other)
        case BudgetRule(), BudgetRule():
            return (rule.unit, rule.period_s) == (other.unit, other.period_s) and rule.amount >= other.amount
    return False


def _is_same_window(rule: ShareRule | LatencyRule, other: ShareRule | LatencyRule) -> bool:
    return rule.window_s == other.window_s and rule.least >= other.least


def _is_beyond(rule: LatencyRule, other: LatencyRule) -> bool:
    if rule.gt is not None and other.gt is not None:
        return rule.gt >= other.gt
    return rule.lt is not None and other.lt is not None and rule.lt <= other.lt
