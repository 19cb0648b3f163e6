"""Changes to the policy that the evidence suggests: show them, decide on them, take them as a patch."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from readback import store
from readback.cli.shell import HERE, JsonOption, ProjectOption, out, print_json
from readback.errors import ProjectError
from readback.settings import Project, open_project

_ACTIONS = ("show", "list", "accept", "reject")


def recommend(
    action: Annotated[str, typer.Argument(help="show, list, accept or reject.")] = "show",
    recommendation_id: Annotated[str | None, typer.Argument(help="The recommendation, for accept and reject.")] = None,
    project: ProjectOption = HERE,
    as_json: JsonOption = False,
    patch: Annotated[bool, typer.Option("--patch", help="A reviewable patch of policy.yaml.")] = False,
    target: Annotated[Path | None, typer.Option("--out", help="With --patch: folder for patch and records.")] = None,
    reason: Annotated[str | None, typer.Option(help="Why, for accept and reject.")] = None,
    who: Annotated[str, typer.Option(help="Role or group that decides.")] = "operator",
) -> None:
    """Show the changes to the policy that the evidence suggests.

    `list` shows all, with what became of them; `accept` and `reject` take an id. `--patch --out DIR` writes a patch
    that `git am` takes, a changelog entry and an approval record to fill in.
    """
    opened = open_project(project)
    if action not in _ACTIONS:
        raise ProjectError(f"unknown action {action!r}; expected {', '.join(_ACTIONS)}", key="recommend")
    if action in ("accept", "reject"):
        _decide(opened, action, recommendation_id or "", who, reason)
    elif patch:
        _patch(opened, target)
    else:
        _show(opened, is_all=action == "list", as_json=as_json)


def _show(opened: Project, *, is_all: bool, as_json: bool) -> None:
    from readback.decisions.acceptance import read_recommendations
    from readback.faces import answers, terminal

    with store.reader(opened) as con:
        rows = read_recommendations(con) if is_all else answers.recommendations(con)
    if as_json:
        print_json([row.model_dump(mode="json") for row in rows])
    else:
        out.print(terminal.decided(rows) if is_all else terminal.recommendations(rows))


def _decide(opened: Project, action: str, wanted: str, who: str, reason: str | None) -> None:
    from readback.deciding import Writer

    if action == "reject" and not reason:
        raise ProjectError("a rejection needs a reason: --reason says why, for whoever looks next", key="reject")
    writer = Writer(opened, datetime.now(UTC))
    if action == "accept":
        writer.accept(wanted, who, reason)
    else:
        writer.reject(wanted, who, reason or "")


def _patch(opened: Project, target: Path | None) -> None:
    from readback import decisions
    from readback.decisions.submission import submission
    from readback.faces import answers

    text = opened.policy_file.read_text(encoding="utf-8") if opened.policy_file.exists() else ""
    with store.reader(opened) as con:
        rows = answers.recommendations(con)
    if target is None:
        sys.stdout.write(decisions.policy_patch(rows, text))
        return
    target.mkdir(parents=True, exist_ok=True)
    for name, content in submission(rows, text).items():
        (target / name).write_text(content, encoding="utf-8")
        out.print(f"Wrote {target / name}.", markup=False, soft_wrap=True)
