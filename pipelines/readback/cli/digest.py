"""The weekly digest."""

import os
import sys
from datetime import UTC, datetime
from typing import Annotated

import typer

from readback.cli.shell import HERE, ProjectOption, out
from readback.settings import open_project


def digest(
    project: ProjectOption = HERE,
    audience: Annotated[str | None, typer.Option(help="One audience of readback.toml; all when absent.")] = None,
    as_html: Annotated[bool, typer.Option("--html", help="As HTML, ready for an e-mail.")] = False,
    send: Annotated[bool, typer.Option("--send", help="Send it through its audience's channels, once a week.")] = False,
) -> None:
    """Show the last whole week, one message per audience: what changed, with n and interval."""
    from readback import alerting

    opened = open_project(project)
    made = alerting.queue_digests(opened, datetime.now(UTC), audience) if send else alerting.digests(opened, audience)
    for each in made.values():
        sys.stdout.write(each.html + "\n" if as_html else each.text)
    if send:
        delivered = alerting.deliver(opened, os.environ, lambda: datetime.now(UTC))
        out.print(f"{delivered.sent} sent, {delivered.failed} to be tried again, {delivered.dead} dead.")
