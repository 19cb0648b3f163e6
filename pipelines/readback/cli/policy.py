"""The fallback policy."""

from datetime import UTC, datetime

import typer

from readback.cli.shell import HERE, ProjectOption, out
from readback.settings import open_project

app = typer.Typer(help="Check the fallback policy.", no_args_is_help=True)


@app.command("check")
def policy_check(project: ProjectOption = HERE) -> None:
    """Validate policy.yaml and tell what to do.

    Every finding has a code, a level and a line. Exit 1 on an error.
    """
    from readback.faces.tables import findings
    from readback.policy.loading import load_policies
    from readback.policy.validation import validate

    opened = open_project(project)
    found = validate(load_policies(opened.policy_file), as_of=datetime.now(UTC))
    out.print(findings(found))
    if any(finding.level == "error" for finding in found):
        raise typer.Exit(1)
