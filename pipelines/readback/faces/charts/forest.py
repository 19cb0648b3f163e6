"""What a substitute does to outcomes: adjusted differences with their intervals, the crude ones beside them."""

from typing import Any

import altair as alt
import polars as pl

from readback.contracts.vocabulary import MetricStatus
from readback.faces import figures, theme
from readback.faces.charts.frame import dressed, inert, limited, nothing
from readback.faces.theme import Mode

_SIGNED = "datum.value > 0 ? '+' + datum.label : datum.label"


def forest(
    frame: pl.DataFrame, mode: Mode = "light", *, by: str = "metric", width: int | str = "container", step: int = 42
) -> Any:
    """Rows of `metric_effects`, one line each, named by `metric` or `member`; points, fallback minus preferred."""
    if frame.is_empty():
        return nothing("No comparison of the two lanes yet", mode, width=width)
    drawn = _plotted(frame, by)
    layers = alt.layer(
        _zero(mode), _interval(drawn, mode), _crude(drawn, mode), _adjusted(drawn, mode), _words(drawn, mode)
    )
    return dressed(layers.properties(height=alt.Step(step), width=width), mode)


def _plotted(frame: pl.DataFrame, by: str) -> pl.DataFrame:
    rows = limited(frame)
    is_ok = pl.col("status") == MetricStatus.OK.value
    points = rows.with_columns(
        pl.when(is_ok).then(100 * pl.col(name)).alias(f"{name}_pp")
        for name in ("estimate", "low", "high", "crude_estimate")
    )
    worse, better = pl.col("low_pp") > 0, pl.col("high_pp") < 0
    told = points.with_columns(
        pl.when(worse)
        .then(pl.lit("worse"))
        .when(better)
        .then(pl.lit("better"))
        .otherwise(pl.lit("unclear"))
        .alias("reading"),
        pl.Series("name", [_name(row, by) for row in rows.to_dicts()], dtype=pl.String),
        pl.Series("words", [_said(row) for row in rows.to_dicts()], dtype=pl.String),
    )
    return inert(told, "name").with_columns(pl.col("warning").fill_null("none"))


def _name(row: dict[str, Any], by: str) -> str:
    if by == "metric":
        return figures.label(row["metric"])
    return "All workflows" if row["member"] == "*" else str(row["member"])


def _said(row: dict[str, Any]) -> str:
    return figures.effect(row["status"], row["estimate"], row["low"], row["high"], row["n_fallback"])


def _y(drawn: pl.DataFrame, mode: Mode) -> alt.Y:
    axis = alt.Axis(labelLimit=190, grid=False, labelColor=theme.ink(mode).text)
    return alt.Y("name:N", sort=drawn["name"].to_list(), title=None, axis=axis)


def _tooltip() -> list[alt.Tooltip]:
    return [
        alt.Tooltip("name:N", title="Compared"),
        alt.Tooltip("words:N", title="Adjusted"),
        alt.Tooltip("crude_estimate_pp:Q", title="Crude, pp", format="+.1f"),
        alt.Tooltip("n_fallback:Q", title="Fallback runs", format=","),
        alt.Tooltip("n_preferred:Q", title="Preferred runs", format=","),
        alt.Tooltip("strata:Q", title="Strata"),
        alt.Tooltip("e_value:Q", title="E-value", format=".2f"),
        alt.Tooltip("warning:N", title="Limits"),
    ]


def _reading(mode: Mode) -> alt.Color:
    c = theme.ink(mode)
    colors = {"worse": c.bad, "better": c.good, "unclear": c.muted}
    return alt.Color("reading:N", scale=alt.Scale(domain=list(colors), range=list(colors.values())), legend=None)


def _zero(mode: Mode) -> Any:
    rule = alt.Chart(pl.DataFrame({"zero": [0.0]})).mark_rule(color=theme.ink(mode).muted, strokeDash=[3, 3])
    return rule.encode(x=alt.X("zero:Q"))


def _interval(drawn: pl.DataFrame, mode: Mode) -> Any:
    rule = alt.Chart(drawn).mark_rule(strokeWidth=3, opacity=0.45, strokeCap="round")
    title = "fallback minus preferred, pp"
    x = alt.X(
        "low_pp:Q", title=title, scale=alt.Scale(nice=True, padding=14), axis=alt.Axis(labelExpr=_SIGNED, tickCount=6)
    )
    return rule.encode(x=x, x2="high_pp:Q", y=_y(drawn, mode), color=_reading(mode))


def _crude(drawn: pl.DataFrame, mode: Mode) -> Any:
    mark = alt.Chart(drawn).mark_point(shape="diamond", size=70, strokeWidth=1.6, color=theme.ink(mode).muted)
    return mark.encode(x="crude_estimate_pp:Q", y=_y(drawn, mode), tooltip=_tooltip())


def _adjusted(drawn: pl.DataFrame, mode: Mode) -> Any:
    mark = alt.Chart(drawn).mark_point(filled=True, size=110, opacity=1)
    return mark.encode(x="estimate_pp:Q", y=_y(drawn, mode), color=_reading(mode), tooltip=_tooltip())


def _words(drawn: pl.DataFrame, mode: Mode) -> Any:
    """The figure above its line, or at the zero line where there is none."""
    c = theme.ink(mode)
    said = (
        alt.Chart(drawn)
        .mark_text(dy=-13, fontSize=11, color=c.text)
        .encode(x="estimate_pp:Q", y=_y(drawn, mode), text="words:N")
    )
    silent = alt.Chart(drawn.filter(pl.col("estimate_pp").is_null())).mark_text(
        align="left", dx=8, color=c.muted, fontStyle="italic"
    )
    return alt.layer(said, silent.encode(x=alt.datum(0), y=_y(drawn, mode), text="words:N"))
