"""The weekly review in the browser."""

import contextlib
import importlib
import os
import threading
from typing import Annotated

import typer

from readback.cli.shell import HERE, ProjectOption
from readback.settings import open_project

_PAGES_NEED = ("altair", "readback.faces.exhibit", "readback.faces.charts", "readback.faces.story",
               "readback.faces.workflow_table", "readback.faces.proposals", "readback.faces.desk")  # fmt: skip
"""What the pages import between them, the slowest first."""


def dashboard(
    project: ProjectOption = HERE,
    port: Annotated[int, typer.Option(help="Port.")] = 8501,
    read_only: Annotated[bool, typer.Option("--read-only", help="Nothing can be decided on the pages.")] = False,
) -> None:
    """Start the dashboard in a browser, on loopback.

    Recommendations and alerts can be decided on its pages, unless it is read-only.
    """
    from readback import shipped

    opened = open_project(project)
    os.environ["READBACK_PROJECT"] = str(opened.root)
    if read_only:
        os.environ["READBACK_READ_ONLY"] = "1"
    page = shipped.dashboards() / "app.py"
    # Streamlit looks for its settings in the current folder.
    os.chdir(page.parent)
    threading.Thread(target=_warm, daemon=True).start()
    arguments = [str(page), "--server.address=127.0.0.1", f"--server.port={port}", "--server.headless=true"]
    from streamlit.web import cli as streamlit

    streamlit.main(["run", *arguments, "--browser.gatherUsageStats=false"], standalone_mode=False)


def _warm() -> None:
    """Import what the first page needs while the server starts and the browser opens; a failure shows on the page."""
    with contextlib.suppress(Exception):
        for name in _PAGES_NEED:
            importlib.import_module(name)
