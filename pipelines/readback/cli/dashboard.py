"""The weekly review in the browser."""

import os
import subprocess
import sys
from typing import Annotated

import typer

from readback.cli.shell import HERE, JsonOption, ProjectOption, print_json, say
from readback.settings import open_project


def dashboard(
    project: ProjectOption = HERE,
    port: Annotated[int, typer.Option(help="Port.")] = 8501,
    as_json: JsonOption = False,
) -> None:
    """Serve the dashboard for a browser, on loopback, until Ctrl-C.

    With --json the address comes first, and what the server says goes to standard error.
    """
    from readback import shipped

    opened = open_project(project)
    page = shipped.dashboards() / "app.py"
    environment = os.environ | {"READBACK_PROJECT": str(opened.root)}
    address = f"http://127.0.0.1:{port}"
    print_json([{"url": address, "project": opened.root}]) if as_json else say(f"Dashboard  {address}")
    sys.stdout.flush()
    arguments = ["run", str(page), "--server.address=127.0.0.1", f"--server.port={port}", "--server.headless=true"]
    subprocess.run(
        [sys.executable, "-m", "streamlit", *arguments, "--browser.gatherUsageStats=false"],
        check=False,
        env=environment,
        cwd=page.parent,
        stdout=sys.stderr if as_json else None,
    )
