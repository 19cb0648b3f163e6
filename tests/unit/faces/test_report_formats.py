"""Three formats of one view: each loads nothing, repeats byte for byte, and lets no log speak its language."""

import re
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from html.parser import HTMLParser
from io import BytesIO
from pathlib import Path
from typing import Any

import faces_project
import openpyxl
import polars as pl
import pypdf
import pytest
from faces_project import DEFINITIONS, SNAPSHOT

from readback import store
from readback.faces import figures, questions, report
from readback.faces.brand import Look
from readback.faces.period import Period
from readback.faces.report import logo
from readback.settings import Note, Project
from readback.store import Connection

_LOADING = {"src", "href", "xlink:href", "srcset", "data", "action", "poster"}
_ATTACK = '=HYPERLINK("http://evil") #panic("x") @ref $x$ *b*'
_LOGO = (
    b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 20"><rect width="40" height="20" fill="#1f4e79"/></svg>'
)
_OCTOBER = Period.month("2026-10")


class Tags(HTMLParser):
    """Every tag, and every value that a browser would load from."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.names: list[str] = []
        self.loads: list[str] = []
        self.ids: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.loads += [value or "" for name, value in attrs if name in _LOADING]
        self.ids += [value or "" for name, value in attrs if name == "id"]


def told(con: Connection, period: Period = _OCTOBER, form: report.Format = "html", **facts: Any) -> bytes:
    about = report.subject(con, period, **{"definitions": DEFINITIONS, "snapshot": SNAPSHOT, **facts})
    return report.render(report.view_of(about), about, form)


def pdf_text(content: bytes) -> str:
    return " ".join(" ".join(page.extract_text().split()) for page in pypdf.PdfReader(BytesIO(content)).pages)


def cells(content: bytes) -> Iterator[Any]:
    for sheet in openpyxl.load_workbook(BytesIO(content)):
        for row in sheet.iter_rows():
            yield from row


@pytest.fixture(scope="module")
def html(con: Connection) -> str:
    return told(con, look=Look("Northwind")).decode()


@pytest.fixture(scope="module")
def pdf(con: Connection) -> bytes:
    return told(con, form="pdf", look=Look("Northwind"))


@pytest.fixture(scope="module")
def xlsx(con: Connection) -> bytes:
    return told(con, form="xlsx", look=Look("Northwind"))


@pytest.fixture(scope="module")
def attacked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[report.Format], bytes]]:
    project = faces_project.build(tmp_path_factory.mktemp("attacked"), hostile=True, attack=_ATTACK)
    with store.reader(project) as con:
        yield lambda form: told(con, form=form, look=Look(_ATTACK))


def test_report_loads_nothing(html: str) -> None:
    tags = Tags(html)
    assert not [value for value in tags.loads if not value.startswith("#")]
    assert not re.findall(r"url\((?!#)", html)
    assert "@import" not in html
    assert not {"script", "iframe", "link", "img", "object"} & set(tags.names)


def test_every_chart_stands_wide_and_narrow_under_its_own_ids(html: str) -> None:
    tags = Tags(html)
    assert tags.names.count("svg") == 2 * 8
    assert len(tags.ids) == len(set(tags.ids))


def test_every_part_of_the_page_has_an_address_and_is_listed(html: str) -> None:
    listed = [value for value in Tags(html).loads if value.startswith("#") and value[1:] in Tags(html).ids]
    assert listed[0] == "#the-five-metrics"
    assert len(set(listed)) == len(re.findall(r"<h2 ", html))


def test_colours_of_charts_follow_the_page(html: str) -> None:
    svg = html[html.index("<svg") : html.rindex("</svg>")]
    assert "var(--preferred, #0072b2)" in svg
    assert '"#0072b2"' not in svg


@pytest.mark.parametrize("form", report.FORMATS)
def test_equal_snapshots_give_equal_bytes(con: Connection, form: report.Format, request: pytest.FixtureRequest) -> None:
    before = request.getfixturevalue(form)
    before = before.encode() if isinstance(before, str) else before
    assert told(con, form=form, look=Look("Northwind")) == before


def test_another_process_makes_the_same_pdf(project: Project) -> None:
    script = """
import hashlib, sys
from pathlib import Path
from readback import reports
from readback.settings import open_project
for file in reports.write_month(open_project(Path(sys.argv[1])), "2026-10"):
    print(hashlib.sha256(file.read_bytes()).hexdigest())
"""
    made = [
        subprocess.run(
            [sys.executable, "-c", script, str(project.root)], capture_output=True, text=True, check=True,
            env={"PYTHONPATH": str(Path(report.__file__).parents[3]), "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    ]  # fmt: skip
    assert made[0] == made[1]
    assert len(made[0].split()) == 3


def test_all_formats_tell_the_same_sentences(con: Connection, html: str, pdf: bytes, xlsx: bytes) -> None:
    view = report.view_of(report.subject(con, _OCTOBER, definitions=DEFINITIONS))
    page, text = " ".join(html.split()), pdf_text(pdf)
    sheet = {str(cell.value) for cell in cells(xlsx)}
    for sentence in (view["headline"], *view["sentences"], *view["went_wrong"], *view["audit"]):
        assert sentence in page
        assert sentence.replace(" ", "") in text.replace(" ", "")
        assert sentence in sheet


def test_director_reads_two_pages_before_the_appendix(pdf: bytes) -> None:
    pages = [page.extract_text() for page in pypdf.PdfReader(BytesIO(pdf)).pages]
    assert "The five metrics" in pages[0]
    assert "Fallback frequency by month" in pages[0]
    assert "What we ask" in pages[1]
    assert "Where it happened" in pages[1]
    assert pages[2].lstrip().startswith("Appendix")


def test_figures_are_numbers_with_formats_in_the_workbook(con: Connection, xlsx: bytes) -> None:
    (figure,) = figures.values(questions.figures(con, ["fallback_frequency"], "month", _OCTOBER.start))
    sheet = openpyxl.load_workbook(BytesIO(xlsx))["Metrics"]
    assert [cell.value for cell in sheet[2]][:5] == pytest.approx(
        ["Fallback frequency", "fraction", figure.value, figure.low, figure.high]
    )
    assert sheet["C2"].number_format == "0.0%"


def test_withheld_figure_is_an_empty_cell_with_its_reason(xlsx: bytes) -> None:
    sheet = openpyxl.load_workbook(BytesIO(xlsx))["Metrics"]
    (row,) = [row for row in sheet.iter_rows(values_only=True) if row[0] == "Downstream error cost"]
    assert (row[2], row[9]) == (None, "not reported by any source")


def test_maturing_figures_are_marked_in_every_format(html: str, pdf: bytes, xlsx: bytes) -> None:
    assert "%, maturing</small>" in html
    assert "%, maturing" in pdf_text(pdf)
    assert "ok, maturing" in [cell.value for cell in cells(xlsx)]


def test_workbook_has_native_charts_and_definitions(xlsx: bytes) -> None:
    names = zipfile.ZipFile(BytesIO(xlsx)).namelist()
    assert len([name for name in names if name.startswith("xl/charts/chart")]) == 5
    assert "Definitions" in openpyxl.load_workbook(BytesIO(xlsx)).sheetnames


def test_workbook_tells_beside_each_period_what_happened_in_it(con: Connection) -> None:
    notes = [Note(at=datetime(2026, 10, 20, 8, tzinfo=UTC), text=_ATTACK)]
    book = openpyxl.load_workbook(BytesIO(told(con, form="xlsx", own_notes=notes)))
    listed = [row[:5] for row in book["Beside the figures"].iter_rows(min_row=2, values_only=True) if row[0]]
    assert (listed[0][0], f"{listed[0][1]:%-d %b %H:%M}", *listed[0][2:]) == (1, "20 Oct 08:00", None, "note", _ATTACK)
    rows = [row for row in book["History"].iter_rows(min_row=2, values_only=True) if row[1] == "Fallback frequency"]
    assert (rows[-1][0], rows[-1][9]) == ("2026-10", "1–2")
    declared = sum(row[3] == "provider incident" for row in book["Beside the figures"].iter_rows(values_only=True))
    assert sum(row[10] or 0 for row in rows) == declared > 0


@pytest.mark.parametrize("as_png", [False, True])
def test_workbook_bears_the_logo(con: Connection, as_png: bool) -> None:
    svg = Look("Northwind", logo=_LOGO, logo_format="svg")
    look = Look("Northwind", logo=logo.png(svg, 30), logo_format="png") if as_png else svg
    made = told(con, form="xlsx", look=look)
    summary = openpyxl.load_workbook(BytesIO(made))["Summary"]
    (shown,) = summary._images
    assert (shown.width, shown.height) == (192, 96)
    assert summary["A2"].value == "Northwind: October 2026"
    assert made == told(con, form="xlsx", look=look)


def test_unreported_metric_is_never_a_zero(html: str) -> None:
    assert re.search(r'Downstream error cost</td><td class="n"><span class="reason">not reported by any source', html)


def test_silent_downgrades_are_listed_one_by_one(con: Connection, html: str, xlsx: bytes) -> None:
    silent = con.sql(
        "select request_id from fallback_events where is_silent and occurred_at >= '2026-10-01'"
    ).fetchall()
    assert silent
    assert all(request_id in html for (request_id,) in silent)
    assert {request_id for (request_id,) in silent} <= {cell.value for cell in cells(xlsx)}


def test_silent_downgrades_beyond_the_first_are_folded(con: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    one = questions.silent_downgrades(con, _OCTOBER.span)
    many = pl.concat([one.with_columns(request_id=pl.lit(f"litellm:no-{number}-")) for number in range(52)])
    monkeypatch.setattr(questions, "silent_downgrades", lambda *_: many)
    shown, folded = told(con).decode().split('<details class="rest">', 1)
    assert f"{many.height - 50} earlier ones" in folded
    assert "no-51-" in folded
    assert "no-51-" not in shown


def test_no_name_becomes_a_tag(hostile: Project) -> None:
    with store.reader(hostile) as con:
        page = told(con, look=Look("<b>x</b>")).decode()
    assert "script" not in Tags(page).names
    assert "&lt;script&gt;alert(1)" in page
    assert "<b>x</b>" not in page
    assert "\x1b" not in page
    assert "\u202e" not in page


def test_no_name_becomes_typst_markup(attacked: Callable[[report.Format], bytes], hostile: Project) -> None:
    assert '#panic("x")@ref$x$*b*' in pdf_text(attacked("pdf")).replace(" ", "")
    with store.reader(hostile) as con:
        made = pdf_text(told(con, form="pdf"))
    assert "<script>alert(1)" in made.replace(" ", "")
    assert "\u202e" not in made


def test_no_name_becomes_a_formula_or_a_link(attacked: Callable[[report.Format], bytes]) -> None:
    made = attacked("xlsx")
    found = [cell for cell in cells(made) if str(cell.value).startswith("=HYPERLINK")]
    assert found
    assert {cell.data_type for cell in cells(made)} <= {"s", "n", "d"}
    parts = zipfile.ZipFile(BytesIO(made))
    assert not [name for name in parts.namelist() if b"<f>" in parts.read(name) and "/worksheets/" in name]
    assert not [cell for cell in cells(made) if cell.hyperlink]
