"""Times the pages of the dashboard in a real Chromium, 1280 pixels wide, on a published project.

    python benchmarks/pages.py FOLDER [--port N]

A new server, then every page twice: seconds until its heading stands, and until the page is whole. The first page is
opened as soon as the server answers; its heading is also told from the start of the command on.
"""

import argparse
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

CHROMIUM = "/usr/bin/chromium"
MENUS = {
    "Workflows": "",
    "Episodes": "",
    "Conformance": "Decide",
    "Recommendations": "Decide",
    "Alerts": "Decide",
    "Data health": "Data",
    "Definitions": "Data",
    "SQL": "Data",
}
"""Page by the menu that it lies under."""

_WHOLE = "[data-testid=stApp][data-test-script-state=notRunning]"
_PATIENCE_MS = 60_000


@contextmanager
def served(folder: Path, port: int) -> Iterator[float]:
    """When the command of a new server was started; inside, it answers."""
    started = time.perf_counter()
    command = [sys.executable, "-m", "readback", "dashboard", "--project", str(folder), "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as server:
        try:
            while not _answers(port):
                time.sleep(0.05)
            yield started
        finally:
            server.terminate()


def _answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/_stcore/health", timeout=1):
            return True
    except OSError:
        return False


def first(page: Page, port: int, name: str) -> None:
    """Open the first page in a tab of its own."""
    start = time.perf_counter()
    page.goto(f"http://127.0.0.1:{port}/")
    page.locator("h1").wait_for(timeout=_PATIENCE_MS)
    heading = time.perf_counter() - start
    page.locator(_WHOLE).wait_for(timeout=_PATIENCE_MS)
    print(f"| {name} | {heading:.2f} | {time.perf_counter() - start:.2f} |")


def change(page: Page, name: str, menu: str, round_name: str) -> None:
    """Change to a page by the navigation."""
    page.wait_for_timeout(700)
    if menu:
        page.get_by_test_id("stHeader").get_by_text(menu, exact=True).click()
        page.wait_for_timeout(500)
    entry = page.locator("a, button, [role=menuitem]").filter(has_text=name).last
    entry.hover()
    start = time.perf_counter()
    entry.click()
    page.locator("h1", has_text=name).wait_for(timeout=_PATIENCE_MS)
    heading = time.perf_counter() - start
    page.locator(_WHOLE).wait_for(timeout=_PATIENCE_MS)
    print(f"| {name}, {round_name} | {heading:.2f} | {time.perf_counter() - start:.2f} |")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--port", type=int, default=8627)
    given = parser.parse_args()
    print("| page | heading | whole |\n|---|---|---|")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        page = browser.new_page(viewport={"width": 1280, "height": 1000})
        with served(given.folder, given.port) as started:
            first(page, given.port, "This week, a new server")
            print(f"| from the command on | {time.perf_counter() - started:.2f} | |")
            for round_name in ("first visit", "second visit"):
                for name, menu in MENUS.items():
                    change(page, name, menu, round_name)
            first(browser.new_page(viewport={"width": 1280, "height": 1000}), given.port, "This week, a new tab")
        browser.close()


if __name__ == "__main__":
    main()
