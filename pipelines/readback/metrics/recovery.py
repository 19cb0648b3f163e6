"""Recovery times: Kaplan-Meier over episodes, for every period and member, and the curves themselves."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from readback import stats, store
from readback.contracts.vocabulary import Dimension, MetricLane, MetricStatus
from readback.metrics import rollup
from readback.metrics.definitions import Definition
from readback.stats.estimate import Estimate, Floats

_KEY = ["grain", "period_start", "dimension", "member"]
_COLUMNS = {
    Dimension.WORKFLOW: "workflow",
    Dimension.WORKFLOW_CLASS: "workflow_class",
    Dimension.CAUSE: "cause",
    Dimension.MODEL: "model",
    Dimension.PROVIDER: "provider",
    Dimension.TEAM: "team",
}


RECOVERED, HELD, DISABLED = 1, 2, 3
_ENDS = {"recovered": RECOVERED, "held": HELD, "disabled": DISABLED}
"""How an episode ended; what is open or quiet is censored. Held and disabled ones do not recover by themselves."""


@dataclass(frozen=True)
class Sample:
    """Episodes of one period and member, and their curve."""

    durations: Floats
    recovered: NDArray[np.bool_]
    ends: NDArray[np.int64]
    is_open: NDArray[np.bool_]
    curve: stats.Curve
    incidence: stats.Incidence


def recovery_figures(con: store.Connection, wanted: Sequence[Definition], zone: str, minimum_n: int) -> pl.DataFrame:
    """One row per figure of the survival metrics, with its status."""
    rows = [
        key | _figure(definition, sample, minimum_n)
        for frame, definitions in _by_body(con, wanted, zone)
        for key, sample in _samples(frame)
        for definition in definitions
        if key["grain"] in definition.grains and key["dimension"] in definition.dimensions
    ]
    return pl.DataFrame(rows, schema=_schema(), orient="row")


def curve_rows(con: store.Connection, episodes: str, zone: str) -> pl.DataFrame:
    """`recovery_curves`: the whole history, for all episodes and for each workflow."""
    frame = rollup.fetch(con, episodes, {"timezone": zone})
    parts = [(Dimension.ALL.value, "*", frame)] if frame.height else []
    parts += [
        (Dimension.WORKFLOW.value, str(member), rows)
        for (member,), rows in frame.with_columns(pl.col("workflow").fill_null("(none)"))
        .sort("workflow")
        .group_by("workflow", maintain_order=True)
    ]
    steps = [_steps(dimension, member, _sample(rows)) for dimension, member, rows in parts]
    return pl.concat(steps) if steps else _steps("", "", _sample(frame))


def _by_body(
    con: store.Connection, wanted: Sequence[Definition], zone: str
) -> Iterator[tuple[pl.DataFrame, list[Definition]]]:
    """Metrics that read the same rows, with those rows by period: each curve is estimated once."""
    bodies: dict[str, list[Definition]] = {}
    for definition in wanted:
        text = store.model(f"metrics/{definition.metric}")
        body = "\n".join(line for line in text.splitlines() if not line.startswith("--"))
        bodies.setdefault(body, []).append(definition)
    for body, definitions in bodies.items():
        sql = f"""select episodes.*, periods.grain, periods.period_start
            from ({body}) as episodes inner join periods on periods.day = episodes.day
            where list_contains($grains, periods.grain)"""
        grains = sorted({grain.value for definition in definitions for grain in definition.grains})
        yield rollup.fetch(con, sql, {"grains": grains, "timezone": zone}), definitions


def _samples(frame: pl.DataFrame) -> Iterator[tuple[dict[str, object], Sample]]:
    for dimension, column in [(Dimension.ALL, None), *_COLUMNS.items()]:
        member = pl.lit("*") if column is None else pl.col(column)
        named = frame.with_columns(member.alias("member"), pl.lit(dimension.value).alias("dimension"))
        filled = (
            named.drop_nulls("member")
            if dimension is Dimension.CAUSE
            else named.with_columns(pl.col("member").fill_null("(none)"))
        )
        for key, rows in filled.sort(_KEY).group_by(_KEY, maintain_order=True):
            yield dict(zip(_KEY, key, strict=True)), _sample(rows)


def _sample(rows: pl.DataFrame) -> Sample:
    durations = rows["duration_s"].to_numpy().astype(np.float64)
    recovered = rows["is_recovered"].to_numpy().astype(np.bool_)
    ends = rows["state"].replace_strict(_ENDS, default=0, return_dtype=pl.Int64).to_numpy()
    curve = stats.kaplan_meier(durations, recovered)
    is_open = (rows["state"] == "open").to_numpy()
    return Sample(durations, recovered, ends, is_open, curve, stats.cumulative_incidence(durations, ends, RECOVERED))


def _figure(definition: Definition, sample: Sample, minimum_n: int) -> dict[str, object]:
    found, n = _estimate(definition, sample), sample.curve.n
    is_enough = n >= definition.threshold(minimum_n) and (found.value, found.low) != (None, None)
    nothing = MetricStatus.NO_DATA if definition.statistic == "oldest_open" else MetricStatus.TOO_FEW
    return {
        "metric": definition.metric,
        "lane": MetricLane.ALL.value,
        "numerator": _events(definition, sample),
        "denominator": float(n),
        "value": found.value if is_enough else None,
        "low": found.low if is_enough else None,
        "high": found.high if is_enough else None,
        "effective_n": found.effective_n,
        "status": (MetricStatus.OK if is_enough else nothing).value,
    }


def _estimate(definition: Definition, sample: Sample) -> Estimate:
    if definition.quantile is not None:
        return stats.survival_quantile(sample.curve, definition.quantile)
    if definition.statistic is not None:
        return _plain(definition, sample)
    horizon = definition.horizon_s or math.nan
    if definition.unit == "fraction":
        return stats.incidence_within(sample.incidence, horizon)
    return stats.rmst(sample.durations, sample.recovered, horizon)


def _plain(definition: Definition, sample: Sample) -> Estimate:
    """A mean of the closed episodes, or the age of the oldest open one: no estimates, and without an interval."""
    n = sample.curve.n
    if definition.statistic == "oldest_open":
        ages = sample.durations[sample.is_open]
        return Estimate(float(ages.max()) if ages.size else None, None, None, n, None)
    closed = sample.durations[sample.recovered]
    return Estimate(float(closed.mean()) / 60 if closed.size else None, None, None, n, None)


def _events(definition: Definition, sample: Sample) -> float:
    """Recoveries seen, of a share those within its horizon."""
    within = sample.durations <= (definition.horizon_s or math.inf) if definition.unit == "fraction" else True
    return float(np.sum(sample.recovered & within))


def _steps(dimension: str, member: str, sample: Sample) -> pl.DataFrame:
    curve = sample.curve
    left = np.append(curve.at_risk[1:], 0)
    numbers = {"time_s": curve.time, "survival": curve.survival, "low": curve.low, "high": curve.high}
    for name, kind in (("recovered", RECOVERED), ("held", HELD), ("disabled", DISABLED)):
        numbers[name] = stats.cumulative_incidence(sample.durations, sample.ends, kind).incidence
    counts = {
        "at_risk": curve.at_risk,
        "events": curve.events,
        "censored": curve.at_risk - left[: curve.at_risk.size] - curve.events,
    }
    return pl.DataFrame(
        [
            pl.Series("dimension", [dimension] * curve.time.size, pl.String),
            pl.Series("member", [member] * curve.time.size, pl.String),
            *(pl.Series(name, values, pl.Float64).fill_nan(None) for name, values in numbers.items()),
            *(pl.Series(name, values, pl.Int64) for name, values in counts.items()),
        ]
    )


def _schema() -> dict[str, pl.DataType | type[pl.DataType]]:
    numbers = ("numerator", "denominator", "value", "low", "high", "effective_n")
    return {
        "metric": pl.String,
        "grain": pl.String,
        "period_start": pl.Datetime("us", "UTC"),
        "dimension": pl.String,
        "member": pl.String,
        "lane": pl.String,
        **dict.fromkeys(numbers, pl.Float64),
        "status": pl.String,
    }
