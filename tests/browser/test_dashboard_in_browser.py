"""The real dashboard in real Chromium: charts are drawn, nothing leaves the machine."""

import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import faces_project
import pytest
from playwright.sync_api import Page, expect, sync_playwright

import readback
from readback import shipped

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
_PATIENCE_MS = 30_000

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


@contextmanager
def serve(project: Path) -> Iterator[str]:
    """Address of a new server of the dashboard."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "streamlit", "run", "app.py", "--server.port", str(port)]
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


def test_every_page_draws_its_charts_and_asks_nobody_else(address: str, page: Page) -> None:
    strangers: list[str] = []
    page.on(
        "request",
        lambda request: (
            strangers.append(request.url) if not request.url.startswith((address, "data:", "blob:")) else None
        ),
    )
    page.goto(address)
    drawn = page.locator("[data-testid=stVegaLiteChart] svg.marks")
    expect(page.get_by_role("heading", name="Continuity overview")).to_be_visible(timeout=_PATIENCE_MS)
    expect(drawn).to_have_count(7, timeout=_PATIENCE_MS)
    page.get_by_role("link", name="Workflow").click()
    expect(page.get_by_role("heading", name="code-review")).to_be_visible(timeout=_PATIENCE_MS)
    expect(drawn).to_have_count(6, timeout=_PATIENCE_MS)
    for kind in ("rect", "line", "area", "symbol", "text"):
        assert drawn.locator(f"g.mark-{kind} path, g.mark-{kind} text").count() > 0, kind
    assert strangers == []


def test_choice_of_a_workflow_is_kept_in_the_address(address: str, page: Page) -> None:
    page.goto(f"{address}/workflow?workflow=code-review")
    expect(page.get_by_role("heading", name="code-review")).to_be_visible(timeout=_PATIENCE_MS)
    expect(page).to_have_url(re.compile(r"workflow=code-review.*period=2026-10-19"))


def test_metric_that_is_withheld_everywhere_is_told_in_words(address: str, page: Page) -> None:
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{address}/?grain=week")
    page.get_by_text("Downstream error", exact=True).click()
    told = page.locator("[data-testid=stVegaLiteChart]").last
    expect(told).to_contain_text("not reported by any source", timeout=_PATIENCE_MS)
    assert errors == []
