"""Continuity budgets that burn too fast: requests off their preferred model, and requests held.

Whether a budget burns now is asked here; whether outputs became worse, in `quality_rules`. The two never mix.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import NamedTuple

from readback import stats
from readback.contracts.vocabulary import AlertTier
from readback.decisions.condition import Condition, lasted, named
from readback.decisions.effects import percent
from readback.decisions.evidence import pasted


class Severity(NamedTuple):
    """How fast a budget must burn, in both windows, to be told how loudly. Lengths in seconds."""

    level: int
    tier: AlertTier
    long_s: int
    short_s: int
    burn: float


SEVERITIES = (
    Severity(2, AlertTier.PAGE, 3600, 300, 14.4),
    Severity(1, AlertTier.PAGE, 6 * 3600, 1800, 6.0),
    Severity(0, AlertTier.TICKET, 3 * 86400, 6 * 3600, 1.0),
)
"""The loudest first: 2% of a 30-day budget in an hour, 5% in six hours, 10% in three days.

Source: The Site Reliability Workbook, chapter 5 (multiwindow, multi-burn-rate alerts).
"""

_WORDS = {"served_by_preferred": "off its preferred model", "not_held": "held"}


@dataclass(frozen=True)
class BurnWindow:
    """A row of `burn_windows`: requests of a workflow in one window that ends with the newest request of all."""

    workflow: str | None
    workflow_class: str | None
    indicator: str
    window_s: int
    request_count: int
    bad_count: int
    run_squares: int
    preferred_model: str | None
    first_bad_at: datetime | None
    last_bad_at: datetime | None
    ends_at: datetime
    objective: float


def budget_burn(windows: Sequence[BurnWindow], as_of: datetime) -> Iterator[Condition]:
    """The budget of one workflow burns faster than both windows of a severity allow; the loudest one speaks.

    With little traffic a window must hold ten bad requests, and the lower limit of its rate must lie above the
    threshold; where it does not, the next severity asks a longer window. Source: statistics.md §4.4.
    """
    for _, group in groupby(sorted(windows, key=_whose), key=_whose):
        by_length = {window.window_s: window for window in group}
        severity = next((each for each in SEVERITIES if _burns(by_length, each)), None)
        if severity is not None:
            yield _burning(by_length, severity)


def _burns(windows: Mapping[int, BurnWindow], severity: Severity) -> bool:
    """Requests of one run count as alike; runs are too few here to tell how alike."""
    long, short = windows.get(severity.long_s), windows.get(severity.short_s)
    if long is None or short is None:
        return False
    found = stats.burn(
        long.bad_count,
        long.request_count,
        short.bad_count,
        short.request_count,
        long.objective,
        severity.burn,
        design_effect=stats.design_effect(long.request_count, long.run_squares, stats.DEFAULT_ICC),
    )
    return bool(found.is_burning)


def _rate(window: BurnWindow) -> float:
    return window.bad_count / window.request_count if window.request_count else 0.0


def _burning(windows: Mapping[int, BurnWindow], severity: Severity) -> Condition:
    long, short = windows[severity.long_s], windows[severity.short_s]
    budget, what = 1 - long.objective, _WORDS[long.indicator]
    since = long.ends_at - timedelta(seconds=severity.long_s)
    bound = {"workflow": long.workflow, "from_at": since, "as_of": long.ends_at}
    return Condition(
        scope=(long.indicator, long.workflow),
        workflow=long.workflow,
        metric="fallback_frequency" if long.indicator == "served_by_preferred" else "continuity_rate",
        title=f"{named(long.workflow)} is {what} {_rate(long) / budget:.3g} times as often as its budget allows",
        detail=(
            f"{_share(long)} of requests were {what} in the last {lasted(long.window_s)}, {_share(short)} in the last "
            f"{lasted(short.window_s)}; the objective allows {percent(budget)}, and {severity.burn:g} times that "
            f"{'pages' if severity.tier is AlertTier.PAGE else 'is a ticket'}."
        ),
        facts={"windows": [asdict(each) for each in _by_length(windows.values())], "severity": severity._asdict()},
        evidence_sql=pasted("burn_windows", bound),
        started_at=max(long.first_bad_at, since) if long.first_bad_at else since,
        last_at=long.last_bad_at,
        workflow_class=long.workflow_class,
        tier=severity.tier,
        level=severity.level,
        shared_cause=long.preferred_model,
    )


def _share(window: BurnWindow) -> str:
    return f"{percent(_rate(window))} ({window.bad_count:,} of {window.request_count:,})"


def _by_length(windows: Iterable[BurnWindow]) -> list[BurnWindow]:
    return sorted(windows, key=lambda window: window.window_s)


def _whose(window: BurnWindow) -> tuple[str, str]:
    return window.indicator, window.workflow or ""
