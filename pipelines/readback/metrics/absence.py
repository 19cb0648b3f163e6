"""Why a headline figure is absent, with counts: nobody reports it, nothing happened, filtered out, or links failed.

Only figures of everything together are explained; a member's status says which of these it is.
"""

from dataclasses import dataclass
from typing import Any

import polars as pl

from readback import store
from readback.contracts.vocabulary import Absence, Dimension, MetricLane, MetricStatus, OutcomeKind
from readback.metrics import rollup
from readback.metrics.definitions import Definition, definitions

_KEY = ["metric", "grain", "period_start"]
_Told = tuple[Absence, str]

_RATES = {"downstream_error_cost_usd": "downstream_error_rate"}
"""A sum over runs that have come of age, and the rate whose runs they are."""


@dataclass(frozen=True)
class Seen:
    """What there was in one period: of the metric's own units, of requests, and of outcomes of its kind."""

    eligible: float = 0
    observable: float = 0
    denominator: float = 0
    requests: float = 0
    told: float = 0
    fallbacks: float = 0
    outcomes: int = 0
    linked: int = 0


def explained(con: store.Connection, figures: pl.DataFrame, zone: str, minimum_n: int) -> pl.DataFrame:
    """The figures with `absence` and `explanation`, NULL of those that may be read. Reads `periods`."""
    is_headline = (pl.col("dimension") == Dimension.ALL.value) & (pl.col("lane") == MetricLane.ALL.value)
    absent = figures.filter(is_headline & (pl.col("status") != MetricStatus.OK.value))
    seen = _Counts(con, zone)
    rows = [
        (*key, *explain(definitions()[key[0]], MetricStatus(status), seen.of(key, status), minimum_n))
        for *key, status in absent.select(*_KEY, "status").iter_rows()
    ]
    schema = {name: figures.schema[name] for name in _KEY} | {"absence": pl.String, "explanation": pl.String}
    told = pl.DataFrame(rows, schema=schema, orient="row").with_columns(
        pl.lit(Dimension.ALL.value).alias("dimension"), pl.lit(MetricLane.ALL.value).alias("lane")
    )
    return figures.join(told, on=[*_KEY, "dimension", "lane"], how="left")


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
        of = f"{_n(seen.observable)} of {_n(seen.eligible)} {_units(definition)}"
        return Absence.FILTERED, f"Only {of} could be observed."
    return _without_outcome(definition, seen) if definition.outcome else _without_event(definition, seen)


def _unreported(definition: Definition, seen: Seen) -> str:
    if definition.outcome:
        if seen.eligible:
            return f"None of {_n(seen.eligible)} runs was watched by an outcome source.{_outcomes(definition, seen)}"
        told = f"No outcome source is declared to watch {_kind(definition)}, in [[coverage]]"
        return f"{told}; {_n(seen.outcomes)} such outcomes were read, {_n(seen.linked)} tied to a run."
    needed = " or ".join(need.replace("_", " ") for need in definition.needs)
    return f"No log that was read tells of {needed}: none of {_n(seen.requests)} requests says."


def _few(definition: Definition, seen: Seen, minimum_n: int) -> str:
    if definition.estimator in ("survival", "quantile"):
        least = definition.threshold(minimum_n)
        what = (
            "episodes opened, or none was followed long enough" if definition.estimator == "survival" else "fallbacks"
        )
        return f"Fewer than {least} {what}; {_traffic(seen)}."
    left = seen.observable - seen.denominator
    young = f"; {_n(left)} more are within their window" if definition.outcome and left > 0 else ""
    return f"{_n(seen.denominator)} {_units(definition)} where {definition.threshold(minimum_n)} are needed{young}."


def _without_outcome(definition: Definition, seen: Seen) -> _Told:
    if seen.outcomes and not seen.linked:
        told = f"{_n(seen.outcomes)} {_kind(definition)} outcomes occurred, and none could be tied to a run"
        return Absence.LINK_FAILED, f"{told}; {_n(seen.eligible)} runs could have one."
    if seen.observable > 0:
        return Absence.TOO_EARLY, f"{_n(seen.observable)} runs can be seen, and none is past its window."
    if seen.eligible > 0:
        return Absence.FILTERED, f"None of {_n(seen.eligible)} runs was watched.{_outcomes(definition, seen)}"
    told = f"No run that could have one, among {_n(seen.requests)} requests."
    return Absence.NO_EVENT, told + _outcomes(definition, seen)


def _without_event(definition: Definition, seen: Seen) -> _Told:
    if not seen.requests:
        return Absence.NO_TRAFFIC, "No request was read."
    if seen.told < seen.requests and not seen.told:
        return Absence.FILTERED, f"None of {_n(seen.requests)} requests can tell whether it fell back."
    if seen.eligible > 0:
        return Absence.FILTERED, f"None of {_n(seen.eligible)} {_units(definition)} could be observed."
    what = "episode opened" if definition.estimator == "survival" else "fallback to count"
    what = "episode is open" if definition.statistic == "oldest_open" else what
    return Absence.NO_EVENT, f"No {what}: {_traffic(seen)}."


def _outcomes(definition: Definition, seen: Seen) -> str:
    return f" {_n(seen.outcomes)} {_kind(definition)} outcomes occurred, {_n(seen.linked)} tied to a run."


def _traffic(seen: Seen) -> str:
    return f"{_n(seen.fallbacks)} fallbacks of {_n(seen.requests)} requests"


def _kind(definition: Definition) -> str:
    return str(definition.outcome).replace("_", " ")


def _rate_of(metric: str, status: str) -> str:
    """Whose units to count: of a sum whose own are too thinly known, its own."""
    return metric if status == MetricStatus.LOW_COVERAGE else _RATES.get(metric, metric)


def _units(definition: Definition) -> str:
    if definition.metric in _RATES:
        return "errors' costs"
    if definition.outcome:
        return "runs"
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
