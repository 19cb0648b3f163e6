"""Outcome rates that have risen for good, per workflow: rework, overrides, downstream errors; and what watches them.

The rises are found by `outcome_weeks`, with an error rate that holds over the whole fleet and year; here is how they
are told, and how small a rise would be seen.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import numpy as np

from readback import stats
from readback.contracts import Monitor
from readback.contracts.vocabulary import AlertTier, MonitorStatus
from readback.decisions.condition import Condition, counted, tenfold
from readback.decisions.effects import OUTCOMES, percent
from readback.decisions.evidence import pasted
from readback.decisions.outcome_weeks import OutcomeWeek, Rise, Series, family, limits, rises, stacked
from readback.stats import detector

HORIZON_WEEKS = 8
"""Time within which a rise should be found, for the detectable change."""


def quality_regression(rows: Sequence[OutcomeWeek], as_of: datetime) -> Iterator[Condition]:
    """An outcome rate of a workflow has risen and has not come back; watched first, alerted on with 20 times more.

    On average one series of the whole fleet is falsely watched a year, and with 5% probability any is falsely alerted
    on. Source: statistics.md §4.2.
    """
    series = family(rows, as_of)
    if not series:
        return
    thresholds = limits(series)
    found, changes = detector.detect(stacked(series), thresholds), _detectable(series, thresholds)
    for each, watched, change in zip(series, found.first_watch, changes, strict=True):
        told = rises(each, thresholds) if watched >= 0 else iter(())
        last = next((rise for rise in told if rise.ended is None), None)
        if last is not None:
            yield _risen(each, last, thresholds, change)


def monitors(rows: Sequence[OutcomeWeek], as_of: datetime) -> list[Monitor]:
    """One row per watched rate: its evidence, and the least lasting rise that is alerted on within eight weeks."""
    series = family(rows, as_of)
    if not series:
        return []
    thresholds = limits(series)
    found, changes = detector.detect(stacked(series), thresholds), _detectable(series, thresholds)
    return [
        _monitor(each, float(evidence[-1]), thresholds, change, as_of)
        for each, evidence, change in zip(series, found.evidence, changes, strict=True)
    ]


def _risen(series: Series, rise: Rise, thresholds: detector.Thresholds, change: float | None) -> Condition:
    week, outcome = series.weeks[0], OUTCOMES[series.weeks[0].metric]
    since = series.starts[rise.onset]
    is_alert = rise.peak >= thresholds.alert
    facts = _facts(series, rise, thresholds)
    return Condition(
        scope=(week.workflow, week.metric, "up", f"{since:%Y-%m-%d}"),
        workflow=None if week.workflow == "(none)" else week.workflow,
        metric=week.metric,
        title=f"{outcome.capitalize()} of {week.workflow} rose in the week of {since:%Y-%m-%d}",
        detail=(
            f"{_rate(series, rise.onset, series.trials.size)} since then, against "
            f"{_rate(series, series.first, min(series.baseline, rise.onset))} in the baseline of "
            f"{counted(week.baseline_weeks, 'week')}. "
            f"Evidence {rise.peak:,.0f} to 1; {thresholds.watch:,.0f} is watched, {thresholds.alert:,.0f} is an alert. "
            f"{reach(change)}"
        ),
        facts=facts,
        evidence_sql=pasted("outcome_weeks", {"metric": week.metric, "workflow": week.workflow}),
        started_at=since,
        last_at=max(each.ends_at for each in series.weeks),
        tier=AlertTier.TICKET if is_alert else AlertTier.WATCH,
        level=1 + tenfold(rise.peak, thresholds.alert) if is_alert else 0,
        shared_cause=week.preferred_model,
    )


def _facts(series: Series, rise: Rise, thresholds: detector.Thresholds) -> dict[str, Any]:
    """Everything that the evidence follows from, so that it can be computed again bit for bit."""
    return {
        "weeks": [[each.week_at, each.x, each.n] for each in series.weeks],
        "baseline": [series.starts[series.first], series.weeks[0].baseline_weeks],
        "onset": series.starts[rise.onset],
        "watched": series.starts[rise.watched],
        "design_effect": series.design_effect,
        "evidence": rise.peak,
        "watch_from": thresholds.watch,
        "alert_from": thresholds.alert,
    }


def _rate(series: Series, start: int, end: int) -> str:
    """`8.4% (95% CI 7.1 to 9.9, 1,610 runs)`, on the effective n."""
    x, n = float(series.events[start:end].sum()), float(series.trials[start:end].sum())
    if not n:
        return "no runs"
    effective = n / series.design_effect
    found = stats.wilson(x / n * effective, effective)
    return f"{percent(x / n)} (95% CI {100 * float(found.low):.3g} to {100 * float(found.high):.3g}, {n:,.0f} runs)"


def reach(change: float | None) -> str:
    """How small a rise would be alerted on, in a sentence.

    >>> reach(0.052)
    'Detectable change: 5.2 pp in 8 weeks.'
    """
    told = "none" if change is None else f"{change * 100:.2g} pp"
    return f"Detectable change: {told} in {HORIZON_WEEKS} weeks."


def _detectable(series: Sequence[Series], thresholds: detector.Thresholds) -> list[float | None]:
    """In fractions, one a series; None where the baseline is not full yet or no rise would do."""
    found = detector.detectable_change(stacked(series), thresholds.alert, HORIZON_WEEKS)
    return [
        float(change) if np.isfinite(change) and each.baseline <= each.trials.size else None
        for each, change in zip(series, found, strict=True)
    ]


def _monitor(
    series: Series, evidence: float, thresholds: detector.Thresholds, change: float | None, as_of: datetime
) -> Monitor:
    week, weeks = series.weeks[0], max(series.trials.size - series.first, 0)
    base = slice(series.first, min(series.baseline, series.trials.size))
    n = float(series.trials[base].sum())
    lately = series.trials[series.first :][-HORIZON_WEEKS:]
    return Monitor(
        workflow=week.workflow,
        metric=week.metric,
        status=_status(series, weeks),
        first_week_at=series.starts[min(series.first, series.trials.size - 1)],
        last_week_at=max(each.week_at for each in series.weeks),
        week_count=weeks,
        baseline_rate=float(series.events[base].sum()) / n if n else None,
        weekly_n=float(lately.mean()) if lately.size else None,
        design_effect=max(series.design_effect, detector.MINIMUM_DESIGN_EFFECT),
        evidence_ratio=evidence if np.isfinite(evidence) else None,
        watch_from=thresholds.watch,
        alert_from=thresholds.alert,
        detectable_change=change,
        as_of=as_of,
    )


def _status(series: Series, weeks: int) -> MonitorStatus:
    if weeks < series.weeks[0].baseline_weeks:
        return MonitorStatus.SHORT_BASELINE
    is_quiet = not series.trials[-HORIZON_WEEKS:].sum()
    return MonitorStatus.NO_TRAFFIC if is_quiet else MonitorStatus.WATCHING
