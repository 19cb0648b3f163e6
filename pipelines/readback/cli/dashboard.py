"""The weekly review in the browser."""

import ast
import contextlib
import importlib
import os
import sys
import threading
from pathlib import Path
from typing import Annotated

import typer

from readback.cli.shell import HERE, JsonOption, ProjectOption, print_json, say
from readback.settings import open_project

_PACKAGES = ("readback", "readback.faces")
"""Whose parts the pages import by name."""

_LATE = ("PIL.Image", "pandas", "scipy.special")
"""What is imported with the first picture, table and interval otherwise."""


def dashboard(
    project: ProjectOption = HERE,
    port: Annotated[int, typer.Option(help="Port.")] = 8501,
    read_only: Annotated[bool, typer.Option("--read-only", help="Nothing can be decided on the pages.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Serve the dashboard for a browser, on loopback, until Ctrl-C.

    Recommendations and alerts can be decided on its pages, unless it is read-only. With --json the address comes
    first, and what the server says goes to standard error.
    """
    from readback import shipped

    opened = open_project(project)
    address = f"http://127.0.0.1:{port}"
    print_json([{"url": address, "project": opened.root}]) if as_json else say(f"Dashboard  {address}")
    sys.stdout.flush()
    os.environ["READBACK_PROJECT"] = str(opened.root)
    if read_only:
        os.environ["READBACK_READ_ONLY"] = "1"
    with contextlib.redirect_stdout(sys.stderr if as_json else sys.stdout):
        serve(shipped.dashboards() / "app.py", port)


def serve(page: Path, port: int) -> None:
    """Run the server in this process until it is stopped."""
    # Streamlit looks for its settings in the current folder.
    os.chdir(page.parent)
    threading.Thread(target=warm, args=(page.parent,), daemon=True).start()
    arguments = [str(page), "--server.address=127.0.0.1", f"--server.port={port}", "--server.headless=true"]
    from streamlit.web import cli as streamlit

    streamlit.main(["run", *arguments, "--browser.gatherUsageStats=false"], standalone_mode=False)


def warm(pages: Path) -> None:
    """Import what the pages import, the first page's modules first; a failure shows on the page that needs it.

    It runs while the server starts and the browser opens, so that nobody waits for it.
    """
    for name in [*needed(pages), *_LATE]:
        with contextlib.suppress(Exception):
            importlib.import_module(name)


def needed(pages: Path) -> list[str]:
    """Modules of readback that the dashboard in a folder names in its imports, in the order in which to load them."""
    files = [pages / "app.py", pages / "views" / "this_week.py", *sorted((pages / "views").glob("*.py"))]
    found: dict[str, None] = {}
    for file in files:
        for node in ast.parse(file.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("readback"):
                of_package = [f"{node.module}.{alias.name}" for alias in node.names if alias.name.islower()]
                found |= dict.fromkeys(of_package if node.module in _PACKAGES else [node.module])
    return list(found)
