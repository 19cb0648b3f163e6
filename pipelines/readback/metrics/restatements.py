"""What later data changed in figures of periods that had ended: kept for ever, and summing to the difference."""

from datetime import datetime

from readback import store
from readback.contracts import MetricValue, Restatement

_KEY = "metric, grain, period_start, dimension, member, lane"


def remember(con: store.Connection) -> datetime | None:
    """Keep the figures as `previous_values` before they are replaced, and return their watermark."""
    con.execute(f"create or replace temp table previous_values as select * from {MetricValue.table}")
    (before,) = con.execute("select max(as_of) from previous_values").fetchall()[0]
    return before if isinstance(before, datetime) else None


def restate(con: store.Connection, zone: str, previous_as_of: datetime | None, as_of: datetime) -> None:
    """Append what changed since `remember`; two runs at one watermark make one row of it."""
    if previous_as_of is not None:
        parameters = {"timezone": zone, "previous_as_of": previous_as_of, "as_of": as_of}
        store.insert_model(con, Restatement.table, store.model("marts/restatements"), parameters)
        _merge(con, as_of)
    con.execute("drop table previous_values")


def _merge(con: store.Connection, as_of: datetime) -> None:
    con.execute(
        f"""create or replace temp table merged as
        select {_KEY}, min(previous_as_of) as previous_as_of, as_of, sum(numerator_change) as numerator_change,
            sum(denominator_change) as denominator_change, first(previous_value) as previous_value, last(value) as value
        from (select * from {Restatement.table} where as_of = $as_of order by previous_as_of, rowid)
        group by {_KEY}, as_of""",
        {"as_of": as_of},
    )
    con.execute(f"delete from {Restatement.table} where as_of = ?", [as_of])
    con.execute(f"insert into {Restatement.table} by name select * from merged")
    con.execute("drop table merged")
