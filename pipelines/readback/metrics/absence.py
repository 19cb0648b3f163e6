"""Why a figure is absent, with counts: nobody reports it, nothing happened, filtered out, or links failed.

Of everything together the outcomes of a period are counted too, tied to a run or not. A member, such as a workflow, is
told by its own units and requests.
"""

from dataclasses import dataclass
from typing import Any

import polars as pl

from readback import store
from readback.contracts.vocabulary import Absence, Dimension, MetricLane, MetricStatus, OutcomeKind
from readback.metrics import rollup
from readback.metrics.definitions import Definition, definitions

_KEY = ["metric", "grain", "period_start"]
_SCOPE = ["grain", "period_start", "dimension", "member"]
_REASON = {"absence": pl.String, "explanation": pl.String}
_Told = tuple[Absence, str]

_RATES = {"downstream_error_cost_usd": "downstream_error_rate"}
"""A sum over runs that have come of age, and the rate whose runs they are."""

_UNITS = ["eligible", "observable", "denominator"]
_TRAFFIC = ["requests", "told", "fallbacks"]
_OUTCOMES = ["outcomes", "linked"]
_UNLINKED: dict[str, pl.DataType | type[pl.DataType]] = {
    "metric": pl.String,
    "grain": pl.String,
    "period_start": pl.Datetime("us", "UTC"),
    "outcomes": pl.Int64,
    "linked": pl.Int64,
}


@dataclass(frozen=True)
class Seen:
    """What there was in one period: of the metric's own units, of requests, and of outcomes of its kind.

    `outcomes` is None where it is not known whose they are: of a member, unless none was tied to any run.
    """

    eligible: float = 0
    observable: float = 0
    denominator: float = 0
    requests: float = 0
    told: float = 0
    fallbacks: float = 0
    outcomes: int | None = 0
    linked: int = 0


def explained(con: store.Connection, figures: pl.DataFrame, zone: str, minimum_n: int) -> pl.DataFrame:
    """The figures with `absence` and `explanation`, NULL of those that may be read. Reads `periods`."""
    is_headline = (pl.col("dimension") == Dimension.ALL.value) & (pl.col("lane") == MetricLane.ALL.value)
    absent = figures.filter(pl.col("status") != MetricStatus.OK.value)
    counts = _Counts(con, zone)
    found = [
        _of_headlines(absent.filter(is_headline), counts, minimum_n),
        _of_members(absent.filter(~is_headline), figures, counts, minimum_n),
    ]
    key = [*_KEY, "dimension", "member", "lane"]
    return figures.join(pl.concat(found), on=key, how="left", maintain_order="left")


def _of_headlines(absent: pl.DataFrame, counts: "_Counts", minimum_n: int) -> pl.DataFrame:
    told = [
        explain(definitions()[key[0]], MetricStatus(status), counts.of(key, status), minimum_n)
        for *key, status in absent.select(*_KEY, "status").iter_rows()
    ]
    reasons = pl.DataFrame(told, schema=_REASON, orient="row")
    return absent.select(*_KEY, "dimension", "member", "lane").hstack(reasons)


def _of_members(absent: pl.DataFrame, figures: pl.DataFrame, counts: "_Counts", minimum_n: int) -> pl.DataFrame:
    """Many members are absent for the same reason with the same counts: each such reason is worded once."""
    counted = _counted(absent, figures).join(counts.unlinked(), on=_KEY, how="left")
    counted = counted.with_columns(pl.col("linked").fill_null(0))
    of = ["metric", "status", *_UNITS, *_TRAFFIC, *_OUTCOMES]
    reasons = counted.select(of).unique(maintain_order=True)
    told = [
        explain(definitions()[metric], MetricStatus(status), Seen(*numbers), minimum_n)
        for metric, status, *numbers in reasons.iter_rows()
    ]
    worded = reasons.hstack(pl.DataFrame(told, schema=_REASON, orient="row"))
    return counted.join(worded, on=of, how="left", nulls_equal=True).select(
        *_KEY, "dimension", "member", "lane", *_REASON
    )


def _counted(absent: pl.DataFrame, figures: pl.DataFrame) -> pl.DataFrame:
    """The rows with their own units and the requests of their member, in its lane."""
    own = absent.select(*_KEY, "dimension", "member", "lane", "status", *_UNITS)
    rates = _rates_of(own, figures)
    fallback, preferred = (pl.col("lane") == lane.value for lane in (MetricLane.FALLBACK, MetricLane.PREFERRED))
    rest = pl.max_horizontal(pl.col("told") - pl.col("fallbacks"), 0.0)
    in_lane = pl.when(fallback).then("fallbacks").when(preferred).then(rest).otherwise("requests")
    counted = rates.join(_traffic_of(figures), on=_SCOPE, how="left")
    filled = counted.with_columns(pl.col(_UNITS + _TRAFFIC).fill_null(0.0)).with_columns(in_lane.alias("requests"))
    # What its sentence does not tell keeps no reason apart from another.
    is_few = pl.col("status").is_in([MetricStatus.TOO_FEW.value, MetricStatus.LOW_COVERAGE.value])
    has_own = is_few & (pl.col("denominator") > 0)
    return filled.with_columns(pl.when(~has_own).then(pl.col(name)).otherwise(0.0).alias(name) for name in _TRAFFIC)


def _rates_of(own: pl.DataFrame, figures: pl.DataFrame) -> pl.DataFrame:
    """The same with the units of the rate, where a sum waits for the runs of one."""
    key = ["grain", "period_start", "dimension", "member", "lane"]
    parts = [own.filter(~pl.col("metric").is_in(list(_RATES)) | (pl.col("status") == MetricStatus.LOW_COVERAGE.value))]
    for metric, rate in _RATES.items():
        waiting = own.filter((pl.col("metric") == metric) & (pl.col("status") != MetricStatus.LOW_COVERAGE.value))
        runs = figures.filter(pl.col("metric") == rate).select(*key, *_UNITS)
        parts.append(waiting.drop(_UNITS).join(runs, on=key, how="left").select(own.columns))
    return pl.concat(parts)


def _traffic_of(figures: pl.DataFrame) -> pl.DataFrame:
    """Requests of each member, those of which the log can tell whether they fell back, and those that did."""
    whole = figures.filter(pl.col("lane") == MetricLane.ALL.value)
    served = whole.filter(pl.col("metric") == "continuity_rate").select(*_SCOPE, pl.col("eligible").alias("requests"))
    told = whole.filter(pl.col("metric") == "fallback_frequency").select(
        *_SCOPE,
        pl.col("eligible").alias("of"),
        pl.col("observable").alias("told"),
        pl.col("numerator").alias("fallbacks"),
    )
    both = told.join(served, on=_SCOPE, how="full", coalesce=True)
    return both.with_columns(pl.coalesce("requests", "of").alias("requests")).drop("of")


def explain(definition: Definition, status: MetricStatus, seen: Seen, minimum_n: int) -> _Told:
    """The reason in one word and in one sentence with counts.

    >>> explain(definitions()["rework_rate"], MetricStatus.NOT_REPORTED, Seen(outcomes=3), 20)[1]
    'No outcome source is declared to watch rework, in [[coverage]]; 3 such outcomes were read, 0 tied to a run.'
    """
    if status is MetricStatus.NOT_REPORTED:
        return Absence.NO_SOURCE, _unreported(definition, seen)
    if status is MetricStatus.TOO_FEW:
        return Absence.TOO_FEW, _few(definition, seen, minimum_n)
    if status is MetricStatus.LOW_COVERAGE:
        of = f"{_n(seen.observable)} of {_n(seen.eligible)} {units(definition)}"
        return Absence.FILTERED, f"Only {of} could be observed."
    return _without_outcome(definition, seen) if definition.outcome else _without_event(definition, seen)


def _unreported(definition: Definition, seen: Seen) -> str:
    if definition.outcome:
        if seen.eligible:
            return f"None of {_n(seen.eligible)} runs was watched by an outcome source.{_outcomes(definition, seen)}"
        told = f"No outcome source is declared to watch {_kind(definition)}, in [[coverage]]"
        if seen.outcomes is None:
            return f"{told}."
        return f"{told}; {_n(seen.outcomes)} such outcomes were read, {_n(seen.linked)} tied to a run."
    needed = " or ".join(need.replace("_", " ") for need in definition.needs)
    return f"No log that was read tells of {needed}: none of {_n(seen.requests)} requests says."


def _few(definition: Definition, seen: Seen, minimum_n: int) -> str:
    if definition.estimator in ("survival", "quantile"):
        least = definition.threshold(minimum_n)
        what = "episodes opened" if definition.estimator == "survival" else "fallbacks"
        if 0 < seen.denominator < least:
            return f"{_n(seen.denominator)} {what} where {least} are needed."
        if seen.denominator:
            return f"{_n(seen.denominator)} {what}, and none was followed long enough."
        return f"Fewer than {least} {what}, or none was followed long enough; {_traffic(seen)}."
    left = seen.observable - seen.denominator
    young = f"; {_n(left)} more are within their window" if definition.outcome and left > 0 else ""
    return f"{_n(seen.denominator)} {units(definition)} where {definition.threshold(minimum_n)} are needed{young}."


def _without_outcome(definition: Definition, seen: Seen) -> _Told:
    if seen.outcomes and not seen.linked:
        told = f"{_n(seen.outcomes)} {_kind(definition)} outcomes occurred, and none could be tied to a run"
        return Absence.LINK_FAILED, f"{told}; {_n(seen.eligible)} runs could have one."
    if seen.observable > 0:
        return Absence.TOO_EARLY, f"{_n(seen.observable)} runs can be seen, and none is past its window."
    if seen.eligible > 0:
        return Absence.FILTERED, f"None of {_n(seen.eligible)} runs was watched.{_outcomes(definition, seen)}"
    among = f", among {_n(seen.requests)} requests" if seen.requests else ""
    return Absence.NO_EVENT, f"No run that could have one{among}.{_outcomes(definition, seen)}"


def _without_event(definition: Definition, seen: Seen) -> _Told:
    if not seen.requests:
        return Absence.NO_TRAFFIC, "No request was read."
    if seen.told < seen.requests and not seen.told:
        return Absence.FILTERED, f"None of {_n(seen.requests)} requests can tell whether it fell back."
    if seen.eligible > 0:
        return Absence.FILTERED, f"None of {_n(seen.eligible)} {units(definition)} could be observed."
    what = "episode opened" if definition.estimator == "survival" else "fallback to count"
    what = "episode is open" if definition.statistic == "oldest_open" else what
    return Absence.NO_EVENT, f"No {what}: {_traffic(seen)}."


def _outcomes(definition: Definition, seen: Seen) -> str:
    if seen.outcomes is None:
        return ""
    return f" {_n(seen.outcomes)} {_kind(definition)} outcomes occurred, {_n(seen.linked)} tied to a run."


def _traffic(seen: Seen) -> str:
    return f"{_n(seen.fallbacks)} fallbacks of {_n(seen.requests)} requests"


def _kind(definition: Definition) -> str:
    return str(definition.outcome).replace("_", " ")


def _rate_of(metric: str, status: str) -> str:
    """Whose units to count: of a sum whose own are too thinly known, its own."""
    return metric if status == MetricStatus.LOW_COVERAGE else _RATES.get(metric, metric)


def units(definition: Definition) -> str:
    """What a figure of the metric counts, in a word."""
    if definition.metric in _RATES:
        return "errors' costs"
    if definition.outcome:
        return "runs"
    if definition.estimator in ("survival", "quantile"):
        return "episodes" if definition.estimator == "survival" else "fallbacks"
    return "fallbacks" if definition.metric in ("policy_conformance_rate", "added_cost_usd") else "requests"


def _n(number: float) -> str:
    return f"{number:,.0f}"


class _Counts:
    """Counts of every period, looked up by metric and period."""

    def __init__(self, con: store.Connection, zone: str) -> None:
        units = rollup.fetch(con, store.model("marts/seen_units")).to_dicts()
        outcomes = rollup.fetch(con, store.model("marts/seen_outcomes"), {"timezone": zone}).to_dicts()
        self._units: dict[Any, dict[str, Any]] = {tuple(row[name] for name in _KEY): row for row in units}
        self._outcomes = {(row["kind"], row["grain"], row["period_start"]): row for row in outcomes}

    def unlinked(self) -> pl.DataFrame:
        """`outcomes` and `linked` by metric and period, where outcomes occurred and none was tied to any run."""
        lost = [
            (definition.metric, grain, start, row["outcomes"], 0)
            for definition in definitions().values()
            for (kind, grain, start), row in self._outcomes.items()
            if definition.outcome is not None and definition.outcome.value == kind and not row["linked"]
        ]
        return pl.DataFrame(lost, schema=_UNLINKED, orient="row")

    def of(self, key: list[Any], status: str) -> Seen:
        """What there was in the period of a metric."""
        metric, grain, start = key
        own, all_requests, told = (
            self._units.get((name, grain, start), {})
            for name in (_rate_of(metric, status), "continuity_rate", "fallback_frequency")
        )
        kind = definitions()[metric].outcome
        outcomes = self._outcomes.get((kind and OutcomeKind(kind).value, grain, start), {})
        return Seen(
            **{name: own.get(name, 0) for name in ("eligible", "observable", "denominator")},
            requests=all_requests.get("eligible", 0),
            told=told.get("observable", 0),
            fallbacks=told.get("numerator", 0),
            **{name: outcomes.get(name, 0) for name in ("outcomes", "linked")},
        )
