"""What every chart shares: the row limit, local time, the theme put on, and the word for nothing to draw."""

from typing import Any

import altair as alt
import polars as pl

from readback.faces.inert import plain
from readback.faces.theme import Mode, config, ink

MAX_ROWS = 5_000
"""Altair refuses more; a reader would see no more either."""

Chart = alt.Chart | alt.LayerChart | alt.VConcatChart | alt.HConcatChart


def limited(frame: pl.DataFrame) -> pl.DataFrame:
    """At most `MAX_ROWS` rows, the first ones."""
    return frame.head(MAX_ROWS)


def dressed(chart: Any, mode: Mode) -> Any:
    """The chart with the theme of a mode."""
    # Altair's own `configure` copies and checks every layer once more; the whole is checked when it is drawn.
    themed = chart.copy(deep=False)
    themed.config = config(mode)
    return themed


def local(frame: pl.DataFrame, zone: str, *columns: str) -> pl.DataFrame:
    """Times as clocks in the zone show them, written as UTC, so that every browser draws the same axis."""
    shifted = [
        pl.col(name).dt.convert_time_zone(zone).dt.replace_time_zone(None).dt.replace_time_zone("UTC")
        for name in columns
    ]
    return frame.with_columns(shifted)


def inert(frame: pl.DataFrame, *columns: str, limit: int = 60) -> pl.DataFrame:
    """Texts of the columns without anything but visible characters."""
    cleaned = [pl.col(name).map_elements(lambda text: plain(text, limit), return_dtype=pl.String) for name in columns]
    return frame.with_columns(cleaned)


def nothing(words: str, mode: Mode, height: int = 80, width: int | str = "container") -> Any:
    """A chart that says why there is none."""
    text = alt.Chart(pl.DataFrame({"words": [words]})).mark_text(color=ink(mode).muted, fontSize=13)
    return dressed(text.encode(text="words:N").properties(height=height, width=width), mode)
