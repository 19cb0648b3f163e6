"""Which answers of the preferred model a class sets aside for low confidence: its rules, run over the calls in order.

An answer is set aside where it is the last of so many doubtful ones in a row; the next lane is then asked, and later
calls begin with the preferred model again. A failure is no answer: it neither lengthens a row nor ends it.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from readback.decisions.asked import Asked


class DoubtRule(NamedTuple):
    """Sets aside the last of `consecutive` answers in a row whose confidence is less than `below`.

    `below` None: whatever the gateway says that it doubted.
    """

    below: float | None = None
    consecutive: int = 1


DoubtRules = tuple[DoubtRule, ...]
"""Those of one class, each of which is enough; without any it never sets an answer aside."""


class Doubt(NamedTuple):
    """What becomes of one answer: set aside, left to stand, or None: its confidence is not told."""

    request_id: str
    is_set_aside: bool | None
    rules: DoubtRules


def doubted(calls: Iterable[Asked], rules: DoubtRules) -> Iterator[Doubt]:
    """What becomes of each answer of the preferred model, the oldest first.

    >>> from datetime import datetime
    >>> calls = [Asked(str(n), datetime(2026, 5, 1), True, None, confidence=0.3) for n in range(2)]
    >>> [each.is_set_aside for each in doubted(calls, (DoubtRule(0.6, 2),))]
    [False, True]
    """
    rows = [_Row(rule) for rule in rules]
    for call in calls:
        if call.is_tried and not call.is_failure and not call.is_cut:
            yield Doubt(call.request_id, _any([row.ends_with(call) for row in rows]), rules)


def is_strict(rules: DoubtRules, others: DoubtRules) -> bool:
    """Whatever the others set aside, these do.

    >>> is_strict((DoubtRule(0.7),), (DoubtRule(0.6, 3),))
    True
    """
    return all(any(_is_strict(rule, other) for rule in rules) for other in others)


def _is_strict(rule: DoubtRule, other: DoubtRule) -> bool:
    if rule.below is None or other.below is None:
        return rule.below is other.below and rule.consecutive <= other.consecutive
    return rule.below >= other.below and rule.consecutive <= other.consecutive


def _any(found: Sequence[bool | None]) -> bool | None:
    return True if True in found else None if None in found else False


@dataclass
class _Row:
    """How many doubtful answers stand in a row: certainly, and perhaps."""

    rule: DoubtRule
    surely: int = 0
    perhaps: int = 0

    def ends_with(self, call: Asked) -> bool | None:
        """Whether the rule sets this answer aside; None where that is not told."""
        is_low = self._is_low(call)
        self.surely = self.surely + 1 if is_low else 0
        self.perhaps = 0 if is_low is False else self.perhaps + 1
        if self.perhaps < self.rule.consecutive:
            return False
        return True if self.surely >= self.rule.consecutive else None

    def _is_low(self, call: Asked) -> bool | None:
        if self.rule.below is None:
            return call.cause == "low_confidence"
        return None if call.confidence is None else call.confidence < self.rule.below
