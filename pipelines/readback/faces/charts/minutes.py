"""One episode from minute to minute: who answered, what the provider declared, when it was off and back."""

from datetime import datetime
from typing import Any

import altair as alt
import polars as pl

from readback.faces import theme
from readback.faces.charts.frame import dressed, inert, limited, local, nothing
from readback.faces.period import Span
from readback.faces.theme import Mode

_KINDS = ("preferred", "substitute", "manual", "hold", "nobody", "not known")


def minutes(
    frame: pl.DataFrame,
    marks: list[tuple[str, datetime]],
    incidents: pl.DataFrame,
    span: Span,
    step_s: int,
    mode: Mode = "light",
    *,
    zone: str = "UTC",
) -> Any:
    """Columns `at`, `who`, `served_by`, `requests` as stacked bars of `step_s` seconds.

    `marks` are the moments to name, such as the opening; rows of `incidents` are bands behind the bars.
    """
    if frame.is_empty():
        return nothing("No request of this workflow in this stretch of time", mode)
    rows = limited(frame).with_columns(until=pl.col("at") + pl.duration(seconds=step_s))
    drawn = inert(local(rows, zone, "at", "until"), "who")
    edges = local(pl.DataFrame({"start": [span.start], "end": [span.end]}), zone, "start", "end")
    domain = [int(edges[name][0].timestamp() * 1000) for name in ("start", "end")]
    days = (span.end - span.start).days
    axis = alt.Axis(format="%-d %b" if days > 2 else "%H:%M", grid=False, tickCount=8, labelFlush=True)
    x = alt.X("at:T", title=None, axis=axis, scale=alt.Scale(type="utc", domain=domain, nice=False, clamp=True))
    layers = [_bands(incidents, span, x, mode, zone), _bars(drawn, x, step_s, mode), _moments(marks, x, mode, zone)]
    layered = alt.layer(*[layer for layer in layers if layer is not None])
    return dressed(layered.properties(height=260, width="container"), mode)


def _bars(drawn: pl.DataFrame, x: alt.X, step_s: int, mode: Mode) -> Any:
    c = theme.ink(mode)
    known = {**theme.served_by(mode), "not known": c.unknown}
    present = [kind for kind in _KINDS if kind in set(drawn["served_by"].to_list())]
    color = alt.Color("served_by:N", scale=alt.Scale(domain=present, range=[known[kind] for kind in present]))
    tips = [
        alt.Tooltip("at:T", title="From", format="%-d %b %H:%M"),
        alt.Tooltip("who:N", title="Answered"),
        alt.Tooltip("served_by:N", title="As"),
        alt.Tooltip("requests:Q", title="Requests", format=","),
    ]
    whole = alt.Axis(tickCount=4, format="d", tickMinStep=1)
    y = alt.Y("below:Q", title=f"requests per {_step(step_s)}", axis=whole)
    bar = alt.Chart(_stacked(drawn)).mark_rect(stroke=c.ground, strokeWidth=0.5)
    return bar.encode(x=x, x2="until:T", y=y, y2="above:Q", color=color, tooltip=tips)


def _stacked(drawn: pl.DataFrame) -> pl.DataFrame:
    """Adds `below` and `above`: bars with an end on the time axis are not stacked by Vega-Lite."""
    ranks = {kind: rank for rank, kind in enumerate(_KINDS)}
    ranked = drawn.sort("at", pl.col("served_by").replace_strict(ranks), "who")
    above = ranked.with_columns(above=pl.col("requests").cum_sum().over("at"))
    return above.with_columns(below=pl.col("above") - pl.col("requests"))


def _step(step_s: int) -> str:
    """The length of one bar in words."""
    if step_s < 3600:
        return "minute" if step_s == 60 else f"{step_s // 60} min"
    return f"{step_s // 3600} h" if step_s < 86400 else "day"


def _bands(incidents: pl.DataFrame, span: Span, x: alt.X, mode: Mode, zone: str) -> Any:
    if incidents.is_empty():
        return None
    c = theme.ink(mode)
    told = limited(incidents).with_columns(
        at=pl.max_horizontal("started_at", pl.lit(span.start)),
        until=pl.min_horizontal(pl.coalesce("known_until", "started_at"), pl.lit(span.end)),
        what=pl.format("{}: {}", "provider", pl.col("title").fill_null("untitled")),
    )
    rows = inert(local(told, zone, "at", "until"), "what", limit=120)
    rect = alt.Chart(rows).mark_rect(color=c.context, opacity=0.16)
    return rect.encode(x=x, x2="until:T", tooltip=[alt.Tooltip("what:N", title="Declared")])


def _moments(marks: list[tuple[str, datetime]], x: alt.X, mode: Mode, zone: str) -> Any:
    c = theme.ink(mode)
    frame = pl.DataFrame(
        {
            "words": [words for words, _ in marks],
            "at": [at for _, at in marks],
            "row": [12 * n for n in range(len(marks))],
        },
        schema={"words": pl.String, "at": pl.Datetime("us", "UTC"), "row": pl.Int64},
    )
    base = alt.Chart(local(frame, zone, "at")).encode(x=x)
    rule = base.mark_rule(color=c.off, strokeDash=[4, 3])
    set_as: dict[str, Any] = {"align": "left", "dx": 4, "dy": 6, "baseline": "top", "fontSize": 11, "fontWeight": 600}
    # A bar may stand behind the word.
    ground = base.mark_text(color=c.ground, stroke=c.ground, strokeWidth=4, opacity=0.85, **set_as)
    words = [ground, base.mark_text(color=c.text, **set_as)]
    placed: dict[str, Any] = {"text": "words:N", "y": alt.Y("row:Q", scale=None, axis=None)}
    return alt.layer(rule, *(each.encode(**placed) for each in words))
