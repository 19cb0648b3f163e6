"""A metric's definition for people: its formula in a line, its facts, its windows, its SQL. All from its header."""

from collections.abc import Mapping

from readback import store
from readback.faces.figures import duration
from readback.metrics.definitions import Definition
from readback.settings import Settings

_FORMULAS = {
    "proportion": "numerator / denominator, Wilson interval",
    "clustered_proportion": "events / units over clusters, Wilson interval on the effective n",
    "survival": "Kaplan–Meier curve of time to recovery; what was not seen to recover is censored",
    "rate": "events / exposure, with its interval",
    "total": "sum over rows",
    "quantile": "quantile of a log-scaled histogram, within 1%",
}
_EXACT = {
    "poisson": "exact Poisson interval",
}
_INTERVALS = {
    "survival": "log(−log) band; of the restricted mean Student's t; valid for one look, also while a period runs",
    "total": "none: a sum",
    "quantile": "by order statistics",
    "rate": "exact Poisson interval",
}


def formula(definition: Definition) -> str:
    """What is computed, in a line."""
    told = _FORMULAS[definition.estimator]
    if definition.quantile is not None:
        told += f"; read at its {100 * definition.quantile:g}th percentile"
    if definition.horizon_s is not None:
        told += f"; within {duration(definition.horizon_s)}"
    return f"{told}, {_EXACT[definition.interval]}" if definition.interval else told


def facts(definition: Definition, minimum_n: int) -> Mapping[str, str]:
    """Name and value of everything that a reader asks of a definition, in the order in which it is asked.

    `minimum_n` is the project's, for a definition that names none of its own.
    """
    least = definition.minimum_n or minimum_n
    return {
        "Unit": f"{definition.unit}, {definition.better} is better",
        "Estimator": definition.estimator.replace("_", " "),
        "Interval": _interval(definition),
        "Grains": ", ".join(definition.grains),
        "Broken down by": ", ".join(definition.dimensions),
        "Lanes": ", ".join(definition.lanes),
        "Withheld below": "never" if definition.estimator == "total" else f"{least} units",
        "Needs a source that tells": ", ".join(definition.needs) or "nothing in particular",
        "Version of the definition": str(definition.definition_version),
        "References": "; ".join(definition.references) or "none",
    }


def _interval(definition: Definition) -> str:
    """Which interval stands where."""
    if definition.estimator in ("proportion", "clustered_proportion"):
        return (
            "of a closed period Wilson (low, high); of one that still runs this dashboard shows the confidence "
            "sequence (anytime_low, anytime_high), about 1.6 times as wide, which holds however often one looks"
        )
    if definition.statistic is not None:
        return "none: what was seen"
    return _INTERVALS[definition.estimator] if definition.interval is None else _EXACT[definition.interval]


def windows(settings: Settings) -> Mapping[str, str]:
    """Attribution window of each outcome metric in this project; a policy class may override it."""
    of = settings.windows
    lengths = {"rework_rate": of.rework, "downstream_error_rate": of.downstream_error,
               "downstream_error_cost_usd": of.downstream_error, "override_rate": of.review,
               "review_coverage": of.review}  # fmt: skip
    late = f"maturing for {duration(of.late)} more, in which outcomes may arrive"
    return {
        metric: f"{duration(length)} after release, unless the class says otherwise; {late}"
        for metric, length in lengths.items()
    }


def sql(metric: str) -> str:
    """The SQL that gives a metric's sufficient statistics."""
    return store.model(f"metrics/{metric}")
