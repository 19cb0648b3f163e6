"""Outcome rates that have risen for good, per workflow: rework, overrides, downstream errors; and what watches them.

What `surveillance` found is told here, as alerts and as the table `monitors`; nothing is looked for.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

import numpy as np

from readback import stats
from readback.contracts import Monitor
from readback.contracts.vocabulary import AlertTier, MonitorStatus
from readback.decisions.condition import Condition, counted, tenfold
from readback.decisions.effects import OUTCOMES, percent
from readback.decisions.evidence import pasted
from readback.decisions.surveillance import HORIZON_WEEKS, MONTH_WEEKS, Rise, Surveillance
from readback.stats import MINIMUM_DESIGN_EFFECT
from readback.stats.estimate import Floats

LEAST_TOLD_MIX = 0.001
"""Difference of the rate at the baseline's hours of work, as a fraction, from which on a message tells it."""


@dataclass(frozen=True)
class Watched:
    """One series of a surveillance, and the rise of it that lasts; None where none does."""

    found: Surveillance
    row: int
    rise: Rise | None

    def rate(self, start: int, end: int) -> "Rate | None":
        """The rate of some weeks without those that are left out, on the effective n; None without runs."""
        series, weeks = self.found.series, slice(start, end)
        kept = ~series.left_out[self.row, weeks]
        x, n = (float(part[self.row, weeks][kept].sum()) for part in (series.events, series.trials))
        if not n:
            return None
        effective = n / float(series.design_effect[self.row])
        around = stats.wilson(x / n * effective, effective)
        return Rate(x / n, float(around.low), float(around.high), n)


class Rate(NamedTuple):
    """A rate with its 95% limits, and the runs that it is of."""

    value: float
    low: float
    high: float
    n: float

    def __str__(self) -> str:
        return f"{percent(self.value)} (95% CI {100 * self.low:.3g} to {100 * self.high:.3g}, {self.n:,.0f} runs)"


def lasting(found: Surveillance | None) -> list[Watched]:
    """Every rise that lasts, by metric and workflow."""
    return [] if found is None else [Watched(found, row, rise) for row, rise in found.lasting()]


def quality_regression(risen: Sequence[Watched], as_of: datetime) -> Iterator[Condition]:
    """An outcome rate of a workflow has risen and has not come back; watched first, alerted on with 20 times more."""
    for each in risen:
        if each.rise is not None:
            yield _risen(each, each.rise)


def monitors(found: Surveillance | None, as_of: datetime) -> list[Monitor]:
    """One row per watched rate: its evidence, and the least lasting rise that is alerted on within eight weeks."""
    if found is None:
        return []
    return [_monitor(found, row, of, as_of) for row, of in enumerate(found.series.of.iter_rows(named=True))]


def _risen(each: Watched, rise: Rise) -> Condition:
    found, series = each.found, each.found.series
    of = series.of.row(each.row, named=True)
    workflow, metric, since = of["workflow"], of["metric"], series.starts[rise.onset]
    first, end = int(series.first[each.row]), int(min(series.baseline[each.row], rise.onset))
    left_out = int(series.left_out[each.row].sum())
    is_alert = rise.peak >= found.thresholds.alert
    return Condition(
        scope=(workflow, metric, "up", f"{since:%Y-%m-%d}"),
        workflow=None if workflow == "(none)" else workflow,
        metric=metric,
        title=f"{OUTCOMES[metric].capitalize()} of {workflow} rose in the week of {since:%Y-%m-%d}",
        detail=(
            f"{each.rate(rise.onset, len(series.starts)) or 'no runs'} since then, against "
            f"{each.rate(first, end) or 'no runs'} in the baseline of {_baseline(of['baseline_weeks'], left_out)}. "
            f"{_mix_line(each, rise)}{_holiday_line(each, rise)}"
            f"{_maturing(int(series.maturing[each.row, rise.onset :].sum()))}"
            f"Evidence {rise.peak:,.0f} to 1; {found.thresholds.watch:,.0f} is watched, "
            f"{found.thresholds.alert:,.0f} is an alert. {_list_line(found, each.row)} "
            f"{reach(_known(found.change[each.row]))}"
        ),
        facts=_facts(each, rise),
        evidence_sql=pasted("outcome_weeks", {"metric": metric, "workflow": workflow}),
        started_at=since,
        last_at=of["ends_at"],
        tier=AlertTier.TICKET if is_alert else AlertTier.WATCH,
        level=1 + tenfold(rise.peak, found.thresholds.alert) if is_alert else 0,
        shared_cause=of["preferred_model"],
    )


def _baseline(weeks: int, left_out: int) -> str:
    spared = f", {counted(left_out, 'week')} with an episode or a holiday left out" if left_out else ""
    return f"{counted(weeks, 'week')}{spared}"


def _maturing(weeks: int) -> str:
    """How much of what is told since the onset a late outcome may still change; nothing where none may."""
    return f"Maturing: {counted(weeks, 'week')} of it, which outcomes may still change. " if weeks else ""


def _mix_line(each: Watched, rise: Rise) -> str:
    """What the rate would be at the hours that the baseline had, where that is another one: it is what is judged."""
    series, row, weeks = each.found.series, each.row, slice(rise.onset, None)
    runs, hits = float(series.trials[row, weeks].sum()), float(series.events[row, weeks].sum())
    usual = float(series.at_usual_mix[row, weeks].sum())
    if not runs or abs(hits - usual) < LEAST_TOLD_MIX * runs:
        return ""
    return f"At the baseline's hours of work it would be {percent(usual / runs)}, and that is judged. "


def _holiday_line(each: Watched, rise: Rise) -> str:
    """The holidays among the weeks of the rise: work on them is not as usual."""
    names = [name for name in each.found.series.holidays[rise.onset :] if name is not None]
    return f"HOLIDAY in {counted(len(names), 'week')} of it: {'; '.join(dict.fromkeys(names))}. " if names else ""


def _list_line(found: Surveillance, row: int) -> str:
    """What the list of the month says, which holds over all workflows at once."""
    told = "On" if found.is_listed[row] else "Not on"
    return f"{told} the list of rates that rose in the last {MONTH_WEEKS} weeks, of which at most 5% are false."


def _facts(each: Watched, rise: Rise) -> dict[str, Any]:
    """Everything that the evidence follows from, so that it can be computed again bit for bit."""
    found, series, row = each.found, each.found.series, each.row
    weeks = [week for week in range(len(series.starts)) if series.trials[row, week]]
    return {
        "weeks": [
            [series.starts[week], float(series.events[row, week]), float(series.trials[row, week])] for week in weeks
        ],
        "baseline": [series.starts[int(series.first[row])], int(series.of["baseline_weeks"][row])],
        "left_out": [start for start, is_out in zip(series.starts, series.left_out[row], strict=True) if is_out],
        "onset": series.starts[rise.onset],
        "watched": series.starts[rise.watched],
        "at_usual_mix": [float(series.at_usual_mix[row, week]) for week in weeks],
        "worth": [float(np.asarray(series.counts.design_effect)[row, week]) for week in weeks],
        "holidays": [[series.starts[week], series.holidays[week]] for week in weeks if series.holidays[week]],
        "design_effect": float(series.design_effect[row]),
        "evidence": rise.peak,
        "watch_from": found.thresholds.watch,
        "alert_from": found.thresholds.alert,
        "month_evidence": _known(found.month[row]),
        "is_listed": bool(found.is_listed[row]),
    }


def reach(change: float | None) -> str:
    """How small a rise would be alerted on, in a sentence.

    >>> reach(0.052)
    'Detectable change: 5.2 pp in 8 weeks.'
    """
    told = "none" if change is None else f"{change * 100:.2g} pp"
    return f"Detectable change: {told} in {HORIZON_WEEKS} weeks."


def _known(number: float) -> float | None:
    return float(number) if np.isfinite(number) else None


def _monitor(found: Surveillance, row: int, of: Mapping[str, Any], as_of: datetime) -> Monitor:
    series = found.series
    first, end, size = int(series.first[row]), int(series.until[row]), len(series.starts)
    left_out = int(series.left_out[row].sum())
    lately = series.trials[row, first:end][-HORIZON_WEEKS:]
    month = Watched(found, row, None).rate(max(end - MONTH_WEEKS, first), end)
    return Monitor(
        workflow=of["workflow"],
        metric=of["metric"],
        status=_status(end - first - left_out, of["baseline_weeks"], lately),
        first_week_at=series.starts[min(first, size - 1)],
        last_week_at=of["last_week_at"],
        week_count=max(end - first, 0),
        left_out_count=left_out,
        baseline_rate=_known(series.counts.series.base_rate[row]),
        weekly_n=float(lately.mean()) if lately.size else None,
        design_effect=max(float(series.design_effect[row]), MINIMUM_DESIGN_EFFECT),
        evidence_ratio=_known(found.evidence[row]),
        watch_from=found.thresholds.watch,
        alert_from=found.thresholds.alert,
        detectable_change=_known(found.change[row]),
        month_rate=month.value if month else None,
        month_low=month.low if month else None,
        month_high=month.high if month else None,
        month_n=month.n if month else None,
        month_evidence=_known(found.month[row]),
        is_listed=bool(found.is_listed[row]) if np.isfinite(found.month[row]) else None,
        as_of=as_of,
    )


def _status(weeks: int, needed: int, lately: Floats) -> MonitorStatus:
    if weeks < needed:
        return MonitorStatus.SHORT_BASELINE
    return MonitorStatus.WATCHING if lately.any() else MonitorStatus.NO_TRAFFIC
