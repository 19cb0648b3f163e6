"""From days to periods: which figures the headers ask for, and the sums that each of them is estimated from."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, NamedTuple

import polars as pl

from readback import store
from readback.contracts.vocabulary import Dimension, Grain
from readback.metrics.definitions import Definition
from readback.settings import Settings

DAILY_DIMENSIONS = (Dimension.ALL, Dimension.WORKFLOW)
"""Dimensions that figures by day are given for; the others start at weeks."""

_ASKED = {
    "metric": pl.String,
    "grain": pl.String,
    "dimension": pl.String,
    "lane": pl.String,
    "is_stock": pl.Boolean,
    "is_undivided": pl.Boolean,
}


def ask(con: store.Connection, wanted: Iterable[Definition]) -> None:
    """`asked`: every metric, grain, dimension and lane that a header asks for."""
    rows = [
        (d.metric, grain.value, dimension.value, lane.value, d.is_stock, dimension in d.undivided)
        for d in wanted
        for grain in d.grains
        for dimension in d.dimensions
        for lane in d.lanes
        if grain is not Grain.DAY or dimension in DAILY_DIMENSIONS
    ]
    keep(con, "asked", pl.DataFrame(rows, schema=_ASKED, orient="row"))


def make_periods(con: store.Connection, settings: Settings) -> None:
    """`periods`: the day, week, month and whole that each day of `calendar` lies in."""
    parameters = {"timezone": settings.project.timezone, "week_offset": week_offset(settings)}
    store.temp_table(con, "periods", "marts/periods", parameters)


def week_offset(settings: Settings) -> int:
    """Days by which the project's week starts before Monday."""
    return 1 if settings.project.week_starts == "sunday" else 0


class Sums(NamedTuple):
    """What figures with daily rows are estimated from.

    Attributes:
        figures: One row per figure, with the sums that it rests on.
        months: One row per clustered metric, lane, workflow and month, with sums over its clusters.
    """

    figures: pl.DataFrame
    months: pl.DataFrame

    def of(self, metric: str) -> "Sums":
        """Those of one metric."""
        return Sums(*(rows.filter(pl.col("metric") == metric) for rows in self))


def roll_up(con: store.Connection) -> Sums:
    """The sums of every metric that has daily rows."""
    store.temp_table(con, "member_days", "marts/member_days")
    found = Sums(fetch(con, store.model("marts/rollup")), fetch(con, store.model("marts/cluster_months")))
    con.execute("drop table member_days")
    return found


def silent(con: store.Connection, first_start: datetime) -> pl.DataFrame:
    """Metric, grain and period of every headline figure that might be asked for, `all` even without any day."""
    return fetch(
        con,
        """select distinct asked.metric, asked.grain, periods.period_start
        from asked inner join periods on periods.grain = asked.grain
        union
        select metric, 'all', cast($first_start as timestamptz) from asked
        order by metric, grain, period_start""",
        {"first_start": first_start},
    )


def fetch(con: store.Connection, sql: str, parameters: Mapping[str, Any] | None = None) -> pl.DataFrame:
    """The rows of one query as a frame."""
    found: pl.DataFrame = store.query(con, sql, parameters).pl()
    return found


def keep(con: store.Connection, name: str, frame: pl.DataFrame) -> None:
    """A frame as a temporary table."""
    con.register("incoming", frame.to_arrow())
    con.execute(f"create or replace temp table {name} as select * from incoming")
    con.unregister("incoming")
