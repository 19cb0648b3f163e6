"""One trend as the points, band and marks of a small picture: geometry alone, no words but those told to a reader."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import polars as pl

from readback.faces import figures
from readback.faces.charts import INCIDENT
from readback.faces.inert import plain
from readback.faces.period import Span

WIDTH, HEIGHT = 132.0, 34.0
_TOP, _SIDE = 8.0, 3.0
"""Room for ticks above the line, and for the last point beside it."""


@dataclass(frozen=True)
class Mark:
    """Something that happened beside the figures: a tick for a declared incident, a rule for a change or note."""

    x: float
    is_incident: bool
    told: str


@dataclass(frozen=True)
class Shape:
    """A trend in pixels. A withheld figure breaks the line and stands hollow at the bottom."""

    lines: list[str]
    bands: list[str]
    hollow: list[float]
    last: tuple[float, float] | None
    marks: list[Mark]
    told: str


def shape(row: Mapping[str, Any], span: Span, own: Sequence[Mark], shared: Sequence[Mark] = ()) -> Shape:
    """The picture of one member: lists `starts`, `values`, `lows`, `highs`, a value NULL where it is withheld.

    Of the `shared` marks, which are drawn once for all members, the words tell how many there are.
    """
    tops = [each for each in [*row["highs"], *row["values"]] if each is not None]
    highest = max(tops, default=0.0) or 1.0
    points = [
        None if value is None else (_x(start, span), _y(value, highest), _y(low, highest), _y(high, highest))
        for start, value, low, high in zip(row["starts"], row["values"], row["lows"], row["highs"], strict=True)
    ]
    runs = _runs(points)
    last = next((point for point in reversed(points) if point), None)
    return Shape(
        lines=[" ".join(f"{x:.1f},{y:.1f}" for x, y, _, _ in run) for run in runs],
        bands=[_band(run) for run in runs if len(run) > 1],
        hollow=[_x(start, span) for start, point in zip(row["starts"], points, strict=True) if point is None],
        last=last[:2] if last else None,
        marks=list(own),
        told=_told(row["values"], [*shared, *own]),
    )


def marks(noted: pl.DataFrame, span: Span) -> list[Mark]:
    """Rows of `annotations` on the time axis of the trends."""
    return [_mark(each, span) for each in noted.to_dicts()]


def _x(at: datetime, span: Span) -> float:
    share = (max(at, span.start) - span.start) / (span.end - span.start)
    return round(_SIDE + share * (WIDTH - 2 * _SIDE), 1)


def _y(value: float | None, highest: float) -> float:
    return HEIGHT - 3 - (value or 0.0) / highest * (HEIGHT - 3 - _TOP)


def _runs(points: Sequence[tuple[float, ...] | None]) -> list[list[tuple[float, ...]]]:
    """Points that follow one another without a gap."""
    runs: list[list[tuple[float, ...]]] = [[]]
    for point in points:
        if point is None:
            runs.append([])
        else:
            runs[-1].append(point)
    return [run for run in runs if run]


def _band(run: Sequence[tuple[float, ...]]) -> str:
    edge = [(x, high) for x, _, _, high in run] + [(x, low) for x, _, low, _ in reversed(run)]
    return " ".join(f"{x:.1f},{y:.1f}" for x, y in edge)


def _mark(row: Mapping[str, Any], span: Span) -> Mark:
    told = f"{row['at']:%-d %b %H:%M} UTC, {row['kind']}: {plain(row['what'], 120)}"
    return Mark(_x(row["at"], span), row["kind"] == INCIDENT, told)


def _told(values: Sequence[float | None], beside: Sequence[Mark]) -> str:
    """The picture in words."""
    shown = [value for value in values if value is not None]
    ends = "no figure yet" if not shown else f"from {figures.percent(shown[0])}% to {figures.percent(shown[-1])}%"
    declared = sum(mark.is_incident for mark in beside)
    counts = f"{figures.counted(declared, 'declared incident')}, {figures.counted(len(beside) - declared, 'change')}"
    return f"{ends} over {figures.counted(len(values), 'period')}; {counts}"
