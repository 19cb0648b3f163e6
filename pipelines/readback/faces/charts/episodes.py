"""When workflows were off their preferred model: one lane per workflow, declared incidents on the same axis."""

from typing import Any

import altair as alt
import polars as pl

from readback.faces import figures, theme
from readback.faces.charts import notes
from readback.faces.charts.frame import dressed, inert, limited, local, nothing
from readback.faces.period import Span
from readback.faces.theme import Mode

CHOSEN = "episode"
"""Name of the selection that holds the `episode_id` of the bar that was clicked."""

_INCIDENT_LANE = "declared incidents"
_CHANGE_LANE = "changes and notes"
_NAMELESS = "(no workflow)"
_EVERY_DAY = 14
_AROUND = 62
"""Pixels of legend and time axis, which a page that gives a chart its width takes from the height."""


def timeline(
    episodes: pl.DataFrame,
    incidents: pl.DataFrame,
    span: Span,
    mode: Mode = "light",
    *,
    zone: str = "UTC",
    width: int | str = "container",
    changes: pl.DataFrame | None = None,
    is_clickable: bool = False,
    lane_height: int = 34,
) -> Any:
    """Rows of `episodes` as bars by state, rows of `provider_incidents` as bands behind them, inside a span.

    Rows of `annotations` other than incidents are marks on a lane of their own, beside each its `number` where the
    frame has that column. A click on a bar selects its episode
    where the page listens, under the name `CHOSEN`.

    An episode that has not recovered is drawn as far as it is known to last, an incident as far as `known_until`:
    where that is absent, a tick at its start.
    """
    marks = _marks(changes, zone)
    if episodes.is_empty() and incidents.is_empty() and marks.is_empty():
        return nothing("No episode and no declared incident in this period", mode, width=width)
    bars, bands = _bars(episodes, zone), _bands(incidents, span, zone)
    named = sorted(bars["lane"].unique().to_list(), key=lambda lane: (lane == _NAMELESS, lane))
    lanes = [*named, *([_INCIDENT_LANE] if bands.height else []), *([_CHANGE_LANE] if marks.height else [])]
    x = _time_axis(span, zone)
    drawn = _bars_drawn(bars, x, lanes, mode)
    layers = alt.layer(
        _backdrop(bands, x, mode),
        _declared(bands, x, lanes, mode),
        drawn.add_params(_click()) if is_clickable and bars.height else drawn,
        _changed(marks, x, lanes, mode),
    )
    height = lane_height * len(lanes) + (_AROUND if width == "container" else 0)
    return dressed(layers.resolve_scale(color="independent").properties(height=height, width=width), mode)


def _bars(episodes: pl.DataFrame, zone: str) -> pl.DataFrame:
    # Long ones first, so that a short one inside stays visible.
    rows = (
        limited(episodes)
        .sort("duration_s", descending=True)
        .with_columns(
            lane=pl.col("workflow").fill_null(_NAMELESS),
            until=pl.coalesce(
                "recovered_at", pl.col("opened_at") + pl.duration(milliseconds=1000 * pl.col("duration_s"))
            ),
            tried=pl.col("substitutes").list.join(", "),
            length=pl.col("duration_s").map_elements(figures.duration, return_dtype=pl.String),
            family=pl.col("cause").str.replace_all("_", " "),
            left=pl.col("preferred_model").fill_null("unknown"),
        )
    )
    return inert(local(rows, zone, "opened_at", "until"), "lane", "tried", "left", limit=80)


def _bands(incidents: pl.DataFrame, span: Span, zone: str) -> pl.DataFrame:
    rows = limited(incidents).with_columns(
        opened_at=pl.max_horizontal("started_at", pl.lit(span.start)),
        until=pl.min_horizontal(pl.coalesce("known_until", "started_at"), pl.lit(span.end)),
        ended=_ending(),
        what=pl.coalesce("title", pl.lit("untitled")),
        lane=pl.lit(_INCIDENT_LANE),
    )
    return inert(local(rows, zone, "opened_at", "until"), "what", "provider", limit=120)


def _marks(changes: pl.DataFrame | None, zone: str) -> pl.DataFrame:
    if changes is None:
        return pl.DataFrame(schema={"kind": pl.String, "opened_at": pl.Datetime("us", "UTC"), "what": pl.String})
    own = limited(changes.filter(pl.col("kind") != notes.INCIDENT))
    return inert(local(own, zone, "at"), "what", limit=140).rename({"at": "opened_at"})


def _changed(marks: pl.DataFrame, x: alt.X, lanes: list[str], mode: Mode) -> Any:
    c = theme.ink(mode)
    tips = [
        alt.Tooltip("kind:N", title="Kind"),
        alt.Tooltip("opened_at:T", title="At", format="%-d %b %H:%M"),
        alt.Tooltip("what:N", title="What"),
    ]
    placed = alt.Chart(marks.with_columns(lane=pl.lit(_CHANGE_LANE)))
    rule = placed.mark_rule(color=c.off, strokeDash=[4, 3], opacity=0.6).encode(x=x)
    mark = placed.mark_point(shape="diamond", filled=True, size=90, color=c.off, opacity=1)
    shown = [rule, mark.encode(x=x, y=_y(lanes, mode), tooltip=tips)]
    if "number" in marks.columns:
        told = placed.transform_filter("datum.number !== null")
        text = told.mark_text(align="left", dx=7, fontSize=11, fontWeight=600, color=c.off)
        shown.append(text.encode(x=x, y=_y(lanes, mode), text="number:N"))
    return alt.layer(*shown)


def _click() -> Any:
    return alt.selection_point(name=CHOSEN, fields=["episode_id"], toggle=False)


def _ending() -> pl.Expr:
    """What is known of an incident's end."""
    stamp = "%-d %b %H:%M UTC"
    return (
        pl.when(pl.col("resolved_at").is_not_null())
        .then(pl.format("resolved {}", pl.col("resolved_at").dt.strftime(stamp)))
        .when(pl.col("monitoring_at").is_not_null())
        .then(pl.format("fix monitored since {}, end not declared", pl.col("monitoring_at").dt.strftime(stamp)))
        .when(pl.col("known_until").is_not_null())
        .then(pl.lit("not resolved yet"))
        .otherwise(pl.lit("end never declared: only its start is drawn"))
    )


def _time_axis(span: Span, zone: str) -> alt.X:
    edges = local(pl.DataFrame({"start": [span.start], "end": [span.end]}), zone, "start", "end")
    domain = [int(edges[name][0].timestamp() * 1000) for name in ("start", "end")]
    days = (span.end - span.start).days
    ticks: Any = alt.TimeIntervalStep(interval="day", step=1) if 2 < days <= _EVERY_DAY else 10
    axis = alt.Axis(format="%-d %b" if days > 2 else "%H:%M", tickCount=ticks, grid=True, labelFlush=True)
    return alt.X(
        "opened_at:T", title=None, axis=axis, scale=alt.Scale(type="utc", domain=domain, clamp=True, nice=False)
    )


def _backdrop(bands: pl.DataFrame, x: alt.X, mode: Mode) -> Any:
    c = theme.ink(mode)
    rect = alt.Chart(bands).mark_rect(
        color=c.context, opacity=0.14, stroke=c.context, strokeWidth=1, strokeOpacity=0.25
    )
    return rect.encode(x=x, x2="until:T")


def _declared(bands: pl.DataFrame, x: alt.X, lanes: list[str], mode: Mode) -> Any:
    c = theme.ink(mode)
    bar = alt.Chart(bands).mark_bar(height=8, color=c.context, stroke=c.context, strokeWidth=3, cornerRadius=2)
    tips = [
        alt.Tooltip("provider:N", title="Provider"),
        alt.Tooltip("what:N", title="Declared"),
        alt.Tooltip("impact:N", title="Impact"),
        alt.Tooltip("opened_at:T", title="From", format="%-d %b %H:%M"),
        alt.Tooltip("ended:N", title="End"),
    ]
    return bar.encode(x=x, x2="until:T", y=_y(lanes, mode), tooltip=tips)


def _y(lanes: list[str], mode: Mode) -> alt.Y:
    axis = alt.Axis(labelLimit=190, grid=False, labelColor=theme.ink(mode).text)
    return alt.Y("lane:N", sort=lanes, title=None, scale=alt.Scale(domain=lanes), axis=axis)


def _bars_drawn(bars: pl.DataFrame, x: alt.X, lanes: list[str], mode: Mode) -> Any:
    known = theme.states(mode)
    present = [state for state in known if state in set(bars["state"].to_list())]
    scale = alt.Scale(domain=present, range=[known[state] for state in present])
    color = alt.Color("state:N", scale=scale)
    bar = alt.Chart(bars).mark_bar(height=16, strokeWidth=2.5, cornerRadius=2)
    tips = [
        alt.Tooltip("lane:N", title="Workflow"),
        alt.Tooltip("state:N", title="State"),
        alt.Tooltip("opened_at:T", title="Left at", format="%-d %b %H:%M"),
        alt.Tooltip("length:N", title="For"),
        alt.Tooltip("family:N", title="Cause"),
        alt.Tooltip("left:N", title="Preferred"),
        alt.Tooltip("tried:N", title="Substitutes"),
        alt.Tooltip("fallback_count:Q", title="Fallbacks", format=","),
    ]
    stroke = alt.Stroke("state:N", scale=scale, legend=None)
    return bar.encode(x=x, x2="until:T", y=_y(lanes, mode), color=color, stroke=stroke, tooltip=tips)
