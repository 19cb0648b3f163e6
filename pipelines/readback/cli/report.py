"""The reports for leadership."""

from typing import Annotated

import typer

from readback.cli.progress import progress
from readback.cli.shell import HERE, JsonOption, ProjectOption, near, print_json, say
from readback.errors import QueryError
from readback.settings import open_project


def report(
    month: Annotated[str | None, typer.Option(help="A calendar month, such as 2026-10.")] = None,
    quarter: Annotated[str | None, typer.Option(help="A calendar quarter, such as 2026-Q4.")] = None,
    formats: Annotated[str, typer.Option("--format", help="Of pdf, html and xlsx, by comma.")] = "pdf,html,xlsx",
    project: ProjectOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Write the continuity report of a month or a quarter: PDF, HTML and XLSX.

    Without a period it is that of the last whole month.
    """
    from readback import reports

    if month and quarter:
        raise QueryError("give --month or --quarter, not both")
    opened, wanted = open_project(project), [word.strip() for word in formats.split(",") if word.strip()]
    with progress("writing the report"):
        written = (
            reports.write_quarter(opened, quarter, wanted) if quarter else reports.write_month(opened, month, wanted)
        )
    if as_json:
        print_json([{"file": file} for file in written])
        return
    for file in written:
        say(f"Wrote {near(file)}")
