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
) -> None:
    """Start the dashboard in a browser, on loopback."""
    from readback import shipped

    opened = open_project(project)
    page = shipped.dashboards() / "app.py"
    environment = os.environ | {"READBACK_PROJECT": str(opened.root)}
    arguments = ["run", str(page), "--server.address=127.0.0.1", f"--server.port={port}", "--server.headless=true"]
    subprocess.run(
        [sys.executable, "-m", "streamlit", *arguments, "--browser.gatherUsageStats=false"],
        check=False,
        env=environment,
        cwd=page.parent,
    )
