"""JSON lines from a record that is written once as a Python dict with holes; filled by columns, not by rows.

In the dict, the string `"@name"` is a hole for a JSON value and `${name}` inside a string is a hole for text.
Whoever fills a hole gives JSON-safe text.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

import polars as pl

_HOLE = re.compile(r'"@(\w+)"|\$\{(\w+)\}')


def fill(record: Mapping[str, Any], **columns: pl.Expr) -> pl.Expr:
    """Return the expression that prints `record` as one compact JSON text per row.

    A hole without an argument of its name takes the column of that name.
    """
    template = json.dumps(record, separators=(",", ":"))
    parts: list[pl.Expr] = []
    position = 0
    for hole in _HOLE.finditer(template):
        parts.append(pl.lit(template[position : hole.start()]))
        name = hole[1] or hole[2]
        parts.append(columns[name] if name in columns else pl.col(name))
        position = hole.end()
    parts.append(pl.lit(template[position:]))
    return pl.concat_str(parts)


def seconds_text(microseconds: pl.Expr) -> pl.Expr:
    """Print microseconds as seconds with six decimals."""
    return _fixed(microseconds, 1_000_000, 6)


def usd_text(nano_usd: pl.Expr) -> pl.Expr:
    """Print billionths of a dollar as dollars with nine decimals."""
    return _fixed(nano_usd, 1_000_000_000, 9)


def _fixed(value: pl.Expr, unit: int, decimals: int) -> pl.Expr:
    fraction = (value % unit).cast(pl.String).str.zfill(decimals)
    return pl.concat_str((value // unit).cast(pl.String), pl.lit("."), fraction)


def utc_text(microseconds: pl.Expr, pattern: str = "%Y-%m-%dT%H:%M:%SZ") -> pl.Expr:
    """Print microseconds since the epoch as a UTC time."""
    return pl.from_epoch(microseconds, time_unit="us").dt.strftime(pattern)


def choice(code: str, texts: list[str]) -> pl.Expr:
    """Print the text that stands at the index in column `code`; -1 is the last text."""
    lookup = pl.Series(texts, dtype=pl.String)
    index = pl.when(pl.col(code) < 0).then(len(texts) - 1).otherwise(pl.col(code)).cast(pl.UInt32)
    return pl.lit(lookup).gather(index)
