"""Recovery times: Kaplan-Meier over episodes, for every period and member, and the curves themselves."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

from readback import stats, store
from readback.contracts.vocabulary import Dimension, Grain, MetricLane, MetricStatus
from readback.metrics import rollup
from readback.metrics.definitions import Definition
from readback.stats.estimate import Estimate, Floats

_KEY = ["grain", "period_start", "dimension", "member"]
COLUMNS = {
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
    """Episodes of one period and member; their curves are estimated only where something is read off them."""

    durations: Floats
    ends: NDArray[np.int64]
    is_open: NDArray[np.bool_]

    @property
    def n(self) -> int:
        """Episodes."""
        return int(self.durations.size)

    @property
    def recovered(self) -> NDArray[np.bool_]:
        """Whose recovery was seen."""
        return np.asarray(self.ends == RECOVERED, dtype=np.bool_)

    @cached_property
    def curve(self) -> stats.Curve:
        """Not yet recovered."""
        return stats.kaplan_meier(self.durations, self.recovered)

    @cached_property
    def incidence(self) -> stats.Incidence:
        """Recovered, held and disabled ones being out of the race."""
        return stats.cumulative_incidence(self.durations, self.ends, RECOVERED)


def recovery_figures(con: store.Connection, wanted: Sequence[Definition], zone: str, minimum_n: int) -> pl.DataFrame:
    """One row per figure of the survival metrics, with its status."""
    found = [pl.DataFrame(schema=_schema())]
    for frame, definitions in _by_body(con, wanted, zone):
        found += [figures_of(frame, dimension, definitions, minimum_n) for dimension in (Dimension.ALL, *COLUMNS)]
    return pl.concat(found)


def figures_of(
    frame: pl.DataFrame, dimension: Dimension, definitions: Sequence[Definition], minimum_n: int
) -> pl.DataFrame:
    """Figures of one dimension, from episodes with the periods that they belong to."""
    episodes = _of_members(frame, dimension)
    asked = [definition for definition in definitions if dimension in definition.dimensions]
    withheld = [_withheld(episodes, definition, minimum_n) for definition in asked]
    return pl.concat([pl.DataFrame(schema=_schema()), *withheld, _told(episodes, asked, minimum_n)])


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


def _of_members(frame: pl.DataFrame, dimension: Dimension) -> pl.DataFrame:
    """Episodes with the member that they belong to; a cause is never '(none)'."""
    member = pl.lit("*") if dimension is Dimension.ALL else pl.col(COLUMNS[dimension])
    named = frame.with_columns(member.alias("member"), pl.lit(dimension.value).alias("dimension"))
    is_cause = dimension is Dimension.CAUSE
    filled = named.drop_nulls("member") if is_cause else named.with_columns(pl.col("member").fill_null("(none)"))
    return filled.sort(_KEY).with_columns(pl.len().over(_KEY).alias("n"))


def _withheld(episodes: pl.DataFrame, definition: Definition, minimum_n: int) -> pl.DataFrame:
    """Figures of too few episodes. They are counted and not estimated: most workflows have few in a week."""
    few = episodes.filter(
        pl.col("grain").is_in([grain.value for grain in definition.grains])
        & (pl.col("n") < definition.threshold(minimum_n))
    )
    events = pl.col("is_recovered")
    if definition.unit == "fraction":
        events = events & (pl.col("duration_s") <= definition.horizon_s)
    counted = few.group_by(_KEY, maintain_order=True).agg(
        events.sum().cast(pl.Float64).alias("numerator"),
        pl.len().cast(pl.Float64).alias("denominator"),
        pl.col("is_recovered").sum().cast(pl.Float64).alias("effective_n"),
    )
    nothing = pl.lit(None, pl.Float64)
    return counted.select(
        pl.lit(definition.metric).alias("metric"),
        *_KEY,
        pl.lit(MetricLane.ALL.value).alias("lane"),
        "numerator",
        "denominator",
        nothing.alias("value"),
        nothing.alias("low"),
        nothing.alias("high"),
        "effective_n",
        pl.lit(MetricStatus.TOO_FEW.value).alias("status"),
    ).select(list(_schema()))


def _told(episodes: pl.DataFrame, asked: Sequence[Definition], minimum_n: int) -> pl.DataFrame:
    least = min((definition.threshold(minimum_n) for definition in asked if definition.statistic is None), default=0)
    enough = episodes.filter((pl.col("n") >= least) | (pl.col("grain") == Grain.ALL.value))
    rows = [
        key | _figure(definition, sample)
        for key, sample in _samples(enough)
        for definition in asked
        if key["grain"] in definition.grains and sample.n >= definition.threshold(minimum_n)
    ]
    return pl.DataFrame(rows, schema=_schema(), orient="row")


def _samples(rows: pl.DataFrame) -> Iterator[tuple[dict[str, object], Sample]]:
    """Each period and member with its episodes, of rows that are sorted by both."""
    whole, start = _sample(rows), 0
    for *key, count in rows.group_by(_KEY, maintain_order=True).len().iter_rows():
        part = slice(start, start + count)
        start += count
        sample = Sample(whole.durations[part], whole.ends[part], whole.is_open[part])
        yield dict(zip(_KEY, key, strict=True)), sample


def _sample(rows: pl.DataFrame) -> Sample:
    durations = rows["duration_s"].to_numpy().astype(np.float64)
    ends = rows["state"].replace_strict(_ENDS, default=0, return_dtype=pl.Int64).to_numpy()
    return Sample(durations, ends, (rows["state"] == "open").to_numpy().astype(np.bool_))


def _figure(definition: Definition, sample: Sample) -> dict[str, object]:
    found = _estimate(definition, sample)
    is_enough = (found.value, found.low) != (None, None)
    nothing = MetricStatus.NO_DATA if definition.statistic == "oldest_open" else MetricStatus.TOO_FEW
    return {
        "metric": definition.metric,
        "lane": MetricLane.ALL.value,
        "numerator": _events(definition, sample),
        "denominator": float(sample.n),
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
    n = sample.n
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
