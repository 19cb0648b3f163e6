"""How many calls do not tell what a class's rules watch: where that is so, a replay lies between none and all."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from readback.decisions.asked import Asked, reading
from readback.decisions.class_rules import ClassRules
from readback.decisions.window_rules import BudgetRule, LatencyRule
from readback.policy.fields import LatencyMetric


@dataclass(frozen=True)
class Untold:
    """Of `call_count` calls of a class to its preferred model, `untold_count` do not tell the signal."""

    workflow_class: str
    signal: str
    untold_count: int
    call_count: int


def untold(workflow_class: str, calls: Sequence[Asked], rules: ClassRules) -> Iterator[Untold]:
    """One row a signal that some call does not tell: a latency metric, confidence, tokens, or a currency."""
    made = [call for call in calls if call.is_tried]
    for signal, is_open in dict(_signals(rules)).items():
        count = sum(map(is_open, made))
        if count:
            yield Untold(workflow_class, signal, count, len(made))


def added(found: Iterable[Untold]) -> tuple[Untold, ...]:
    """Those of several preferred models of a class as one."""
    sums: dict[tuple[str, str], tuple[int, int]] = {}
    for each in found:
        key = each.workflow_class, each.signal
        part, whole = sums.get(key, (0, 0))
        sums[key] = part + each.untold_count, whole + each.call_count
    return tuple(Untold(*key, *count) for key, count in sorted(sums.items()))


def _signals(rules: ClassRules) -> Iterator[tuple[str, Callable[[Asked], bool]]]:
    for rule in rules.windows:
        match rule:
            case LatencyRule(metric):
                yield metric.value, partial(_is_wide, metric)
            case BudgetRule("tokens"):
                yield "tokens", lambda call: call.tokens is None and not call.is_failure
            case BudgetRule(unit) if unit != "requests":
                yield unit, lambda _: True
    if any(rule.below is not None for rule in rules.doubts) or any(rule.below is not None for rule in rules.shares):
        yield "confidence", lambda call: call.confidence is None and not call.is_failure and not call.is_cut


def _is_wide(metric: LatencyMetric, call: Asked) -> bool:
    found = reading(metric, call)
    return found is not None and found.low < found.high
