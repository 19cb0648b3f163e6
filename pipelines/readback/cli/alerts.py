"""Alerts: list, judge, take, settle."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated

import typer

from readback import store
from readback.cli.shell import HERE, JsonOption, ProjectOption, out, print_json
from readback.errors import ProjectError
from readback.settings import Project, open_project


def alerts(
    action: Annotated[str, typer.Argument(help="list, check, ack or resolve.")] = "list",
    alert_id: Annotated[str | None, typer.Argument(help="The alert, for ack and resolve.")] = None,
    project: ProjectOption = HERE,
    who: Annotated[str, typer.Option(help="Who takes the alert, for ack.")] = "operator",
    as_json: JsonOption = False,
) -> None:
    """List, check, take or resolve alerts.

    `check` lists the open ones and exits 2 when there is one; `ack` and `resolve` take the id of an alert.
    """
    from readback import decisions
    from readback.faces import answers, questions, terminal

    opened = open_project(project)
    if action not in ("list", "check", "ack", "resolve"):
        raise ProjectError(f"unknown action {action!r}; expected list, check, ack or resolve", key="alerts")
    if action in ("ack", "resolve"):
        with _changed(opened) as con:
            if action == "ack":
                decisions.acknowledge(con, alert_id or "", who)
            else:
                decisions.resolve(con, alert_id or "", questions.as_of(con) or datetime.now(UTC))
        return
    with store.reader(opened) as con:
        rows = answers.alerts(con, open_only=action == "check")
    print_json([row.model_dump(mode="json") for row in rows]) if as_json else out.print(terminal.alerts(rows))
    if action == "check" and rows:
        raise typer.Exit(2)


@contextmanager
def _changed(project: Project) -> Iterator[store.Connection]:
    """The warehouse, published again when the change was made."""
    with store.warehouse(project) as con:
        with store.transaction(con):
            yield con
        store.publish(con, project, f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}")
