"""Changes to the policy that the evidence suggests."""

import sys
from typing import Annotated

import typer

from readback import store
from readback.cli.shell import HERE, JsonOption, ProjectOption, out, print_json
from readback.settings import open_project


def recommend(
    project: ProjectOption = HERE,
    as_json: JsonOption = False,
    patch: Annotated[bool, typer.Option("--patch", help="A reviewable patch of policy.yaml.")] = False,
) -> None:
    """Show the changes to the policy that the evidence suggests."""
    from readback import decisions
    from readback.faces import answers, terminal

    opened = open_project(project)
    with store.reader(opened) as con:
        rows = answers.recommendations(con)
    if patch:
        text = opened.policy_file.read_text(encoding="utf-8") if opened.policy_file.exists() else ""
        sys.stdout.write(decisions.policy_patch(rows, text))
    elif as_json:
        print_json([row.model_dump(mode="json") for row in rows])
    else:
        out.print(terminal.recommendations(rows))
