"""The reports for leadership."""

from typing import Annotated

import typer

from readback.cli.shell import HERE, ProjectOption, out
from readback.settings import open_project


def report(
    month: Annotated[str, typer.Option(help="A calendar month, such as 2026-10.")],
    project: ProjectOption = HERE,
) -> None:
    """Write the monthly report, one HTML file."""
    from readback import reports

    out.print(f"Wrote {reports.write_month(open_project(project), month)}", markup=False, soft_wrap=True)
