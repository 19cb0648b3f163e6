"""A framed chart or table with what a doubter asks of it: its definition, the rows behind it, and files to take away.

Files are made when they are asked for. The link opens the SQL page in a new tab, the statement in its address.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from typing import Any
from urllib.parse import quote

import polars as pl
import streamlit as st

from readback.faces import download, figures, theme
from readback.faces.board import Board
from readback.faces.figures import Definition

_TYPES = {"csv": "text/csv", "parquet": "application/vnd.apache.parquet", "json": "application/json"}
_PICTURE_WIDTH = 900
LONGEST_ADDRESS = 6_000
"""Characters of a statement that an address may carry."""


@dataclass(frozen=True)
class Shown:
    """What a frame on screen is made of; `metric` names the definition, `sql` shows the rows behind it."""

    name: str
    frame: pl.DataFrame
    sql: str = ""
    drawn: Any = None
    metric: str | None = None


def card(view: Board, head: str, shown: Shown, under: str | None = None, **extra: Any) -> AbstractContextManager[Any]:
    """A framed part of a page with its name, and at its right the menu of what stands behind it."""
    frame = st.container(border=True, **extra)
    with (
        frame,
        st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute", gap="small"),
    ):
        st.markdown(f"##### {head}", width="content")
        menu(view, shown)
    if under:
        frame.caption(under)
    return frame


def menu(view: Board, shown: Shown, label: str = "Behind it") -> None:
    """The menu alone: definition, rows, files."""
    with st.popover(label, type="tertiary", icon=":material/data_object:", key=f"behind-{shown.name}"):
        if shown.metric:
            defined(view.definitions.get(shown.metric))
        if shown.sql:
            _rows(shown.sql)
        if shown.frame.width:
            _files(shown)


def defined(definition: Definition | None) -> None:
    """A metric's definition in short, with the way to the whole of it."""
    if definition is None:
        return
    st.markdown(f"**{figures.label(definition.metric)}**  \n{definition.question}")
    st.caption(f"Unit: {definition.unit} · {definition.better} is better")
    st.page_link(
        "views/definitions.py", label="Definition", icon=":material/menu_book:",
        query_params={"metric": definition.metric},
    )  # fmt: skip


def _rows(sql: str) -> None:
    with st.expander("SQL of the rows behind it"):
        st.code(sql, language="sql")
    address = f"sql?statement={quote(sql)}"
    if len(address) < LONGEST_ADDRESS:
        st.link_button("Open the rows", address, icon=":material/database:")


def _files(shown: Shown) -> None:
    st.caption(f"{shown.frame.height:,} rows on screen")
    with st.container(horizontal=True, gap="small"):
        for suffix in (".csv", ".xlsx", ".parquet"):
            _button(shown.name, suffix, partial(download.WRITERS[suffix], shown.frame))
        if shown.drawn is not None:
            for suffix, paint in _PAINTERS.items():
                _button(shown.name, suffix, partial(paint, shown.drawn))


def files(name: str, frame: pl.DataFrame) -> None:
    """A button for each kind of file that rows become."""
    for suffix, write in download.WRITERS.items():
        _button(name, suffix, partial(write, frame))


def _button(name: str, suffix: str, make: Callable[[], bytes]) -> None:
    kind = suffix.removeprefix(".")
    file = f"readback-{name}{suffix}"
    st.download_button(kind.upper(), make, file, _TYPES.get(kind), key=f"{name}-{kind}", on_click="ignore")


def svg(drawn: Any) -> bytes:
    """The chart as SVG, of a fixed width."""
    import vl_convert

    return str(vl_convert.vegalite_to_svg(_sized(drawn), allowed_base_urls=[])).encode()


def png(drawn: Any) -> bytes:
    """The chart as PNG, twice as fine as a screen."""
    import vl_convert

    return bytes(vl_convert.vegalite_to_png(_sized(drawn), scale=2, allowed_base_urls=[]))


def _sized(drawn: Any) -> dict[str, Any]:
    """A page gives a chart its width and its ground; a file has neither."""
    spec: dict[str, Any] = drawn.to_dict()
    ink = next(each for each in (theme.DARK, theme.LIGHT) if each.text == spec["config"]["text"]["color"])
    width = _PICTURE_WIDTH if spec.get("width") == "container" else spec.get("width")
    return spec | {"width": width, "background": ink.ground, "padding": 12}


_PAINTERS: dict[str, Callable[[Any], bytes]] = {".svg": svg, ".png": png}
