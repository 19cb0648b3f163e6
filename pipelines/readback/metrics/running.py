"""Figures whose period still runs: beside the interval of one look, limits that hold however often one looks.

A closed period is looked at once, and Wilson limits keep their promise. People reload a running week until it says what
they hope for; of all those looks together Wilson limits promise nothing.
"""

from datetime import datetime

import numpy as np
import polars as pl

from readback import stats, store
from readback.metrics import rollup
from readback.metrics.definitions import metrics_of
from readback.stats.estimate import Floats
from readback.stretches import SLACK


def running_periods(con: store.Connection, zone: str, as_of: datetime) -> pl.DataFrame:
    """Grain and start of every period that the logs do not reach the end of; of grain all, always. Reads `periods`."""
    sql = f"""select distinct grain, period_start from periods where grain = 'all'
        union all
        select grain, period_start from ({store.model("marts/period_bounds")}) where ends_at > $reached"""
    return rollup.fetch(con, sql, {"timezone": zone, "reached": as_of + SLACK})


def with_anytime_limits(figures: pl.DataFrame, running: pl.DataFrame) -> pl.DataFrame:
    """The figures with `anytime_low` and `anytime_high`: of rates that may be read, in periods that run."""
    rates = [definition.metric for definition in metrics_of("proportion", "clustered_proportion")]
    marked = figures.join(running.with_columns(pl.lit(True).alias("runs")), on=["grain", "period_start"], how="left")
    is_wanted = pl.col("runs").fill_null(False) & pl.col("metric").is_in(rates) & pl.col("value").is_not_null()
    wanted = marked.select(is_wanted).to_series().to_numpy()
    n = figures["effective_n"].fill_null(np.nan).to_numpy()[wanted]
    found = stats.confidence_sequence(figures["value"].fill_null(np.nan).to_numpy()[wanted] * n, n)
    return figures.with_columns(
        _spread(wanted, found.low).alias("anytime_low"), _spread(wanted, found.high).alias("anytime_high")
    )


def _spread(wanted: np.ndarray[tuple[int], np.dtype[np.bool_]], limits: Floats) -> pl.Series:
    """Limits of the wanted rows among the others, which have none."""
    whole = np.full(wanted.size, np.nan)
    whole[wanted] = limits
    return pl.Series(whole).fill_nan(None)
