"""How every face reads: one query, one frame, its moments in UTC."""

from typing import Any

import polars as pl

from readback import store
from readback.store import Connection


def frame(con: Connection, sql: str, **parameters: Any) -> pl.DataFrame:
    """Rows of a query; only the parameters that it names are bound."""
    found: pl.DataFrame = store.query(con, sql, parameters).pl()
    moments = [name for name, kind in found.schema.items() if isinstance(kind, pl.Datetime) and kind.time_zone]
    return found.with_columns(pl.col(name).dt.convert_time_zone("UTC") for name in moments)
