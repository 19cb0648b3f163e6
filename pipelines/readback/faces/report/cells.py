"""Cells of a workbook: a number as a number with its format, and every text as a string, never a formula or a link."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import xlsxwriter

from readback.contracts import MetricValue
from readback.faces import figures
from readback.faces.inert import plain
from readback.faces.report.subject import Subject

SAFE = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "in_memory": True}
FORMATS = {"fraction": "0.0%", "s": "#,##0", "ms": "#,##0", "usd": "$#,##0.00", "minutes": "#,##0"}
FIGURE_HEADS = ("Metric", "Unit", "Value", "95% from", "95% to", "n", "Effective n", "Coverage", "Maturity", "Status")


class Book:
    """A workbook, its formats, and how a cell is written."""

    def __init__(self, book: xlsxwriter.Workbook, subject: Subject) -> None:
        self.book, self.subject = book, subject
        self.formats: dict[tuple[tuple[str, Any], ...], Any] = {}

    def style(self, **facts: Any) -> Any:
        """A format with the given facts, made once."""
        key = tuple(sorted(facts.items()))
        if key not in self.formats:
            self.formats[key] = self.book.add_format({"font_name": "Calibri", "valign": "top", **facts})
        return self.formats[key]

    def sheet(self, name: str, heads: Sequence[str], widths: Sequence[float]) -> Any:
        """A sheet with its heads, ready to print."""
        sheet = self.book.add_worksheet(name)
        for column, width in enumerate(widths):
            sheet.set_column(column, column, width)
        head = self.style(bold=True, bottom=2, bottom_color=self.subject.look.primary, text_wrap=True)
        for column, word in enumerate(heads):
            sheet.write_string(0, column, word, head)
        sheet.freeze_panes(1, 1)
        sheet.hide_gridlines(2)
        sheet.set_landscape()
        sheet.set_paper(9)
        sheet.fit_to_pages(1, 0)
        return sheet

    def put(self, sheet: Any, row: int, column: int, value: Any, form: str = "General") -> None:
        """A cell of its own kind; an absent value leaves it empty."""
        if value is None:
            return
        if isinstance(value, datetime):
            sheet.write_datetime(row, column, naive(value), self.style(num_format="yyyy-mm-dd hh:mm", align="left"))
        elif isinstance(value, bool | str):
            sheet.write_string(row, column, plain(str(value), 900), self.style(text_wrap=True))
        else:
            sheet.write_number(row, column, value, self.style(num_format=form))

    def rows(self, sheet: Any, rows: Iterable[Sequence[Any]], start: int = 1) -> int:
        """Rows of cells from a row on; the number of the last one."""
        row = start - 1
        for row, cells in enumerate(rows, start=start):
            for column, cell in enumerate(cells):
                self.put(sheet, row, column, cell)
        return row

    def figure(self, sheet: Any, row: int, column: int, figure: MetricValue) -> None:
        """Ten cells of one figure; a withheld one leaves its value empty and says why, a hidden one says above what."""
        form, share = form_of(figure), "0.0%"
        reason = figures.withheld(figure)
        value = figure.value if figure.at_least is None else figures.headline(figure)
        numbers = [None if reason else number for number in (value, figure.low, figure.high)]
        cells: list[tuple[Any, str]] = [(figures.label(figure.metric), ""), (figure.unit, "")]
        cells += [(number, form) for number in numbers]
        cells += [(figures.sample_size(figure), "#,##0"), (figure.effective_n, "#,##0")]
        cells += [(figure.coverage, share), (figure.maturity, share), (_standing(figure), "")]
        for place, (cell, number_form) in enumerate(cells):
            self.put(sheet, row, column + place, cell, number_form)


def _standing(figure: MetricValue) -> str:
    """Whether the figure may be read, else why not, and whether an outcome may still change it."""
    mark = f", {figures.MATURING}" if figures.is_maturing(figure) else ""
    return figures.marked_reason(figure) or figure.status.value + mark


def form_of(figure: MetricValue) -> str:
    """Number format of a figure's unit."""
    return FORMATS.get(figure.unit, "#,##0")


def naive(at: datetime) -> datetime:
    """A time in UTC as a spreadsheet knows it, without a zone."""
    return at.replace(tzinfo=None)
