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
from readback.stats.estimate import Floats

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
class Samples:
    """Episodes of many periods and members, one row of `keys` each; their curves are estimated together."""

    keys: pl.DataFrame
    owner: NDArray[np.int64]
    durations: Floats
    ends: NDArray[np.int64]
    is_open: NDArray[np.bool_]

    @classmethod
    def of(cls, rows: pl.DataFrame) -> "Samples":
        """The samples of rows that are sorted by period and member."""
        keys = rows.group_by(_KEY, maintain_order=True).agg(pl.len().alias("n"))
        owner = np.repeat(np.arange(keys.height), keys["n"].to_numpy())
        return cls(keys, owner, seconds_of(rows), ends_of(rows), (rows["state"] == "open").to_numpy().astype(np.bool_))

    @property
    def recovered(self) -> NDArray[np.bool_]:
        """Whose recovery was seen."""
        return np.asarray(self.ends == RECOVERED, dtype=np.bool_)

    @cached_property
    def panel(self) -> stats.Panel:
        """Recovered, held and disabled ones being out of the race."""
        return stats.panel(self.owner, self.durations, self.ends, self.keys.height, RECOVERED)

    def total(self, of: Floats | NDArray[np.bool_]) -> Floats:
        """A sum over the episodes of each sample."""
        weights = np.asarray(of, dtype=np.float64)
        return np.bincount(self.owner, weights=weights, minlength=self.keys.height).astype(np.float64)


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
    episodes = of_members(frame, dimension)
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
    steps = [_steps(dimension, member, rows) for dimension, member, rows in parts]
    return pl.concat(steps) if steps else _steps("", "", frame)


def seconds_of(rows: pl.DataFrame) -> Floats:
    """How long each episode is known to last."""
    return rows["duration_s"].to_numpy().astype(np.float64)


def ends_of(rows: pl.DataFrame) -> NDArray[np.int64]:
    """How each episode ended."""
    return rows["state"].replace_strict(_ENDS, default=0, return_dtype=pl.Int64).to_numpy()


def _by_body(
    con: store.Connection, wanted: Sequence[Definition], zone: str
) -> Iterator[tuple[pl.DataFrame, list[Definition]]]:
    """Metrics that read the same rows, with those rows by period: each curve is estimated once."""
    bodies: dict[str, list[Definition]] = {}
    for definition in wanted:
        bodies.setdefault(_body(definition.metric), []).append(definition)
    for definitions in bodies.values():
        grains = sorted({grain for definition in definitions for grain in definition.grains})
        yield episodes_by_period(con, definitions[0].metric, grains, zone), definitions


def episodes_by_period(con: store.Connection, metric: str, grains: Sequence[Grain], zone: str) -> pl.DataFrame:
    """The rows that a survival metric reads, with the periods that they belong to. Reads `periods`."""
    sql = f"""select episodes.*, periods.grain, periods.period_start
        from ({_body(metric)}) as episodes inner join periods on periods.day = episodes.day
        where list_contains($grains, periods.grain)"""
    return rollup.fetch(con, sql, {"grains": [grain.value for grain in grains], "timezone": zone})


def _body(metric: str) -> str:
    """The SQL of a metric without its header."""
    return "\n".join(line for line in store.model(f"metrics/{metric}").splitlines() if not line.startswith("--"))


def of_members(frame: pl.DataFrame, dimension: Dimension) -> pl.DataFrame:
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
    samples = Samples.of(episodes.filter((pl.col("n") >= least) | (pl.col("grain") == Grain.ALL.value)))
    if samples.keys.is_empty():
        return pl.DataFrame(schema=_schema())
    return pl.concat([_figures(definition, samples, minimum_n) for definition in asked])


def _figures(definition: Definition, samples: Samples, minimum_n: int) -> pl.DataFrame:
    value, low, high, effective = _estimates(definition, samples)
    nothing = MetricStatus.NO_DATA if definition.statistic == "oldest_open" else MetricStatus.TOO_FEW
    is_enough = ~(np.isnan(value) & np.isnan(low))
    numbers = {"value": value, "low": low, "high": np.where(is_enough, high, np.nan), "effective_n": effective}
    is_asked = pl.col("grain").is_in([grain.value for grain in definition.grains])
    return (
        samples.keys.with_columns(
            pl.lit(definition.metric).alias("metric"),
            pl.lit(MetricLane.ALL.value).alias("lane"),
            pl.Series("numerator", samples.total(_events(definition, samples))),
            pl.col("n").cast(pl.Float64).alias("denominator"),
            *(pl.Series(name, of, pl.Float64).fill_nan(None) for name, of in numbers.items()),
            pl.Series("status", np.where(is_enough, MetricStatus.OK.value, nothing.value)),
        )
        .filter(is_asked & (pl.col("n") >= definition.threshold(minimum_n)))
        .select(list(_schema()))
    )


def _estimates(definition: Definition, samples: Samples) -> tuple[Floats, Floats, Floats, Floats]:
    """Value, limits and effective n of every sample; nan where there is none."""
    if definition.statistic is not None:
        nothing = np.full(samples.keys.height, np.nan)
        return _plain(definition, samples), nothing, nothing, nothing
    horizon, seen = definition.horizon_s or math.nan, samples.total(samples.recovered)
    if definition.quantile is not None:
        return (*stats.panel_quantiles(samples.panel, definition.quantile), seen)
    if definition.unit == "fraction":
        return (*stats.panel_shares_ended(samples.panel, horizon), seen)
    means = stats.panel_restricted_means(samples.panel, horizon)
    return means.value, means.low, means.high, means.events


def _plain(definition: Definition, samples: Samples) -> Floats:
    """A mean of the closed episodes, or the age of the oldest open one: no estimates, and without an interval."""
    count = samples.keys.height
    if definition.statistic == "oldest_open":
        ages = np.full(count, -np.inf)
        np.maximum.at(ages, samples.owner[samples.is_open], samples.durations[samples.is_open])
        return np.where(np.isfinite(ages), ages, np.nan)
    closed = samples.total(samples.recovered)
    minutes = samples.total(samples.durations * samples.recovered) / 60
    return np.asarray(np.divide(minutes, closed, out=np.full(count, np.nan), where=closed > 0), dtype=np.float64)


def _events(definition: Definition, samples: Samples) -> NDArray[np.bool_]:
    """Recoveries seen, of a share those within its horizon."""
    horizon = (definition.horizon_s or math.inf) if definition.unit == "fraction" else math.inf
    return np.asarray(samples.recovered & (samples.durations <= horizon), dtype=np.bool_)


def _steps(dimension: str, member: str, rows: pl.DataFrame) -> pl.DataFrame:
    durations, ends = seconds_of(rows), ends_of(rows)
    curve = stats.kaplan_meier(durations, ends == RECOVERED)
    left = np.append(curve.at_risk[1:], 0)
    numbers = {"time_s": curve.time, "survival": curve.survival, "low": curve.low, "high": curve.high}
    for name, kind in (("recovered", RECOVERED), ("held", HELD), ("disabled", DISABLED)):
        numbers[name] = stats.cumulative_incidence(durations, ends, kind).incidence
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
