"""Rows as files that people open elsewhere. Text from logs stays text: no cell becomes a formula or a link."""

import io
import json
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any

import polars as pl


def csv(frame: pl.DataFrame) -> bytes:
    """CSV in which no text is taken for a formula; nested values are JSON."""
    return _flat(frame).with_columns(pl.col(pl.String).map_batches(_harmless)).write_csv().encode()


def as_json(frame: pl.DataFrame) -> bytes:
    """One JSON array of objects whose keys are the column names."""
    return json_text(frame.to_dicts()).encode()


def parquet(frame: pl.DataFrame) -> bytes:
    """Parquet with the types as they are."""
    out = io.BytesIO()
    frame.write_parquet(out)
    return out.getvalue()


def xlsx(frame: pl.DataFrame) -> bytes:
    """A workbook of one sheet; moments are UTC, texts are written as texts."""
    import xlsxwriter

    out = io.BytesIO()
    told = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False, "nan_inf_to_errors": True}
    with xlsxwriter.Workbook(out, told) as book:
        moments = pl.col(pl.Datetime).dt.replace_time_zone(None)
        _flat(frame).with_columns(moments).write_excel(book, "rows", autofit=True)
    return out.getvalue()


WRITERS: Mapping[str, Callable[[pl.DataFrame], bytes]] = {
    ".csv": csv,
    ".json": as_json,
    ".parquet": parquet,
    ".xlsx": xlsx,
}
"""How rows are written, by the suffix of the file."""


def json_text(rows: list[dict[str, Any]]) -> str:
    """Rows as one JSON array of objects; moments in ISO 8601."""
    return json.dumps(rows, default=_plain, ensure_ascii=False, indent=1) + "\n"


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime | date) else str(value)


def _flat(frame: pl.DataFrame) -> pl.DataFrame:
    nested = [name for name, kind in frame.schema.items() if kind.is_nested()]
    return frame.with_columns(
        pl.Series(name, [_text(value) for value in frame[name].to_list()], dtype=pl.String) for name in nested
    )


def _text(value: Any) -> str | None:
    return None if value is None else json.dumps(value, default=_plain, ensure_ascii=False)


def _harmless(texts: pl.Series) -> pl.Series:
    return pl.select(
        pl.when(texts.str.contains(r"^[=+\-@\t\r]")).then(pl.lit("'") + texts).otherwise(texts).alias(texts.name)
    ).to_series()
