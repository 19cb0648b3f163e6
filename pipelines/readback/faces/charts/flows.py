"""Which model handed over to which: ribbons from the preferred model over each hop to who answered (a Sankey diagram).

Vega-Lite has no Sankey; a ribbon is an area between two eased lines, one per hop and pair of models.
"""

from collections.abc import Iterator
from typing import Any

import altair as alt
import polars as pl

from readback.faces import theme
from readback.faces.charts.frame import dressed, inert, limited, nothing
from readback.faces.theme import Mode

_POINTS = 24
_GAP = 0.045
"""Room between two models of one column, as a share of the height."""
_BAR = 0.03
_THIN = 0.1
_ENDINGS = ("nobody", "hold", "manual")


def flows(frame: pl.DataFrame, mode: Mode = "light", *, width: int | str = "container") -> Any:
    """Columns `step`, `source`, `target`, `fallbacks`: height is the number of fallbacks, each model said by name."""
    if frame.is_empty():
        return nothing("No fallback in this period", mode)
    rows = inert(limited(frame), "source", "target", limit=40)
    nodes = _nodes(rows)
    ribbons = pl.DataFrame(list(_ribbons(rows, nodes)))
    columns = max(step for step, _ in nodes)
    tallest = max(sum(1 for at, _ in nodes if at == step) for step in range(columns + 1))
    x = alt.Scale(domain=[-0.02, columns + _BAR + 0.02], nice=False)
    y = alt.Scale(domain=[1, 0], nice=False)
    layers = alt.layer(_areas(ribbons, x, y, mode), _bars(nodes, x, y, mode), _names(nodes, columns, x, y, mode))
    return dressed(layers.properties(height=max(180, 74 * tallest), width=width), mode)


def _nodes(rows: pl.DataFrame) -> dict[tuple[int, str], dict[str, float]]:
    """Where each model stands: column, top and height as shares of the whole, greatest on top."""
    sizes: dict[tuple[int, str], list[float]] = {}
    for row in rows.to_dicts():
        sizes.setdefault((row["step"] - 1, row["source"]), [0.0, 0.0])[1] += row["fallbacks"]
        sizes.setdefault((row["step"], row["target"]), [0.0, 0.0])[0] += row["fallbacks"]
    columns = {step for step, _ in sizes}
    most = max(len([1 for at, _ in sizes if at == step]) for step in columns)
    totals = {step: sum(max(size) for (at, _), size in sizes.items() if at == step) for step in columns}
    unit = (1 - _GAP * (most - 1)) / max(totals.values())
    placed: dict[tuple[int, str], dict[str, float]] = {}
    for step in sorted(columns):
        top = 0.0
        for key in sorted((key for key in sizes if key[0] == step), key=lambda key: (-max(sizes[key]), key[1])):
            height = max(sizes[key]) * unit
            placed[key] = {"top": top, "height": height, "count": max(sizes[key]), "out": top, "in": top, "unit": unit}
            top += height + _GAP
    return placed


def _ribbons(rows: pl.DataFrame, nodes: dict[tuple[int, str], dict[str, float]]) -> Iterator[dict[str, Any]]:
    ordered = sorted(rows.to_dicts(), key=lambda row: (row["step"], nodes[(row["step"], row["target"])]["top"]))
    for serial, row in enumerate(ordered):
        source, target = nodes[(row["step"] - 1, row["source"])], nodes[(row["step"], row["target"])]
        size = row["fallbacks"] * source["unit"]
        for point in range(_POINTS + 1):
            t = point / _POINTS
            eased = t * t * (3 - 2 * t)
            top = source["out"] + (target["in"] - source["out"]) * eased
            yield {
                "ribbon": serial, "x": row["step"] - 1 + _BAR + t * (1 - _BAR), "top": top, "bottom": top + size,
                "hop": f"{row['source']} → {row['target']}", "fallbacks": row["fallbacks"],
                "ending": row["target"] if row["target"] in _ENDINGS else "substitute",
            }  # fmt: skip
        source["out"] += size
        target["in"] += size


def _areas(ribbons: pl.DataFrame, x: alt.Scale, y: alt.Scale, mode: Mode) -> Any:
    known = theme.served_by(mode)
    endings = ["substitute", *_ENDINGS]
    color = alt.Color(
        "ending:N", legend=None, scale=alt.Scale(domain=endings, range=[known[ending] for ending in endings])
    )
    area = alt.Chart(ribbons).mark_area(opacity=0.42)
    return area.encode(
        x=alt.X("x:Q", axis=None, scale=x), y=alt.Y("top:Q", axis=None, scale=y), y2="bottom:Q", color=color,
        detail="ribbon:N", tooltip=[alt.Tooltip("hop:N", title="Hop"),
        alt.Tooltip("fallbacks:Q", title="Fallbacks", format=",")],
    )  # fmt: skip


def _placed(nodes: dict[tuple[int, str], dict[str, float]]) -> pl.DataFrame:
    return pl.DataFrame([
        {"left": float(step), "right": step + _BAR, "top": at["top"], "bottom": at["top"] + at["height"],
         "middle": at["top"] + at["height"] / 2, "words": f"{name}  {at['count']:,.0f}", "step": step}
        for (step, name), at in nodes.items()
    ])  # fmt: skip


def _bars(nodes: dict[tuple[int, str], dict[str, float]], x: alt.Scale, y: alt.Scale, mode: Mode) -> Any:
    bar = alt.Chart(_placed(nodes)).mark_rect(color=theme.ink(mode).preferred)
    return bar.encode(x=alt.X("left:Q", axis=None, scale=x), x2="right:Q", y=alt.Y("top:Q", scale=y), y2="bottom:Q")


def _names(nodes: dict[tuple[int, str], dict[str, float]], columns: int, x: alt.Scale, y: alt.Scale, mode: Mode) -> Any:
    """Names with their counts, inside the picture: right of a bar, left of the last ones."""
    rows = _placed(nodes)
    c = theme.ink(mode)
    is_last, is_thin = pl.col("step") == columns, pl.col("bottom") - pl.col("top") < _THIN
    shared: dict[str, Any] = {"fontSize": 12, "color": c.text, "fontWeight": 600}
    place = alt.Y("middle:Q", scale=y)
    # A name on a ribbon thinner than itself would be struck through: it stands below.
    told: list[tuple[pl.DataFrame, str, dict[str, Any]]] = [
        (rows.filter(~is_last), "right:Q", {"align": "left", "dx": 6, "dy": 0}),
        (rows.filter(is_last & ~is_thin), "left:Q", {"align": "right", "dx": -6, "dy": 0}),
        (rows.filter(is_last & is_thin), "left:Q", {"align": "right", "dx": -6, "dy": 11}),
    ]
    return alt.layer(*[
        alt.Chart(part).mark_text(**shared, **look).encode(x=alt.X(at, scale=x), y=place, text="words:N")
        for part, at, look in told if part.height
    ])  # fmt: skip
