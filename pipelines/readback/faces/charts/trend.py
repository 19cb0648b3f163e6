"""A metric over time and over members, always with its interval."""

from datetime import datetime
from typing import Any

import altair as alt
import polars as pl

from readback.contracts.vocabulary import Grain, MetricStatus
from readback.faces import figures, theme
from readback.faces.charts import notes
from readback.faces.charts.frame import dressed, inert, limited, local, nothing
from readback.faces.theme import Mode

_FORMATS = {Grain.MONTH: "%b %Y", Grain.WEEK: "%-d %b", Grain.DAY: "%-d %b"}
_MOST_TICKS = 12
_ROOM = 13
"""Pixels at the top of a sparkline that are for what happened beside it."""
_TIGHT = {"left": 2, "right": 2, "top": 2, "bottom": 2}
"""A dictionary, because Streamlit's page writes into it."""


def trend(
    frame: pl.DataFrame,
    mode: Mode = "light",
    *,
    zone: str = "UTC",
    height: int = 240,
    width: int | str = "container",
    annotations: pl.DataFrame | None = None,
) -> Any:
    """Rows of one metric and grain of `metric_values`: line, points and interval band per lane.

    A withheld figure breaks the line and leaves a hollow mark on the axis that says why. Rows of `annotations` stand
    on the same axis.
    """
    drawn = _plotted(frame, zone)
    if drawn["shown"].null_count() == drawn.height:
        return nothing(_why_nothing(frame), mode, height, width)
    since = notes.since(annotations, frame) if annotations is not None else None
    beside = notes.over(since, zone, "period_start", mode) if since is not None else None
    # A layer without a mark would be a picture without a name to a screen reader.
    gaps = [_gaps(drawn, mode)] if drawn["shown"].null_count() else []
    told = [_band(drawn, mode), _line(drawn, mode), *gaps, _names(drawn, mode), *([beside] if beside else [])]
    layers = alt.layer(*told).resolve_scale(shape="independent")
    return dressed(layers.properties(height=height, width=width), mode)


def sparkline(
    frame: pl.DataFrame,
    mode: Mode = "light",
    *,
    zone: str = "UTC",
    height: int = 56,
    annotations: pl.DataFrame | None = None,
) -> Any:
    """The same rows without axes, for a headline: the shape, its band, and the `annotations` of its stretch of time."""
    drawn = _plotted(frame, zone)
    if drawn["shown"].drop_nulls().len() < 2:
        return nothing("", mode, height)
    x = alt.X("period_start:T", axis=None, scale=alt.Scale(padding=5))
    base = alt.Chart(drawn).encode(x=x)
    color = theme.ink(mode).preferred
    beside = _beside(annotations, frame, zone, mode, x)
    scale = alt.Scale(zero=False, nice=False, range=[height - 3, _ROOM if beside else 3])
    band = base.mark_area(opacity=0.16, color=color).encode(y=alt.Y("low:Q", axis=None, scale=scale), y2="high:Q")
    line = base.mark_line(color=color, strokeWidth=2).encode(y=alt.Y("shown:Q", axis=None), tooltip=_tooltip())
    last = drawn.filter(pl.col("shown").is_not_null()).tail(1)
    point = alt.Chart(last).mark_point(filled=True, size=46, color=color, opacity=1)
    dot = point.encode(x=x, y=alt.Y("shown:Q", axis=None), tooltip=_tooltip())
    told = alt.layer(*([beside] if beside else []), band, line, dot)
    return dressed(told.properties(height=height, width="container", padding=_TIGHT), mode)


def _beside(annotations: pl.DataFrame | None, frame: pl.DataFrame, zone: str, mode: Mode, x: alt.X) -> Any:
    if annotations is None or frame.is_empty():
        return None
    return notes.over(notes.since(annotations, frame), zone, "period_start", mode, x)


def members(frame: pl.DataFrame, mode: Mode = "light", *, width: int | str = "container", step: int = 30) -> Any:
    """One figure per member of a dimension, greatest first, as point and interval; withheld ones in words."""
    if frame.is_empty():
        return nothing("No member to compare in this period", mode, width=width)
    drawn = inert(_plotted(frame, "UTC"), "member").sort(
        pl.col("member") == "(none)", "shown", descending=[False, True], nulls_last=True
    )
    c = theme.ink(mode)
    axis = alt.Axis(labelLimit=190, grid=False, labelColor=c.text)
    y = alt.Y("member:N", sort=drawn["member"].to_list(), title=None, axis=axis)
    base = alt.Chart(drawn).encode(y=y, tooltip=_tooltip("member"))
    words = base.transform_filter("datum.shown === null").mark_text(align="left", color=c.muted, fontStyle="italic")
    layers = [words.encode(x=alt.value(6), text="text:N")]
    if drawn["shown"].null_count() < drawn.height:
        layers = [*_compared(base, drawn, c), *layers]
    return dressed(alt.layer(*layers).properties(height=alt.Step(step), width=width), mode)


def _compared(base: Any, drawn: pl.DataFrame, c: theme.Ink) -> list[Any]:
    rule = base.mark_rule(strokeWidth=3, opacity=0.35, color=c.preferred, strokeCap="round")
    dot = base.mark_point(filled=True, size=80, color=c.preferred, opacity=1)
    value = base.mark_text(align="left", dx=8, color=c.text)
    return [
        rule.encode(x=alt.X("low:Q"), x2="high:Q"),
        dot.encode(x=_value_axis(drawn, alt.X, "shown")),
        value.encode(x=alt.X("high:Q"), text="headline:N"),
    ]


def _plotted(frame: pl.DataFrame, zone: str) -> pl.DataFrame:
    """Adds `shown` (NULL where withheld), limits in axis units, and the words of each figure."""
    rows = limited(frame)
    is_ok = pl.col("status") == MetricStatus.OK.value
    scaled = rows.with_columns(
        pl.when(is_ok).then(pl.col(source) / _divisor(rows)).alias(target)
        for source, target in (("value", "shown"), ("low", "low"), ("high", "high"))
    )
    told = figures.values(rows)
    words = pl.Series("text", [figures.with_interval(figure) for figure in told], dtype=pl.String)
    short = pl.Series("headline", [figures.headline(figure) for figure in told], dtype=pl.String)
    why = pl.Series("told", [figures.told(figure) for figure in told], dtype=pl.String)
    return local(scaled.with_columns(words, short, why), zone, "period_start")


def _divisor(frame: pl.DataFrame) -> float:
    return 60.0 if _unit(frame) == "s" else 1.0


def _unit(frame: pl.DataFrame) -> str:
    return str(frame["unit"][0]) if frame.height else ""


def _value_axis(frame: pl.DataFrame, channel: Any, column: str) -> Any:
    unit = _unit(frame)
    title = {"fraction": None, "s": "minutes", "ms": "milliseconds", "usd": "US dollars"}.get(unit, unit)
    axis = alt.Axis(format="~%" if unit == "fraction" else ",~r", tickCount=5)
    return channel(f"{column}:Q", title=title, axis=axis, scale=alt.Scale(zero=True, nice=True))


def _time_axis(frame: pl.DataFrame) -> alt.X:
    starts = frame["period_start"].unique().sort()
    grain = Grain(frame["grain"][0])
    every = max(1, -(-starts.len() // _MOST_TICKS))
    # Streamlit's page draws no tick for a time given as a number, hence the parts of a date.
    ticks = [_date(moment) for moment in starts.to_list()[::-1][::every]]
    axis = alt.Axis(format=_FORMATS.get(grain, "%b %Y"), values=ticks, labelFlush=False)
    return alt.X("period_start:T", title=None, axis=axis, scale=alt.Scale(type="utc", padding=18))


def _date(moment: datetime) -> alt.DateTime:
    return alt.DateTime(year=moment.year, month=moment.month, date=moment.day, hours=moment.hour, utc=True)


def _color(mode: Mode) -> alt.Color:
    known = theme.lanes(mode)
    return alt.Color("lane:N", scale=alt.Scale(domain=list(known), range=list(known.values())), legend=None)


def _tooltip(first: str = "period_start") -> list[alt.Tooltip]:
    start = alt.Tooltip("period_start:T", title="Period from", format="%-d %b %Y")
    named = [alt.Tooltip("member:N", title="Member")] if first == "member" else [start]
    return [*named, alt.Tooltip("lane:N", title="Lane"), alt.Tooltip("told:N", title="Figure")]


def _band(drawn: pl.DataFrame, mode: Mode) -> Any:
    area = alt.Chart(drawn).mark_area(opacity=0.16, interpolate="monotone")
    return area.encode(x=_time_axis(drawn), y=_value_axis(drawn, alt.Y, "low"), y2="high:Q", color=_color(mode))


def _line(drawn: pl.DataFrame, mode: Mode) -> Any:
    point = alt.OverlayMarkDef(size=52, filled=True, opacity=1)
    line = alt.Chart(drawn).mark_line(strokeWidth=2.25, interpolate="monotone", point=point)
    y = _value_axis(drawn, alt.Y, "shown")
    return line.encode(x=_time_axis(drawn), y=y, color=_color(mode), tooltip=_tooltip())


def _gaps(drawn: pl.DataFrame, mode: Mode) -> Any:
    withheld = drawn.filter(pl.col("shown").is_null())
    mark = alt.Chart(withheld).mark_point(size=60, shape="circle", strokeWidth=1.5, color=theme.ink(mode).muted)
    return mark.encode(x=_time_axis(drawn), y=alt.datum(0), tooltip=_tooltip())


def _names(drawn: pl.DataFrame, mode: Mode) -> Any:
    """Lanes named at the end of their lines, outside of them, so that nobody has to match a legend."""
    last = drawn.filter(pl.col("shown").is_not_null() & (pl.col("lane") != "all"))
    ends = last.sort("period_start").group_by("lane", maintain_order=True).last().sort("shown", descending=True)
    placed = [_named(ends.head(1), drawn, mode, -16), _named(ends.slice(1), drawn, mode, 18)]
    return alt.layer(*placed)


def _named(ends: pl.DataFrame, drawn: pl.DataFrame, mode: Mode, dy: int) -> Any:
    text = alt.Chart(ends).mark_text(align="right", dx=4, dy=dy, fontWeight=600)
    return text.encode(x=_time_axis(drawn), y=alt.Y("shown:Q"), text="lane:N", color=_color(mode))


def _why_nothing(frame: pl.DataFrame) -> str:
    if frame.is_empty():
        return "Nothing computed for this selection"
    reason = figures.withheld(figures.values(frame.tail(1))[0]) or "no data"
    return reason[0].upper() + reason[1:]
