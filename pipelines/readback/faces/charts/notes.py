"""What happened beside the figures, on their time axis: ticks for declared incidents, marks for what was changed."""

from datetime import timedelta
from typing import Any

import altair as alt
import polars as pl

from readback.faces import theme
from readback.faces.charts.frame import inert, limited, local
from readback.faces.theme import Mode

INCIDENT = "provider incident"
_SHAPES = {"admin change": "triangle-down", "policy change": "diamond", "note": "circle"}


def over(frame: pl.DataFrame, zone: str, x: str, mode: Mode, axis: alt.X | None = None) -> Any:
    """Rows of `annotations` along the top: incidents as ticks, all else as rules; None where there is none.

    A rule ends in a mark that tells its kind, or, where the frame has a column `number`, in that number, for paper.
    `x` names the field that the time axis of the chart below uses, so that both share its scale; `axis` is that axis
    where it is not to be drawn.
    """
    if frame.is_empty():
        return None
    c = theme.ink(mode)
    told = inert(local(limited(frame), zone, "at"), "what", limit=140).rename({"at": x})
    tips = [
        alt.Tooltip("kind:N", title="Beside it"),
        alt.Tooltip(f"{x}:T", title="At", format="%-d %b %H:%M"),
        alt.Tooltip("what:N", title="What"),
    ]
    base = alt.Chart(told).encode(x=axis or alt.X(f"{x}:T"), tooltip=tips)
    declared, changed = told["kind"] == INCIDENT, told["kind"] != INCIDENT
    layers = [_ticks(base, told.filter(declared), c)] if declared.any() else []
    layers += _changed(base, told.filter(changed), c) if changed.any() else []
    return alt.layer(*layers)


def _ticks(base: Any, told: pl.DataFrame, c: theme.Ink) -> Any:
    tick = base.mark_tick(orient="vertical", thickness=3, size=8, color=c.context, opacity=0.75)
    return tick.encode(y=alt.value(2)).properties(data=told)


def _changed(base: Any, told: pl.DataFrame, c: theme.Ink) -> list[Any]:
    rule = base.mark_rule(color=c.off, strokeDash=[4, 3], opacity=0.7).properties(data=told)
    if "number" in told.columns:
        text = base.mark_text(fontSize=11, fontWeight=600, color=c.off).encode(y=alt.value(-7), text="number:N")
        return [rule, text.properties(data=told.filter(pl.col("number").is_not_null()))]
    scale = alt.Scale(domain=list(_SHAPES), range=list(_SHAPES.values()))
    shape = alt.Shape("kind:N", scale=scale, legend=None)
    mark = base.mark_point(filled=True, size=52, color=c.off, opacity=0.85).encode(y=alt.value(2), shape=shape)
    return [rule, mark.properties(data=told)]


def since(frame: pl.DataFrame, history: pl.DataFrame) -> pl.DataFrame:
    """What happened since the first period of a history; an older mark would stretch its axis."""
    return frame.filter(pl.col("at") >= history["period_start"].min())


def legible(frame: pl.DataFrame, room: timedelta) -> pl.DataFrame:
    """Rows of `annotations` with `number` as text: of several that follow within `room`, the last bears them all.

    Incidents have none. The frame is sorted by time, and its numbers follow one another.
    """
    is_numbered = pl.col("number").is_not_null()
    numbered = frame.filter(is_numbered).with_columns(
        group=(pl.col("at").diff() > room).fill_null(value=True).cum_sum(),
    )
    first, last = pl.col("number").min().over("group"), pl.col("number").max().over("group")
    label = pl.when(first == last).then(pl.format("{}", last)).otherwise(pl.format("{}–{}", first, last))
    said = numbered.with_columns(number=pl.when(pl.col("number") == last).then(label)).drop("group")
    unnumbered = frame.filter(~is_numbered).with_columns(pl.col("number").cast(pl.String))
    return pl.concat([unnumbered, said]).sort("at", maintain_order=True)
