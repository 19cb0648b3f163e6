"""The weekly review in the browser."""

import os
import subprocess
import sys
from typing import Annotated

import typer

from readback.cli.shell import HERE, ProjectOption
from readback.settings import open_project


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
    page = shipped.dashboards() / "app.py"
    environment = os.environ | {"READBACK_PROJECT": str(opened.root)}
    if read_only:
        environment["READBACK_READ_ONLY"] = "1"
    arguments = ["run", str(page), "--server.address=127.0.0.1", f"--server.port={port}", "--server.headless=true"]
    subprocess.run(
        [sys.executable, "-m", "streamlit", *arguments, "--browser.gatherUsageStats=false"],
        check=False,
        env=environment,
        cwd=page.parent,
    )
