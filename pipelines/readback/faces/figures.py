"""How a figure is worded: value with interval and n, or why there is none. Every face says it in these words."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import polars as pl

from readback.contracts import MetricValue
from readback.contracts.vocabulary import MetricStatus
from readback.stats.difference import mover_difference
from readback.stats.estimate import Estimate

DASH = "–"
MATURING = "maturing"
"""Said of a figure that an outcome which arrives late may still change."""

HEADLINES = (
    "fallback_frequency",
    "recovery_time_median_s",
    "rework_rate",
    "override_rate",
    "downstream_error_rate",
)
COMPANIONS = {"recovery_time_median_s": "recovery_time_p90_s"}

Better = Literal["lower", "higher"]
Tone = Literal["better", "worse", "unclear"]

_LABELS = {
    "recovery_time_median_s": "Recovery time (median)",
    "recovery_time_p90_s": "Recovery time (90th percentile)",
    "recovery_time_rmst_s": "Recovery time (mean within 4 h)",
    "recovered_within_15m": "Recovered within 15 min",
    "recovered_within_60m": "Recovered within 60 min",
    "recovered_within_240m": "Recovered within 4 h",
    "mean_closed_minutes_biased": "Mean length of closed episodes (biased)",
    "added_latency_p95_ms": "Added latency (95th percentile)",
    "answer_time_median_ms": "Answer time (median)",
    "answer_time_p95_ms": "Answer time (95th percentile)",
    "downstream_error_cost_usd": "Downstream error cost",
    "override_rate": "Human override rate",
    "policy_conformance_rate": "Policy conformance",
}
_SHORT = {
    "recovery_time_median_s": "Recovery",
    "fallback_frequency": "Fallback",
    "override_rate": "Override",
    "rework_rate": "Rework",
    "downstream_error_rate": "Downstream error",
}
_UNIT_SUFFIXES = ("_s", "_ms", "_usd")


class Definition(Protocol):
    """What a face needs of a metric's definition; `readback.metrics` reads it from the header of its SQL file."""

    @property
    def metric(self) -> str:
        """Name."""

    @property
    def question(self) -> str:
        """What it answers."""

    @property
    def unit(self) -> str:
        """Unit of the figure."""

    @property
    def better(self) -> Better:
        """Which direction is the good one."""


@dataclass(frozen=True)
class Change:
    """A figure against the same figure of the period before, in the figure's own unit.

    `tone` is unclear unless the 95% interval of the difference leaves out zero; a limit that is not reached is None.
    """

    difference: float
    text: str
    tone: Tone
    low: float | None = None
    high: float | None = None
    unit: str = ""

    @property
    def interval(self) -> str | None:
        """The interval of the difference, without the unit that `text` ends with; None where an end is open."""
        if self.low is None or self.high is None:
            return None
        return f"{_signed_bare(self.low, self.unit)} to {_signed_bare(self.high, self.unit)}"

    @property
    def p_value(self) -> float:
        """Two-sided, by the normal law, from the half of the interval that faces zero; 1 where that end is open."""
        end = self.low if self.difference > 0 else self.high
        reach = None if end is None else abs(self.difference - end)
        return math.erfc(abs(self.difference) * 1.96 / reach / math.sqrt(2)) if reach else 1.0


def label(metric: str) -> str:
    """Name of a metric for people.

    >>> label("open_episodes")
    'Open episodes'
    """
    bare = metric
    for suffix in _UNIT_SUFFIXES:
        bare = bare.removesuffix(suffix)
    return _LABELS.get(metric) or bare.replace("_", " ").capitalize()


def short_label(metric: str) -> str:
    """Name of a metric where there is little room."""
    return _SHORT.get(metric, label(metric))


def values(frame: pl.DataFrame) -> list[MetricValue]:
    """Rows of `metric_values` as contract rows."""
    names = set(MetricValue.model_fields)
    return [MetricValue.model_validate({k: v for k, v in row.items() if k in names}) for row in frame.to_dicts()]


def is_running(figure: MetricValue) -> bool:
    """Whether the figure's period still runs, so that it has limits that hold however often one looks."""
    return figure.anytime_low is not None or figure.anytime_high is not None


def is_maturing(figure: MetricValue) -> bool:
    """Whether a late outcome may still change the figure; not of one that no source reports."""
    return bool(figure.is_maturing) and figure.status is not MetricStatus.NOT_REPORTED


def live(figure: MetricValue) -> MetricValue:
    """The figure with the limits that hold however often one looks, where its period still runs; else as it is.

    For what people reload. A report that is written once keeps the interval of one look.
    """
    if not is_running(figure):
        return figure
    return figure.model_copy(update={"low": figure.anytime_low, "high": figure.anytime_high})


def live_frame(frame: pl.DataFrame) -> pl.DataFrame:
    """The same of rows of `metric_values`; the snapshot of an older readback has no such limits."""
    limits = [(name, f"anytime_{name}") for name in ("low", "high") if f"anytime_{name}" in frame.columns]
    return frame.with_columns(pl.coalesce(anytime, plain).alias(plain) for plain, anytime in limits)


def live_answer(ask: Callable[..., pl.DataFrame], question: Callable[..., pl.DataFrame], **asked: Any) -> pl.DataFrame:
    """The answer to a question about `metric_values`, with the limits of periods that run."""
    return live_frame(ask(question, **asked))


def sample_size(figure: MetricValue) -> float | None:
    """Units that the figure rests on: its denominator, else its effective n."""
    return figure.denominator if figure.denominator is not None else figure.effective_n


def count(number: float | None) -> str:
    """A whole number with separators; a dash where there is none.

    >>> count(12345.0)
    '12,345'
    """
    return DASH if number is None else f"{number:,.0f}"


def counted(number: int, one: str) -> str:
    """A number of things, by the name of one.

    >>> counted(1, "episode"), counted(1200, "episode")
    ('1 episode', '1,200 episodes')
    """
    return f"{number:,} {one}" + ("" if number == 1 else "s")


def percent(fraction: float, finest: float | None = None) -> str:
    """Percent digits without the sign; more decimals for a small `finest` (default: the fraction itself).

    >>> percent(0.1234), percent(0.0042)
    ('12.3', '0.42')
    """
    return f"{100 * fraction:.{_decimals(abs(fraction if finest is None else finest))}f}"


def duration(seconds: float) -> str:
    """Seconds in the largest units that matter.

    >>> duration(42), duration(1380), duration(5400), duration(180000)
    ('42 s', '23 min', '1 h 30 min', '2 d 2 h')
    """
    total = round(seconds)
    if total < 120:
        return f"{total} s"
    if round(total / 60) < 60:
        return f"{round(total / 60)} min"
    hours, minutes = divmod(round(total / 60), 60)
    if hours < 48:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    return f"{hours // 24} d {hours % 24} h" if hours % 24 else f"{hours // 24} d"


def durations(column: str) -> pl.Expr:
    """A column of seconds in words, NULL where absent."""
    return pl.col(column).map_elements(duration, return_dtype=pl.String)


def amount(number: float, unit: str) -> str:
    """One number with its unit."""
    return _AMOUNTS.get(unit, count)(number)


def withheld(figure: MetricValue) -> str | None:
    """Why the figure may not be read as one; None where it may.

    Runs whose outcome can be seen, none of them long enough ago, are not the same as no data.
    """
    if figure.maturity == 0 and not figure.denominator and figure.status is not MetricStatus.LOW_COVERAGE:
        return "too early: 0 runs past their window"
    return _reason(figure.status, sample_size(figure), figure.coverage)


def headline(figure: MetricValue) -> str:
    """The bare value with its unit, without interval; a dash where it is withheld.

    What calls that were cut off hide reads `> 30 s`.
    """
    if withheld(figure):
        return DASH
    if figure.at_least is not None:
        return f"> {amount(figure.at_least, figure.unit)}"
    if figure.value is None:
        return "not reached" if figure.low is not None else DASH
    return amount(figure.value, figure.unit)


def interval(figure: MetricValue) -> str | None:
    """The 95% interval with its unit; an open end reads `not reached`; None where there is none."""
    if withheld(figure) or (figure.low is None and figure.high is None):
        return None
    if figure.low is None:
        return f"up to {amount(figure.high or 0.0, figure.unit)}"
    if figure.value is None and figure.high is None:
        return f"at least {amount(figure.low, figure.unit)}"
    if figure.high is None:
        return f"{amount(figure.low, figure.unit)} {DASH} not reached"
    return _range(figure.low, figure.high, figure.unit)


def marked_reason(figure: MetricValue) -> str | None:
    """Why the figure may not be read, and the mark where what was counted of it is still maturing."""
    reason = withheld(figure)
    return f"{reason}, {MATURING}" if reason and figure.denominator and is_maturing(figure) else reason


def marked_interval(figure: MetricValue) -> str | None:
    """The interval, and the mark of a figure that is still maturing; None where there is neither."""
    if withheld(figure):
        return None
    told = [interval(figure), MATURING if is_maturing(figure) else None]
    return ", ".join(part for part in told if part) or None


def with_interval(figure: MetricValue) -> str:
    """Value, interval and n in one phrase, or why there is none.

    Such as `12.3% (9.8–15.4, n=812)`, `6.1% (5.2–7.1, n=640, maturing)`, `23 min (16 – not reached, n=9)`,
    `too few to say (n=7)`.
    """
    reason = withheld(figure)
    if reason:
        return reason
    shown = headline(figure)
    if shown == DASH:
        return "no data"
    n = sample_size(figure)
    mark = MATURING if is_maturing(figure) else None
    brackets = [_inner_interval(figure), f"n={count(n)}" if n is not None else None, mark]
    inside = ", ".join(part for part in brackets if part)
    return f"{shown} ({inside})" if inside else shown


def told(figure: MetricValue) -> str:
    """Value, interval and n in one phrase, or the sentence that says with counts why there is none."""
    return figure.explanation or with_interval(figure) if withheld(figure) else with_interval(figure)


def evidence(figure: MetricValue) -> str:
    """What a headline rests on, for the line below it: the interval and n, or the reason for its absence.

    It stands on pages that people reload: while the period runs, the interval is the one for every look.
    """
    figure = live(figure)
    reason = withheld(figure)
    if reason:
        return figure.explanation or reason[0].upper() + reason[1:]
    n = sample_size(figure)
    shown = interval(figure)
    looks = ", at every look" if shown and is_running(figure) else ""
    told = [f"{shown}{looks}" if shown else None, f"n = {count(n)}" if n is not None else None]
    told += [MATURING] if is_maturing(figure) else []
    return " · ".join(part for part in told if part) or "No interval"


def change(now: MetricValue | None, before: MetricValue | None, better: Better | None = None) -> Change | None:
    """The change against the period before; None unless both figures may be read.

    It is called better or worse only where the 95% interval of the difference leaves out zero.
    """
    if now is None or before is None or withheld(now) or withheld(before):
        return None
    found = mover_difference(_estimate(now), _estimate(before))
    if found.value is None:
        return None
    text = _signed(found.value, now.unit)
    return Change(found.value, text, _tone(found, better), found.low, found.high, now.unit)


def against_target(figure: MetricValue | None, target: float | None, better: Better | None) -> Tone | None:
    """Whether a figure meets its target: better (met), worse (missed), unclear where the 95% interval holds the target.

    None where there is no target or no figure. A figure without an interval is a count and is taken as it is.
    """
    if figure is None or target is None or better is None or withheld(figure):
        return None
    if figure.value is None and figure.low is None:
        return None
    is_count = figure.low is None and figure.high is None
    low, high = (figure.value, figure.value) if is_count else (figure.low, figure.high)
    best, worst = (low, high) if better == "lower" else (high, low)
    sign = 1 if better == "lower" else -1
    if worst is not None and sign * worst <= sign * target:
        return "better"
    return "worse" if best is not None and sign * best > sign * target else "unclear"


def compared(found: Change | None, previous_name: str) -> str:
    """The change in words, such as `+2.1 pp on September 2026 (within noise)`."""
    if found is None:
        return f"no comparison with {previous_name}"
    verdict = {"unclear": "within noise", "better": "better", "worse": "worse"}[found.tone]
    return f"{found.text} on {previous_name} ({verdict})"


def difference(low_or_value: float) -> str:
    """A difference of two fractions in percentage points, signed.

    >>> difference(0.0234), difference(-0.004)
    ('+2.3 pp', '−0.4 pp')
    """
    return _signed(low_or_value, "fraction")


def effect(
    status: str, estimate: float | None, low: float | None = None, high: float | None = None, n: float | None = None
) -> str:
    """A difference of two fractions in percentage points with its interval, or why there is none."""
    reason = _reason(MetricStatus(status), n, None)
    if reason or estimate is None:
        return reason or "no data"
    if low is None or high is None:
        return difference(estimate)
    return f"{difference(estimate)} ({_points(low)} to {_points(high)})"


def by_metric(figures: list[MetricValue]) -> Mapping[str, MetricValue]:
    """The figures by name of metric; the last one of a name wins."""
    return {figure.metric: figure for figure in figures}


def _reason(status: MetricStatus, n: float | None, coverage: float | None) -> str | None:
    reasons = {
        MetricStatus.TOO_FEW: "too few to say" + (f" (n={count(n)})" if n is not None else ""),
        MetricStatus.LOW_COVERAGE: "low coverage" + (f" ({100 * coverage:.0f}%)" if coverage is not None else ""),
        MetricStatus.NO_DATA: "no data",
        MetricStatus.NOT_REPORTED: "not reported by any source",
    }
    return reasons.get(status)


def _estimate(figure: MetricValue) -> Estimate:
    return Estimate(figure.value, figure.low, figure.high, round(sample_size(figure) or 0), figure.effective_n)


def _tone(found: Estimate, better: Better | None) -> Tone:
    rises, falls = found.low is not None and found.low > 0, found.high is not None and found.high < 0
    if better is None or not (rises or falls):
        return "unclear"
    return "better" if falls == (better == "lower") else "worse"


def _signed(number: float, unit: str) -> str:
    size = f"{_points(abs(number))} pp" if unit == "fraction" else amount(abs(number), unit)
    is_none = not any(digit in "123456789" for digit in size)
    return ("±" if is_none else "+" if number > 0 else "−") + size


def _signed_bare(number: float, unit: str) -> str:
    text = _signed(number, unit)
    return text.removesuffix(" pp") if unit == "fraction" else text


def _points(number: float) -> str:
    digits = 1 if abs(number) >= 0.001 or abs(number) < 0.00005 else 2
    return f"{100 * number:.{digits}f}".replace("-", "−")


def _decimals(fraction: float) -> int:
    if fraction >= 0.01 or fraction == 0:
        return 1
    return 2 if fraction >= 0.001 else 3


def _inner_interval(figure: MetricValue) -> str | None:
    """Interval inside brackets: percent signs and the shared unit are left to the value before it."""
    if figure.value is None or figure.low is None:
        return interval(figure)
    if figure.unit == "fraction":
        open_end = percent(figure.high, figure.value) if figure.high is not None else " not reached"
        return f"{percent(figure.low, figure.value)}{DASH}{open_end}"
    low = _bare(figure.low, figure)
    if figure.high is None:
        return f"{low} {DASH} not reached" if low else interval(figure)
    high = _bare(figure.high, figure)
    return f"{low}{DASH}{high}" if low and high else interval(figure)


def _bare(limit: float, figure: MetricValue) -> str | None:
    """A limit without its unit; None where its unit is not that of the value."""
    number, *unit = amount(limit, figure.unit).split(" ")
    return number if unit == headline(figure).split(" ")[1:] and len(unit) <= 1 else None


def _range(low: float, high: float, unit: str) -> str:
    if unit == "fraction":
        return f"{percent(low, high)}{DASH}{percent(high)}%"
    first, last = amount(low, unit), amount(high, unit)
    if len(first.split(" ")) == 2 and first.split(" ")[1:] == last.split(" ")[1:]:
        return f"{first.split(' ')[0]}{DASH}{last}"
    return f"{first} {DASH} {last}"


_AMOUNTS: dict[str, Callable[[float], str]] = {
    "fraction": lambda x: f"{percent(x)}%",
    "s": duration,
    "ms": lambda x: f"{x:,.0f} ms" if x < 10_000 else duration(x / 1000),
    "usd": lambda x: f"${x:,.2f}" if abs(x) < 1000 else f"${x:,.0f}",
    "minutes": lambda x: duration(60 * x),
}
