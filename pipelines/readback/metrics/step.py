"""STEP: facts → daily marts → figures, effects, recovery, verdicts by week, restatements.

Says in what order, and replaces the tables.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime

import polars as pl

from readback import store
from readback.contracts import ConformanceWeek, MetricEffect, MetricValue, RecoveryComparison, RecoveryCurve
from readback.contracts.ddl import column_names
from readback.metrics import marts, restatements, rollup, sensitivity
from readback.metrics.absence import explained
from readback.metrics.amounts import amount_rows
from readback.metrics.comparisons import comparison_rows
from readback.metrics.conformance import conformance_weeks
from readback.metrics.definitions import Definition, definitions, metrics_of
from readback.metrics.effects import effect_rows
from readback.metrics.estimation import judge, nothing_told, proportions, totals
from readback.metrics.latency import latency_figures
from readback.metrics.maturing import marked, marked_effects
from readback.metrics.needs import unreported
from readback.metrics.recovery import curve_rows, recovery_figures
from readback.metrics.running import running_periods, with_anytime_limits
from readback.settings import Settings
from readback.stretches import Range

_TOLD: dict[str, pl.DataType | type[pl.DataType]] = {
    **dict.fromkeys(("numerator", "denominator", "value", "effective_n", "eligible", "observable"), pl.Float64),
    "closes_at": pl.Datetime("us", "UTC"),
}
_EPISODES = "recovery_time_median_s"
"""Metric whose rows the recovery curves are drawn from."""


def refresh(con: store.Connection, settings: Settings, as_of: datetime, dirty: Sequence[Range]) -> None:
    """Bring marts, figures, effects, curves, histograms, weekly verdicts and restatements up to date.

    `dirty` holds every stretch of time in which a request, a fallback event or a run has changed; days on which runs
    came of age are found without it. Any split of the same logs into calls ends in the same figures.
    """
    zone = settings.project.timezone
    with store.transaction(con):
        marts.renew(con, settings, as_of, dirty)
        marts.name_models(con)
        previous_as_of = restatements.remember(con)
        found = figures(con, settings, as_of)
        _replace(con, MetricValue.table, found, column_names(MetricValue))
        restatements.restate(con, zone, previous_as_of, as_of)
        compared = [*marked_effects(effect_rows(con, settings, as_of), found), *amount_rows(con, settings, as_of)]
        store.replace_rows(con, MetricEffect, compared)
        curves = curve_rows(con, store.model(f"metrics/{_EPISODES}"), zone)
        _replace(con, RecoveryCurve.table, curves, column_names(RecoveryCurve))
        _replace(con, ConformanceWeek.table, conformance_weeks(con, settings), column_names(ConformanceWeek))
        store.replace_rows(con, RecoveryComparison, comparison_rows(con, settings, as_of))
        sensitivity.renew(con, settings, as_of, dirty, previous_as_of)


def figures(con: store.Connection, settings: Settings, as_of: datetime) -> pl.DataFrame:
    """`metric_values`, from the daily marts and the episodes."""
    zone, asked = settings.project.timezone, list(definitions().values())
    absent = unreported(con, asked)
    reported = [definition for definition in asked if definition.metric not in absent]
    rollup.ask(con, asked)
    rollup.make_periods(con, settings)
    found = [frame for frame in _told(con, settings, reported) if frame.height]
    skeleton = rollup.silent(con, marts.first_day_start(con, zone))
    found.append(
        nothing_told(skeleton, found, {definition.metric: definition.metric in absent for definition in asked})
    )
    # Where nothing is told, no frame brings these columns.
    found.append(pl.DataFrame(schema=_TOLD))
    told = with_anytime_limits(pl.concat(found, how="diagonal"), running_periods(con, zone, as_of))
    told = explained(con, told, zone, settings.metrics.minimum_n)
    return _completed(marked(con, told, zone, as_of, settings.windows.late), as_of)


def _told(con: store.Connection, settings: Settings, told: Sequence[Definition]) -> Iterator[pl.DataFrame]:
    zone, minimum_n = settings.project.timezone, settings.metrics.minimum_n
    sums = rollup.roll_up(con)
    for definition in told:
        rows, months = sums.of(definition.metric)
        if definition.estimator == "total":
            yield judge(totals(rows, definition), definition, minimum_n, settings.metrics.minimum_coverage)
        elif definition.estimator in ("proportion", "clustered_proportion"):
            yield judge(proportions(rows, definition, months), definition, minimum_n, settings.metrics.minimum_coverage)
    survival = [definition for definition in metrics_of("survival") if definition in told]
    yield recovery_figures(con, survival, zone, minimum_n)
    quantiles = [definition for definition in metrics_of("quantile") if definition in told]
    yield latency_figures(con, quantiles, zone, minimum_n)


def _completed(figures: pl.DataFrame, as_of: datetime) -> pl.DataFrame:
    known = definitions()
    derived = {"unit", "definition_version", "as_of"}
    missing = [name for name in column_names(MetricValue) if name not in {*figures.columns, *derived}]
    units = {metric: definition.unit for metric, definition in known.items()}
    versions = {metric: definition.definition_version for metric, definition in known.items()}
    return figures.with_columns(
        *(pl.lit(None, pl.Float64).alias(name) for name in missing),
        pl.col("metric").replace_strict(units, return_dtype=pl.String).alias("unit"),
        pl.col("metric").replace_strict(versions, return_dtype=pl.Int64).alias("definition_version"),
        pl.lit(as_of).alias("as_of"),
    )


def _replace(con: store.Connection, table: str, rows: pl.DataFrame, names: list[str]) -> None:
    con.execute(f"delete from {table}")
    con.register("incoming", rows.select(names).to_arrow())
    con.execute(f"insert into {table} by name select * from incoming")
    con.unregister("incoming")
