"""What a rule finds and what a rule is, and the words that all rules share. Pure; the catalogue is `alert_rules`."""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from readback.contracts.vocabulary import AlertTier


@dataclass(frozen=True)
class Condition:
    """What one rule found, before it is known whether it is news.

    `scope` and the rule make the fingerprint. `last_at`: the newest event behind it; None for a comparison of all runs.
    `tier`: where it is not that of the rule. `level`: a higher one is told again. `shared_cause`: the model in trouble,
    by which alerts of several workflows become one.
    """

    scope: tuple[str | None, ...]
    workflow: str | None
    metric: str
    title: str
    detail: str
    facts: Mapping[str, Any]
    evidence_sql: str
    started_at: datetime | None
    last_at: datetime | None
    workflow_class: str | None = None
    tier: AlertTier | None = None
    level: int = 0
    shared_cause: str | None = None


@dataclass(frozen=True)
class AlertRule:
    """One entry of the catalogue; a change of meaning raises the version, which makes new fingerprints.

    `judge` sees all rows of its model and the watermark. `quiet`: for how long after its end a condition that holds
    again is counted, not told.
    """

    rule: str
    version: int
    tier: AlertTier
    model: str
    evidence: type[Any]
    judge: Callable[[Sequence[Any], datetime], Iterable[Condition]]
    quiet: timedelta = timedelta(0)


def listed(words: Iterable[Iterable[str]]) -> str:
    """All words of all collections once, by name."""
    return ", ".join(sorted({word for some in words for word in some}))


def named(workflow: str | None) -> str:
    """A workflow in a sentence."""
    return workflow or "(no workflow)"


def counted(number: int, noun: str) -> str:
    """`1 request`, `2,000 requests`."""
    return f"{number:,} {noun}" + ("" if number == 1 else "s")


def lasted(seconds: float) -> str:
    """`45 min` below six hours, `7.5 h` below three days, else `4.2 days`."""
    if seconds < 6 * 3600:
        return f"{seconds / 60:,.0f} min"
    return f"{seconds / 3600:,.1f} h" if seconds < 3 * 86400 else f"{seconds / 86400:,.1f} days"


def tenfold(amount: float, threshold: float) -> int:
    """How often the amount is ten times the threshold and ten times that again; never below 0.

    >>> tenfold(99, 10), tenfold(100, 10), tenfold(5, 10)
    (0, 1, 0)
    """
    # A hair's breadth is added, since the logarithm of an exact power of ten may fall short of it.
    return max(0, math.floor(math.log10(amount / threshold) + 1e-12)) if amount > 0 and threshold > 0 else 0
