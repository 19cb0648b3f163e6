"""The report as people open it: on a phone, on paper, by a screen reader."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import faces_project
import pypdfium2
import pytest
from axe_playwright_python.sync_playwright import Axe
from faces_project import DEFINITIONS, SNAPSHOT
from playwright.sync_api import Browser, Page, sync_playwright

from readback import store
from readback.faces import report
from readback.faces.period import Period

CHROMIUM = Path("/usr/bin/chromium")
SILENT = 60

pytestmark = [pytest.mark.browser, pytest.mark.skipif(not CHROMIUM.exists(), reason="needs /usr/bin/chromium")]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("report")
    with store.reader(faces_project.build(folder / "project")) as con:
        about = report.subject(con, Period.month("2026-10"), definitions=DEFINITIONS, snapshot=SNAPSHOT)
        view = report.view_of(about)
        view["silent"] = [*view["silent"], *[view["silent"][0]] * SILENT][:SILENT]
        file = folder / "report.html"
        file.write_bytes(report.render(view, about, "html"))
    return file.as_uri()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        yield playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])


@pytest.fixture
def phone(browser: Browser, address: str) -> Iterator[Page]:
    page = browser.new_page(viewport={"width": 390, "height": 844})
    page.goto(address)
    yield page
    page.close()


def test_page_is_as_wide_as_the_phone(phone: Page) -> None:
    assert phone.evaluate("document.documentElement.scrollWidth") == 390


def test_a_phone_shows_no_line_that_holds_nothing(phone: Page) -> None:
    cells = phone.locator("table.metrics td:visible").all_inner_texts()
    assert "–" not in {cell.strip() for cell in cells}
    assert phone.locator("table.metrics .reason:visible").count() > 0


def test_paper_says_where_folded_rows_are(browser: Browser, address: str) -> None:
    page = browser.new_page()
    page.goto(address)
    printed = pypdfium2.PdfDocument(BytesIO(page.pdf(format="A4")))
    told = " ".join(" ".join(sheet.get_textpage().get_text_bounded().split()) for sheet in printed)
    assert f"{SILENT - 50} earlier ones are in this file on a screen, and in the workbook." in told


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_report_has_no_serious_accessibility_violation(browser: Browser, address: str, scheme: str, width: int) -> None:
    page = browser.new_page(
        viewport={"width": width, "height": 900}, color_scheme="dark" if scheme == "dark" else "light"
    )
    page.goto(address)
    found = Axe().run(page).response["violations"]
    assert [each["id"] for each in found if each["impact"] in ("serious", "critical")] == []
