"""What happened beside the figures, on their own time axis: bands for what lasted, marks for what was changed."""

from typing import Any

import altair as alt
import polars as pl

from readback.faces import theme
from readback.faces.charts.frame import inert, limited, local
from readback.faces.theme import Mode

_SHAPES = {"provider incident": "square", "admin change": "triangle-down", "policy change": "diamond", "note": "circle"}


def over(frame: pl.DataFrame, zone: str, x: str, mode: Mode, axis: alt.X | None = None) -> Any:
    """Rows of `annotations` as rules with a mark on top, incidents as marks alone; None where there is none.

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
    rule = base.transform_filter("datum.kind != 'provider incident'")
    scale = alt.Scale(domain=list(_SHAPES), range=list(_SHAPES.values()))
    mark = base.mark_point(filled=True, size=52, color=c.off, opacity=0.85)
    marks = mark.encode(y=alt.value(2), shape=alt.Shape("kind:N", scale=scale, legend=None))
    return alt.layer(rule.mark_rule(color=c.off, strokeDash=[4, 3], opacity=0.7), marks)
