"""The table of workflows as the dashboard draws it: each trend with what happened beside it, sorted by its figures.

Streamlit's own grid draws no marks into a trend and sorts phrases by their letters. This one is a table of HTML, which
a screen reader and a keyboard know. Words come in through Jinja, which escapes them; the page's script adds none.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

import jinja2
import polars as pl
import streamlit as st

from readback.contracts import MetricValue
from readback.faces import annotations, figures, theme
from readback.faces.grid.shape import Mark, Shape, marks, shape
from readback.faces.inert import plain
from readback.faces.period import Span
from readback.faces.theme import Mode
from readback.settings import Note

__all__ = ["MOST_ROWS", "drawn", "marks", "pick", "ranked", "shapes", "spanned"]

MOST_ROWS = 300
_SEARCHABLE = 12
"""More rows than this bring a field to search them by."""
_RISKS = ["low", "moderate", "high", "critical"]
_HERE = jinja2.PackageLoader("readback.faces.grid", ".")
_PAGES = jinja2.Environment(
    loader=_HERE, autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
)


def drawn(
    table: pl.DataFrame,
    names: Mapping[str, str],
    ranks: Mapping[tuple[str, str], float],
    shapes: Mapping[str, Shape],
    kept: Mapping[str, str],
    mode: Mode = "light",
    shared: Sequence[Mark] = (),
) -> str:
    """The table as HTML: `names` are its columns, `ranks` what a cell of a workflow is sorted by.

    A cell without a rank was withheld. `kept` is what a link to a workflow takes along in its address. Marks that every
    trend bears are drawn once.
    """
    lines = [_line(row, names, ranks, shapes, kept) for row in table.head(MOST_ROWS).to_dicts()]
    ink = theme.ink(mode)
    return _PAGES.get_template("grid.html.j2").render(
        names=names,
        lines=lines,
        ink=ink,
        shared=shared,
        left_out=max(0, table.height - MOST_ROWS),
        searchable=_SEARCHABLE,
    )


def pick(html: str, members: Sequence[str | None], key: str) -> str | None:
    """Draw the table; the workflow whose row was chosen, None before."""
    mounted = st.components.v2.component("readback_grid", css=_source("grid.css"), js=_source("grid.js"))
    told = mounted(data=html, key=key, on_opened_change=lambda: None)
    return told.opened if told.opened in members else None


def spanned(trends: pl.DataFrame, seen: Span) -> Span:
    """The one time axis of every trend: from the first period of any to the end of what is seen."""
    starts = trends["starts"].explode().drop_nulls().to_list()
    return Span(min([*starts, seen.start]), seen.end)


def shapes(trends: pl.DataFrame, span: Span, shared: Sequence[Mark], notes: Sequence[Note] = ()) -> dict[str, Shape]:
    """The trend of each workflow with the notes of its own; what happened to all is `shared`."""
    of = {name: [note for note in notes if note.workflow == name] for name in {note.workflow for note in notes}}
    named = {name: marks(annotations.own(own, span, name), span) for name, own in of.items() if name}
    return {row["member"]: shape(row, span, named.get(row["member"], []), shared) for row in trends.to_dicts()}


def ranked(values: Sequence[MetricValue], effects: pl.DataFrame) -> dict[tuple[str, str], float]:
    """What the cell of a workflow in a column is sorted by; absent where the figure is withheld."""
    found = {
        (value.member, value.metric): value.value
        for value in values
        if value.value is not None and not figures.withheld(value)
    }
    told = effects.filter((pl.col("status") == "ok") & pl.col("estimate").is_not_null())
    return found | {(row["member"], "effect"): row["estimate"] for row in told.to_dicts()}


def _source(name: str) -> str:
    return _HERE.get_source(_PAGES, name)[0]


def _line(
    row: Mapping[str, Any],
    names: Mapping[str, str],
    ranks: Mapping[tuple[str, str], float],
    shapes: Mapping[str, Shape],
    kept: Mapping[str, str],
) -> dict[str, Any]:
    member = row["workflow"]
    cells = [_cell(row, name, ranks) for name in names if name != "workflow"]
    address = urlencode({"workflow": member, **kept})
    return {
        "member": member,
        "name": plain(member, 60),
        "address": address,
        "cells": cells,
        "shape": shapes.get(member),
    }


def _cell(row: Mapping[str, Any], name: str, ranks: Mapping[tuple[str, str], float]) -> dict[str, Any]:
    """A figure's headline, the interval behind it, and what it is sorted by; a word has no second line."""
    if name == "trend":
        return {"name": name}
    said = plain(row[name], 80) if row[name] else figures.DASH
    if name in ("class_id", "risk"):
        rank = _RISKS.index(said) if said in _RISKS else said.casefold()
        return {"name": name, "head": said, "rest": "", "rank": rank, "is_withheld": False}
    head, _, rest = said.partition(" (")
    rank_of = ranks.get((row["workflow"], name))
    is_shown = rank_of is not None and bool(rest)
    return {
        "name": name,
        "head": head if is_shown else said,
        "rest": rest.removesuffix(")") if is_shown else "",
        "rank": "" if rank_of is None else rank_of,
        "is_withheld": rank_of is None,
    }
