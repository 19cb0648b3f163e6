"""Sheets of the five metrics over time: native charts, and what happened beside them."""

from typing import Any

import polars as pl

from readback.contracts import MetricValue
from readback.faces import figures, questions
from readback.faces.charts import INCIDENT
from readback.faces.period import Period
from readback.faces.report import beside
from readback.faces.report.cells import Book, form_of

_NAME = "History"
_HEADS = (
    "Period", "Metric", "Value", "95% from", "95% to", "n", "Status", "Below", "Above", "Changes", "Declared incidents",
)  # fmt: skip
_WIDTHS = (12, 32, 12, 12, 12, 10, 26, 10, 10, 12, 18)
_NOTED = ("No.", "From (UTC)", "Until (UTC)", "Kind", "What")


def sheets(book: Book) -> None:
    """The five metrics over the latest periods, their bars the intervals; then everything that stands beside them."""
    subject = book.subject
    sheet = book.sheet(_NAME, _HEADS, _WIDTHS)
    noted = beside.annotated(subject)
    row, grain = 1, subject.period.grain.value
    for place, metric in enumerate(figures.HEADLINES):
        found = questions.trend(subject.con, metric, grain, until=subject.period.start, limit=beside.PERIODS)
        first = row
        labels = []
        for figure in figures.values(found):
            labels.append(_row(book, sheet, row, figure, noted))
            row += 1
        if row > first:
            _chart(book, sheet, metric, (first, row - 1), place, labels)
    listed = book.sheet("Beside the figures", _NOTED, (8, 17, 17, 18, 90))
    last = book.rows(listed, noted.select("number", "at", "until", "kind", "what").iter_rows())
    listed.autofilter(0, 0, max(last, 1), len(_NOTED) - 1)


def _row(book: Book, sheet: Any, row: int, figure: MetricValue, noted: pl.DataFrame) -> str:
    """Write one figure with what happened in its period; the numbers of its changes, '' where there is none."""
    form, shown = form_of(figure), not figures.withheld(figure)
    value, low, high = (figure.value, figure.low, figure.high) if shown else (None, None, None)
    changes, incidents = _happened(book, figure, noted)
    book.put(sheet, row, 0, f"{figure.period_start:%Y-%m}")
    book.put(sheet, row, 1, figures.label(figure.metric))
    for column, number in ((2, value), (3, low), (4, high)):
        book.put(sheet, row, column, number, form)
    book.put(sheet, row, 5, figures.sample_size(figure) if shown else None, "#,##0")
    book.put(sheet, row, 6, figures.withheld(figure) or "ok")
    book.put(sheet, row, 7, None if value is None or low is None else value - low, form)
    book.put(sheet, row, 8, None if value is None or high is None else high - value, form)
    book.put(sheet, row, 9, changes or None)
    book.put(sheet, row, 10, incidents or None, "#,##0")
    return changes


def _happened(book: Book, figure: MetricValue, noted: pl.DataFrame) -> tuple[str, int]:
    """Numbers of the changes and notes of a figure's period, and how many incidents began in it."""
    span = Period.of(figure.grain, figure.period_start, book.subject.period.zone).span
    found = noted.filter((pl.col("at") >= span.start) & (pl.col("at") < span.end))
    numbers = found["number"].drop_nulls().to_list()
    said = f"{numbers[0]}–{numbers[-1]}" if len(numbers) > 1 else "".join(map(str, numbers))
    return said, found.filter(pl.col("kind") == INCIDENT).height


def _chart(book: Book, sheet: Any, metric: str, rows: tuple[int, int], place: int, labels: list[str]) -> None:
    """A line with its intervals; behind it declared incidents as grey columns, above it the numbers of the changes."""
    color, (first, last) = book.subject.look.primary, rows
    chart, behind = book.book.add_chart({"type": "line"}), book.book.add_chart({"type": "column"})
    names = [_NAME, first, 0, last, 0]
    line = {
        "name": figures.label(metric),
        "categories": names,
        "values": [_NAME, first, 2, last, 2],
        "line": {"color": color, "width": 2},
        "marker": {"type": "circle", "size": 6, "fill": {"color": color}, "border": {"color": color}},
        "y_error_bars": {
            "type": "custom",
            "plus_values": _column("I", *rows),
            "minus_values": _column("H", *rows),
            "line": {"color": "#8a94a3"},
        },
    }
    if any(labels):
        custom = [{"value": f"No. {label}"} if label else {"delete": True} for label in labels]
        line["data_labels"] = {"value": True, "custom": custom, "position": "above", "font": {"size": 8}}
    chart.add_series(line)
    behind.add_series({"name": "Declared incidents", "categories": names, "values": [_NAME, first, 10, last, 10],
                       "y2_axis": True, "fill": {"color": "#8a94a3", "transparency": 70}, "gap": 120})  # fmt: skip
    behind.set_y2_axis({"name": "declared incidents", "name_font": {"size": 8, "bold": False}, "min": 0,
                        "num_format": "0", "major_gridlines": {"visible": False}})  # fmt: skip
    chart.combine(behind)
    chart.set_title({"name": figures.label(metric), "name_font": {"size": 12}})
    chart.set_legend({"none": True})
    chart.set_y_axis({"min": 0, "major_gridlines": {"visible": True, "line": {"color": "#e6eaef"}}})
    chart.set_size({"width": 520, "height": 250})
    sheet.insert_chart(1 + 13 * place, 12, chart)


def _column(letter: str, first: int, last: int) -> str:
    return f"={_NAME}!${letter}${first + 1}:${letter}${last + 1}"
