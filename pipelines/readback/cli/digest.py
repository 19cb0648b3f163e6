"""The weekly digest."""

import os
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from readback.cli.shell import HERE, JsonOption, ProjectOption, now, print_json, say
from readback.settings import open_project

if TYPE_CHECKING:
    from readback.faces.digest import Digest


def digest(
    project: ProjectOption = HERE,
    audience: Annotated[str | None, typer.Option(help="One audience of readback.toml; all when absent.")] = None,
    as_html: Annotated[bool, typer.Option("--html", help="As HTML, ready for an e-mail.")] = False,
    send: Annotated[bool, typer.Option("--send", help="Send it through its audience's channels, once a week.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Show the last whole week, one message per audience: what changed, with n and interval."""
    from readback import alerting

    opened = open_project(project)
    made = alerting.queue_digests(opened, now(), audience) if send else alerting.digests(opened, audience)
    delivered = alerting.deliver(opened, os.environ, now) if send else None
    if as_json:
        told = delivered._asdict() if delivered else None
        print_json([_row(name, each) | {"delivered": told} for name, each in made.items()])
        return
    for each in made.values():
        sys.stdout.write(each.html + "\n" if as_html else each.text)
    if delivered:
        say(f"{delivered.sent} sent, {delivered.failed} to be tried again, {delivered.dead} dead.")


def _row(audience: str, made: "Digest") -> dict[str, Any]:
    sections = [{"heading": each.heading, "sentences": each.sentences, "link": each.link} for each in made.sections]
    return {"audience": audience, "title": made.title, "sections": sections, "data": made.data_line, "html": made.html}
