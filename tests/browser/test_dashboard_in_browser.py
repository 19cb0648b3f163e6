"""The real dashboard in real Chromium: every page is drawn, told to everybody, and asks nobody else."""

import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import Any, Literal

import faces_project
import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from PIL import Image
from playwright.sync_api import ConsoleMessage, Page, expect, sync_playwright

import readback
from readback import shipped, store
from readback.settings import open_project

CHROMIUM = Path("/usr/bin/chromium")
SOURCE = Path(readback.__file__).parents[1]
_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_PATIENCE_MS = 60_000

PAGES = [
    "",
    "workflows",
    "workflow?grain=month",
    "episodes?grain=month",
    "episode?id=ep-0900",
    "conformance?grain=month",
    "recommendations?id=rec-0",
    "alerts?id=al-0",
    "alerts?show=silences",
    "data_health",
    "definitions?metric=rework_rate",
    "sql",
]
PICTURES = {
    "this-week": "?grain=week&period=2026-10-19",
    "workflow": "workflow?workflow=support-triage&grain=month",
    "episode": "episode?id=ep-0900",
    "conformance": "conformance?grain=month",
    "recommendations": "recommendations",
    "definitions": "definitions?metric=recovery_time_median_s",
}
"""Pages that the docs show, by address."""

FOLDERS = [name.partition("?")[0] for name in PAGES if name]
PROBES = ("_stcore/health", "_stcore/host-config")
"""What Streamlit itself asks beside a page that is not the first; the server knows them at its root alone."""

pytestmark = [pytest.mark.browser, pytest.mark.skipif(not CHROMIUM.exists(), reason="needs /usr/bin/chromium")]


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The plausible project."""
    return faces_project.build(tmp_path_factory.mktemp("browser")).root


@pytest.fixture(scope="module")
def address(project: Path) -> Iterator[str]:
    """Address of a dashboard on the plausible project."""
    with serve(project) as found:
        yield found


@pytest.fixture(scope="module")
def empty_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a dashboard on a project whose run gave no row."""
    with serve(faces_project.build(tmp_path_factory.mktemp("empty"), empty=True).root) as found:
        yield found


@pytest.fixture(scope="module")
def hostile_address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of a dashboard on a project whose workflow and messages attack whoever shows them."""
    with serve(faces_project.build(tmp_path_factory.mktemp("hostile"), hostile=True).root) as found:
        yield found


@contextmanager
def serve(project: Path) -> Iterator[str]:
    """Address of a new server of the dashboard."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
    command.append("--server.address=127.0.0.1")
    environment = {**os.environ, "READBACK_PROJECT": str(project), "PYTHONPATH": str(SOURCE)}
    with subprocess.Popen(command, cwd=shipped.dashboards(), env=environment, stdout=subprocess.DEVNULL) as server:
        try:
            _wait_until_healthy(f"http://127.0.0.1:{port}/_stcore/health")
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()


@pytest.fixture
def page() -> Iterator[Page]:
    """A new tab, 1280 pixels wide."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=_FLAGS)
        tab = browser.new_page(viewport={"width": 1280, "height": 900})
        tab.set_default_timeout(_PATIENCE_MS)
        yield tab
        browser.close()


def settled(page: Page, url: str) -> None:
    """Open a page and wait until its script has run and its charts are drawn."""
    page.goto(url)
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for(timeout=_PATIENCE_MS)
    expect(page.get_by_role("heading", level=1)).to_be_visible(timeout=_PATIENCE_MS)
    expect(page.locator("[data-testid=stException]")).to_have_count(0)
    page.wait_for_load_state("networkidle")
    charts = page.locator("[data-testid=stVegaLiteChart]")
    expect(page.locator("[data-testid=stVegaLiteChart] svg.marks")).to_have_count(charts.count(), timeout=_PATIENCE_MS)


def listen(page: Page, address: str) -> list[str]:
    """Errors of the page and its console from now on, without Streamlit's own two probes."""
    errors: list[str] = []

    def keep(message: ConsoleMessage) -> None:
        places = [f"{address}/{folder}/{probe}" for folder in FOLDERS for probe in PROBES]
        if message.type == "error" and message.location.get("url") not in places:
            errors.append(message.text)

    page.on("console", keep)
    page.on("pageerror", lambda error: errors.append(str(error)))
    return errors


def told(rule: dict[str, Any]) -> str:
    """A violated rule with the first elements that violate it."""
    nodes = [f"{node['html'][:200]} {node['failureSummary'][:300]}" for node in rule["nodes"][:3]]
    return f"{rule['id']} ({rule['impact']}): {' | '.join(nodes)}"


def _wait_until_healthy(url: str) -> None:
    for _ in range(100):
        try:
            with urllib.request.urlopen(url, timeout=1):
                return
        except OSError:
            time.sleep(0.2)
    pytest.fail("the dashboard did not start")


def test_address_of_a_page_opens_it_on_a_server_that_showed_nothing_yet(project: Path, page: Page) -> None:
    with serve(project) as address:
        page.goto(f"{address}/sql?question=causes")
        expect(page.get_by_role("heading", name="SQL")).to_be_visible()
        expect(page.get_by_label("Statement")).to_have_value(re.compile("cause_basis"))


def test_charts_are_drawn_and_nobody_else_is_asked(address: str, page: Page) -> None:
    strangers: list[str] = []
    page.on(
        "request",
        lambda request: (
            strangers.append(request.url) if not request.url.startswith((address, "data:", "blob:")) else None
        ),
    )
    page.goto(f"{address}/workflow?workflow=code-review&grain=month")
    drawn = page.locator("[data-testid=stVegaLiteChart] svg.marks")
    expect(page.get_by_role("heading", name="code-review")).to_be_visible(timeout=_PATIENCE_MS)
    expect(drawn).to_have_count(6, timeout=_PATIENCE_MS)
    for kind in ("rect", "line", "area", "symbol", "text"):
        assert drawn.locator(f"g.mark-{kind} path, g.mark-{kind} text").count() > 0, kind
    assert strangers == []


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_page_breaks_no_rule_of_accessibility_and_logs_no_error(
    address: str, page: Page, name: str, scheme: Literal["light", "dark"]
) -> None:
    page.emulate_media(color_scheme=scheme)
    errors = listen(page, address)
    settled(page, f"{address}/{name}")
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    grave = [told(rule) for rule in found if rule["impact"] in ("serious", "critical")]
    assert grave == []
    assert errors == []


@pytest.mark.parametrize("name", PAGES)
def test_page_of_an_empty_project_says_what_is_missing(empty_address: str, page: Page, name: str) -> None:
    errors = listen(page, empty_address)
    page.goto(f"{empty_address}/{name}")
    expect(page.get_by_text("No figure yet")).to_be_visible(timeout=_PATIENCE_MS)
    assert errors == []


@pytest.mark.parametrize("name", ["", "workflows", "episodes", "conformance", "alerts", "recommendations"])
def test_page_fits_a_phone(address: str, page: Page, name: str) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    settled(page, f"{address}/{name}")
    main = page.locator("[data-testid=stMain]")
    assert main.evaluate("part => part.scrollWidth - part.clientWidth") <= 0


def test_choice_of_a_workflow_is_kept_in_the_address(address: str, page: Page) -> None:
    page.goto(f"{address}/workflow?workflow=code-review")
    expect(page.get_by_role("heading", name="code-review")).to_be_visible(timeout=_PATIENCE_MS)
    expect(page).to_have_url(re.compile(r"workflow=code-review.*period=2026-10-19"))


def test_open_episode_leads_to_its_page_and_back_to_the_workflow(address: str, page: Page) -> None:
    settled(page, address)
    page.get_by_role("link", name="support-triage").first.click()
    expect(page).to_have_url(re.compile("/episode\\?id=ep-0900"), timeout=_PATIENCE_MS)
    expect(page.get_by_text("Minute by minute")).to_be_visible(timeout=_PATIENCE_MS)
    page.get_by_role("link", name="The workflow as a whole").click()
    expect(page).to_have_url(re.compile("/workflow\\?workflow=support-triage"), timeout=_PATIENCE_MS)


def test_click_on_the_time_axis_opens_the_episode_and_back_keeps_the_period(address: str, page: Page) -> None:
    settled(page, f"{address}/episodes?grain=month")
    page.locator("svg.marks path[aria-label*='state: disabled']").first.click(force=True)
    expect(page).to_have_url(re.compile("/episode\\?id=ep-0901"), timeout=_PATIENCE_MS)
    expect(page.get_by_text("Minute by minute")).to_be_visible(timeout=_PATIENCE_MS)
    page.go_back()
    expect(page.get_by_role("heading", name="Episodes", level=1)).to_be_visible(timeout=_PATIENCE_MS)
    expect(page).to_have_url(re.compile("/episodes\\?.*grain=month"), timeout=_PATIENCE_MS)


def test_workflow_is_opened_by_keyboard_and_keeps_the_period(address: str, page: Page) -> None:
    settled(page, f"{address}/workflows?grain=month")
    page.get_by_role("link", name="code-review").focus()
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/workflow\\?.*workflow=code-review"), timeout=_PATIENCE_MS)
    expect(page.get_by_role("heading", name="code-review", level=1)).to_be_visible(timeout=_PATIENCE_MS)
    expect(page).to_have_url(re.compile("grain=month"))


def test_head_of_a_column_sorts_workflows_by_its_figures_and_withheld_ones_last(address: str, page: Page) -> None:
    settled(page, f"{address}/workflows?grain=month")
    names = page.locator("tbody th[scope=row]")
    page.get_by_role("button", name="Rework", exact=True).click()
    expect(page.get_by_role("columnheader", name="Rework", exact=True)).to_have_attribute("aria-sort", "descending")
    highest = names.all_inner_texts()
    page.get_by_role("button", name="Rework", exact=True).click()
    assert highest[-1] == names.all_inner_texts()[-1] == "contract-summary"
    assert highest[:-1] == names.all_inner_texts()[:-1][::-1]


def test_value_that_was_counted_narrows_the_statement(address: str, page: Page) -> None:
    settled(page, f"{address}/sql?statement=select state from episodes&count=state")
    box = page.locator("[data-testid=stDataFrame]").last.bounding_box()
    assert box
    page.mouse.click(box["x"] + 18, box["y"] + 52)
    expect(page.get_by_label("Statement")).to_have_value(re.compile("= 'recovered'$"), timeout=_PATIENCE_MS)
    expect(page).to_have_url(re.compile("statement=from.*recovered"))


def test_menu_of_a_figure_opens_by_keyboard_and_gives_its_rows(address: str, page: Page) -> None:
    settled(page, address)
    page.get_by_role("button", name="Behind it").first.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name="Open the rows")).to_have_attribute("href", re.compile("sql\\?statement="))
    with page.expect_download() as download:
        page.get_by_role("button", name="CSV").click()
    rows = Path(download.value.path()).read_text(encoding="utf-8").splitlines()
    assert rows[0].startswith("metric,unit,grain,period_start")
    with page.expect_download() as download:
        page.get_by_role("button", name="SVG").click()
    assert Path(download.value.path()).read_text(encoding="utf-8").startswith("<svg")


def test_part_of_the_alerts_is_kept_in_the_address(address: str, page: Page) -> None:
    settled(page, f"{address}/alerts")
    page.get_by_role("radio", name="History (1)").click()
    expect(page).to_have_url(re.compile("show=history"), timeout=_PATIENCE_MS)
    settled(page, page.url)
    expect(page.get_by_text("Episode open for longer than the objective")).to_be_visible()


def test_recommendation_is_rejected_with_the_keyboard_and_stays_told(tmp_path: Path, page: Page) -> None:
    with serve(faces_project.build(tmp_path / "decide").root) as address:
        errors = listen(page, address)
        settled(page, f"{address}/recommendations?id=rec-1")
        page.get_by_role("textbox", name="Role or group that decides").fill("platform on call")
        page.keyboard.press("Tab")
        page.get_by_role("textbox", name="Why").fill("costs twice as much")
        page.get_by_role("button", name="Reject").focus()
        page.keyboard.press("Enter")
        expect(page.get_by_text("Rejected as platform on call")).to_be_visible(timeout=_PATIENCE_MS)
        assert errors == []
    with store.reader(open_project(tmp_path / "decide")) as con:
        told = con.sql("select state, decided_by, decision_reason from recommendations where recommendation_id='rec-1'")
        assert told.fetchall() == [("rejected", "platform on call", "costs twice as much")]


def test_metric_that_is_withheld_everywhere_is_told_in_words(address: str, page: Page) -> None:
    errors = listen(page, address)
    settled(page, f"{address}/?grain=week&metric=downstream_error_rate")
    shown = page.locator("[data-testid=stVegaLiteChart]").last
    expect(shown).to_contain_text("not reported by any source", timeout=_PATIENCE_MS)
    assert errors == []


@pytest.mark.parametrize("name", PAGES)
def test_hostile_names_stay_text(hostile_address: str, page: Page, name: str) -> None:
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: dialogs.append(dialog.message))
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    settled(page, f"{hostile_address}/{name}")
    assert dialogs == []
    assert not [url for url in asked if "evil.example" in url]
    assert page.locator("img[src*=evil], script:text('alert(1)')").count() == 0


@pytest.mark.parametrize("name", list(PICTURES))
def test_picture_of_the_docs_shows_the_page(address: str, page: Page, name: str) -> None:
    """Delete a picture and run this test to make it anew; only the age of the data changes by itself."""
    page.set_viewport_size({"width": 1280, "height": 1100})
    settled(page, f"{address}/{PICTURES[name]}")
    file = Path(__file__).parents[2] / "docs" / "images" / f"dashboard-{name}.png"
    drawn = Image.open(BytesIO(page.screenshot(animations="disabled"))).convert("RGB").resize((960, 825))
    if not file.exists():
        file.parent.mkdir(exist_ok=True)
        drawn.quantize(128, method=Image.Quantize.MEDIANCUT).save(file, optimize=True)
    shown = Image.open(file)
    assert shown.size == drawn.size
    difference = np.abs(np.asarray(shown.convert("L"), float) - np.asarray(drawn.convert("L"), float))
    assert difference.mean() < 4
