"""Counts of fallbacks: by cause, by substitution, by verdict."""

from typing import Any

import altair as alt
import polars as pl

from readback.faces import theme
from readback.faces.charts.frame import dressed, inert, limited, nothing
from readback.faces.theme import Mode

_EMPTY = "No fallback in this period"
_TWO_LINES = "split(replace(datum.label, ' → ', '|→ '), '|')"
"""Of an axis label: what answered instead under what was preferred."""


def causes(frame: pl.DataFrame, mode: Mode = "light", *, width: int | str = "container", step: int = 28) -> Any:
    """Columns `cause`, `fallbacks`: one bar each, greatest first."""
    named = frame.with_columns(name=pl.col("cause").str.replace_all("_", " "))
    return _counted(named, theme.ink(mode).fallback, mode, width, step)


def substitutes(frame: pl.DataFrame, mode: Mode = "light", *, width: int | str = "container", step: int = 42) -> Any:
    """Columns `preferred_model`, `target`, `served_by`, `fallbacks`: preferred → what answered, coloured by who."""
    if frame.is_empty():
        return nothing(_EMPTY, mode, width=width)
    arrow = pl.format("{} → {}", pl.col("preferred_model").fill_null("unknown"), pl.col("target").fill_null("nobody"))
    rows = limited(inert(frame.with_columns(name=arrow), "name", limit=120))
    order = _order(rows)
    known = theme.served_by(mode)
    present = [who for who in known if who in set(rows["served_by"].to_list())]
    color = alt.Color("served_by:N", scale=alt.Scale(domain=present, range=[known[who] for who in present]))
    return _drawn(rows, order, mode, width, step, color)


def verdicts(frame: pl.DataFrame, mode: Mode = "light", *, width: int | str = "container", step: int = 34) -> Any:
    """Columns `name`, `verdict`, `fallbacks`: one bar per name, shares of the three verdicts, each said on its part.

    Beside a name stands how many fallbacks it has: a share of one is no share to speak of.
    """
    if frame.is_empty():
        return nothing(_EMPTY, mode, width=width)
    rows = _shares(limited(_with_count(frame)))
    known = theme.verdicts(mode)
    c = theme.ink(mode)
    order = _order(rows)
    base = alt.Chart(rows).encode(
        y=_names(order, c),
        order="rank:Q",
        tooltip=[
            alt.Tooltip("name:N", title="Of"),
            alt.Tooltip("said:N", title="Verdict"),
            alt.Tooltip("fallbacks:Q", title="Fallbacks", format=","),
            alt.Tooltip("share:Q", title="Share", format=".1%"),
        ],
    )
    domain = _legend(rows, list(known))
    color = alt.Color("said:N", scale=alt.Scale(domain=domain, range=list(known.values())))
    x = alt.X("from_share:Q", axis=None, scale=alt.Scale(domain=[0, 1], nice=False))
    bar = base.mark_bar(height=22, cornerRadius=2, stroke=c.ground, strokeWidth=1.5).encode(
        x=x, x2="to_share:Q", color=color
    )
    text = base.transform_filter("datum.share >= 0.08").mark_text(
        color="#ffffff" if mode == "light" else c.ground, fontWeight=600
    )
    words = text.encode(x=alt.X("middle:Q"), text="words:N")
    return dressed(alt.layer(bar, words).properties(height=alt.Step(step), width=width), mode)


def _with_count(frame: pl.DataFrame) -> pl.DataFrame:
    """Names as drawn, each with its number of fallbacks; a single one needs neither."""
    if frame["name"].n_unique() == 1:
        return inert(frame, "name")
    count = pl.col("fallbacks").sum().over("name")
    counts = frame.with_columns(count=count.map_elements(lambda n: f"{n:,}", return_dtype=pl.String))
    return inert(counts, "name", limit=26).with_columns(name=pl.format("{} ({})", "name", "count")).drop("count")


def _names(order: list[str], c: theme.Ink) -> alt.Y:
    """Names of the bars; a single bar needs none."""
    axis = alt.Axis(labelLimit=190, grid=False, labelColor=c.text) if len(order) > 1 else None
    return alt.Y("name:N", sort=order, title=None, axis=axis)


def _legend(rows: pl.DataFrame, known: list[str]) -> list[str]:
    """Words of the legend in the order of the known verdicts."""
    said = dict(rows.select("verdict", "said").iter_rows())
    return [said.get(verdict, verdict.replace("_", " ")) for verdict in known]


def _counted(frame: pl.DataFrame, color: str, mode: Mode, width: int | str, step: int) -> Any:
    if frame.is_empty():
        return nothing(_EMPTY, mode, width=width)
    rows = limited(inert(frame, "name"))
    return _drawn(rows, _order(rows), mode, width, step, alt.value(color))


def _drawn(rows: pl.DataFrame, order: list[str], mode: Mode, width: int | str, step: int, color: Any) -> Any:
    c = theme.ink(mode)
    axis = alt.Axis(labelLimit=270, grid=False, labelColor=c.text, labelExpr=_TWO_LINES, labelLineHeight=15)
    tips = [alt.Tooltip("name:N", title="Of"), alt.Tooltip("fallbacks:Q", title="Fallbacks", format=",")]
    base = alt.Chart(rows).encode(y=alt.Y("name:N", sort=order, title=None, axis=axis), tooltip=tips)
    x = alt.X("fallbacks:Q", title="fallbacks", axis=None, scale=alt.Scale(padding=0, domainMin=0))
    bar = base.mark_bar(height=16, cornerRadiusEnd=3).encode(x=x, color=color)
    text = base.mark_text(align="left", dx=6, color=c.text).encode(x=x, text=alt.Text("fallbacks:Q", format=","))
    return dressed(alt.layer(bar, text).properties(height=alt.Step(step), width=width), mode)


def _order(rows: pl.DataFrame) -> list[str]:
    """Greatest first, the nameless last."""
    totals = rows.group_by("name").agg(pl.col("fallbacks").sum())
    is_nameless = pl.col("name").str.starts_with("(no workflow)")
    totals = totals.sort(is_nameless, "fallbacks", "name", descending=[False, True, False])
    return [str(name) for name in totals["name"].to_list()]


def _shares(rows: pl.DataFrame) -> pl.DataFrame:
    rank = pl.col("verdict").replace_strict(
        {"in_policy": 0, "out_of_policy": 1, "indeterminate": 2}, return_dtype=pl.Int64
    )
    ranked = rows.with_columns(rank=rank, said=pl.col("verdict").str.replace_all("_", " ")).sort("name", "rank")
    total = pl.col("fallbacks").sum().over("name")
    shares = ranked.with_columns(share=pl.col("fallbacks") / total)
    edges = shares.with_columns(to_share=pl.col("share").cum_sum().over("name"))
    placed = edges.with_columns(from_share=pl.col("to_share") - pl.col("share"))
    words = pl.format("{}%", (100 * pl.col("share")).round(0).cast(pl.Int64))
    told = placed.with_columns(middle=(pl.col("from_share") + pl.col("to_share")) / 2, words=words)
    if told["name"].n_unique() > 1:
        return told
    return told.with_columns(said=pl.format("{} {}", "said", "words"))
