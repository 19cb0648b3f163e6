"""The view's figures as a workbook: numbers with their formats, and a sheet of definitions."""

from collections.abc import Iterable, Mapping
from io import BytesIO
from typing import Any

import xlsxwriter

from readback.contracts import MetricValue
from readback.faces import absences, figures, questions
from readback.faces.recovery import TRIED
from readback.faces.report import history, logo
from readback.faces.report.cells import FIGURE_HEADS, SAFE, Book, form_of, naive
from readback.faces.report.metrics import WANTED
from readback.faces.report.subject import Subject, change_of

_LOGO_HEIGHT = 48
"""Pixels on the sheet; drawn twice as high, for screens that show more."""
_EPISODE = {
    "workflow": 26, "workflow_class": 26, "opened_at": 17, "recovered_at": 17, "duration_s": 12, "state": 12,
    "cause": 22, "preferred_model": 34, "fallback_count": 14,
}  # fmt: skip
"""Columns of an episode and their widths."""


def xlsx(view: Mapping[str, Any], subject: Subject) -> bytes:
    """The report as a workbook; equal snapshots give equal bytes."""
    made = BytesIO()
    book = Book(xlsxwriter.Workbook(made, dict(SAFE)), subject)
    title = f"{view['kind']}, {view['period']}"
    book.book.set_properties({"title": title, "author": view["brand"], "created": naive(subject.as_of)})
    _summary(book, view)
    if not view["is_without_data"]:
        _metrics(book, view)
        history.sheets(book)
        _by_member(book, "By workflow", "workflow")
        _by_member(book, "By class", "workflow_class")
        _conformance(book, view)
        _episodes(book)
        _recovery(book, view)
        _recommendations(book, view)
    _coverage(book, view)
    _definitions(book, view)
    book.book.close()
    return made.getvalue()


def _summary(book: Book, view: Mapping[str, Any]) -> None:
    sheet = book.book.add_worksheet("Summary")
    sheet.hide_gridlines(2)
    sheet.set_column(0, 0, 110)
    title = book.style(bold=True, font_size=20, font_color=book.subject.look.ink)
    first = _logo(book, sheet, view["brand"])
    sheet.write_string(first, 0, f"{view['brand']}: {view['period']}", title)
    sheet.write_string(first + 1, 0, f"{view['kind']}, as of {view['as_of']}", book.style(font_color="#5f6b7a"))
    row = first + 3
    for head, lines in _told(view):
        if lines:
            sheet.write_string(row, 0, head, book.style(bold=True, font_size=13, font_color=book.subject.look.ink))
            for line in lines:
                row += 1
                sheet.write_string(row, 0, line, book.style(text_wrap=True))
            row += 2


def _logo(book: Book, sheet: Any, brand: str) -> int:
    """The logo on top, where there is one; the row that follows."""
    drawn = logo.png(book.subject.look, 2 * _LOGO_HEIGHT)
    if drawn is None:
        return 0
    sheet.set_row_pixels(0, _LOGO_HEIGHT + 8)
    shown = {"image_data": BytesIO(drawn), "x_scale": 0.5, "y_scale": 0.5, "x_offset": 4, "y_offset": 4}
    sheet.insert_image(0, 0, "logo.png", shown | {"description": brand, "object_position": 3})
    return 1


def _told(view: Mapping[str, Any]) -> Iterable[tuple[str, list[str]]]:
    yield "Before you read", list(view["notes"])
    if view["is_without_data"]:
        return
    yield "Headline", [view["headline"], *([view["targets_told"]] if view["targets_told"] else [])]
    yield "The five metrics", view["sentences"]
    yield "What went wrong", view["went_wrong"]
    yield "What we decided", view["decided"]
    yield "What we ask", [f"{ask['title']}. {ask['why']}" for ask in view["asks"]]
    yield "Audit statement", view["audit"]


def _metrics(book: Book, view: Mapping[str, Any]) -> None:
    extra = ("Target", "Against target", "Before", "Change", "95% from ", "95% to ")
    widths = (32, 10, 12, 12, 12, 10, 12, 10, 10, 26, 12, 14, 12, 12, 12, 12)
    sheet = book.sheet("Metrics", (*FIGURE_HEADS, *extra), widths)
    subject = book.subject
    now, before = subject.values(subject.period, WANTED), subject.values(subject.before, WANTED)
    words = {row["metric"]: row for row in (*view["five"], *view["beside"])}
    for row, metric in enumerate((name for name in WANTED if name in now), start=1):
        figure, form = now[metric], form_of(now[metric])
        book.figure(sheet, row, 0, figure)
        earlier = before.get(metric)
        changed = _changed(subject, figure, earlier)
        book.put(sheet, row, 10, subject.targets.get(metric), form)
        book.put(sheet, row, 11, words[metric]["verdict"] if metric in words else None)
        book.put(sheet, row, 12, earlier.value if earlier and not figures.withheld(earlier) else None, form)
        for place, number in enumerate(changed):
            book.put(sheet, row, 13 + place, number, form)


def _changed(subject: Subject, now: MetricValue, before: MetricValue | None) -> tuple[float | None, ...]:
    found = change_of(subject, now, before)
    return (found.difference, found.low, found.high) if found else (None, None, None)


def _by_member(book: Book, name: str, dimension: str) -> None:
    heads = ("Member", *FIGURE_HEADS, "Why it is absent")
    sheet = book.sheet(name, heads, (30, 32, 10, 12, 12, 12, 10, 12, 10, 10, 26, 60))
    subject, row = book.subject, 0
    metrics = [*figures.HEADLINES, "policy_conformance_rate"]
    grain, start = subject.period.grain.value, subject.period.start
    found = figures.values(absences.of_members(subject.con, metrics, grain, start, dimension))
    for figure in sorted(found, key=lambda one: metrics.index(one.metric)):
        row += 1
        book.put(sheet, row, 0, figure.member)
        book.figure(sheet, row, 1, figure)
        book.put(sheet, row, 11, figure.explanation)
    sheet.autofilter(0, 0, max(row, 1), 11)


def _conformance(book: Book, view: Mapping[str, Any]) -> None:
    heads = ("Class", "Risk", "Judged", "Out of policy", "Silent", "Cannot judge")
    sheet = book.sheet("Conformance", heads, (30, 12, 10, 14, 10, 14))
    names = ("name", "risk", "judged", "outside", "silent", "unknown")
    found = questions.judged_classes(book.subject.con, book.subject.period.span).to_dicts()
    book.rows(sheet, ([row[name] for name in names] for row in found))
    listed = book.sheet(
        "Silent downgrades", ("When (UTC)", "Workflow", "Preferred → served", "Why", "Request"), (16, 24, 50, 40, 48)
    )
    keys = ("at", "workflow", "models", "why", "request")
    book.rows(listed, ([row[key] for key in keys] for row in view["silent"]))


def _episodes(book: Book) -> None:
    heads = [name.replace("_", " ").capitalize() for name in _EPISODE]
    sheet = book.sheet("Episodes", heads, tuple(_EPISODE.values()))
    found = questions.episodes(book.subject.con, book.subject.period.span)
    last = book.rows(sheet, found.select(list(_EPISODE)).iter_rows())
    sheet.autofilter(0, 0, max(last, 1), len(_EPISODE) - 1)


def _recovery(book: Book, view: Mapping[str, Any]) -> None:
    """Against the period before by class, then a month under other rules of episodes."""
    heads = ("Class", "Episodes", view["before_short"], "Mean within 4 h", "Test of the curves")
    sheet = book.sheet("Recovery", heads, (40, 12, 12, 44, 24, 28, 12))
    last = book.rows(sheet, view["compared"])
    told = [f"{view['tried_month']}: {view['tried_told']}"]
    tried = [told, list(TRIED.values()), *view["tried"]]
    book.rows(sheet, tried if view["tried"] else [], start=last + 3)


def _recommendations(book: Book, view: Mapping[str, Any]) -> None:
    keys = ("title", "where", "change", "expected_effect", "falsifier", "path", "basis", "confidence")
    heads = ("Change", "Where", "What to do", "Expected effect", "Wrong if", "Policy line", "Evidence", "Confidence")
    sheet = book.sheet("Recommendations", heads, (40, 22, 60, 60, 50, 30, 22, 12))
    book.rows(sheet, ([row[key] for key in keys] for row in view["recommendations"]))


def _coverage(book: Book, view: Mapping[str, Any]) -> None:
    heads = ("Source", "Files", "Lines", "Rows", "Duplicates", "Ignored", "Quarantined", "Newest record (UTC)")
    sheet = book.sheet("Data coverage", heads, (26, 10, 12, 12, 12, 12, 12, 20))
    names = ("source", "files", "lines", "row_lines", "duplicate_lines", "ignored_lines", "quarantined_lines")
    found = questions.ledger(book.subject.con).to_dicts()
    last = book.rows(sheet, ([row[name] for name in (*names, "last_at")] for row in found))
    absent = [": ".join(row) for row in view.get("absent", [])]
    book.rows(sheet, [[view["days_told"]], *([line] for line in absent), *_restated(view)], start=last + 3)


def _restated(view: Mapping[str, Any]) -> Iterable[list[str]]:
    for one in view["restated"]:
        for line in (one["first"], *one["changes"], one["now"]):
            yield [f"{one['label']}, {one['period']}: {line[0]}", *line[1:]]


def _definitions(book: Book, view: Mapping[str, Any]) -> None:
    sheet = book.sheet("Definitions", ("Metric", "Question", "Unit", "Better"), (32, 90, 12, 10))
    last = book.rows(
        sheet, ([row["label"], row["question"], row["unit"], row["better"]] for row in view["definitions"])
    )
    book.rows(sheet, ([line] for line in view["method"]), start=last + 3)
