"""Alerts: list and judge, take and settle, silence, and what was sent of them."""

import os
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from readback import store
from readback.cli.shell import HERE, JsonOption, MomentOption, ProjectOption, out, print_json, utc
from readback.errors import ProjectError
from readback.settings import open_project, seconds

app = typer.Typer(help="List, judge, take, settle and silence alerts.", no_args_is_help=False)

AlertArgument = Annotated[str, typer.Argument(help="Id of the alert.")]
WhoOption = Annotated[str, typer.Option(help="Who does it: a role or group.")]


@app.callback(invoke_without_command=True)
def alerts(context: typer.Context, project: ProjectOption = HERE, as_json: JsonOption = False) -> None:
    """List, judge, take, settle and silence alerts.

    Without a command: list.
    """
    if context.invoked_subcommand is None:
        list_alerts(project, as_json)


@app.command("list")
def list_alerts(project: ProjectOption = HERE, as_json: JsonOption = False) -> None:
    """Show every alert that ever fired, those that stand open first."""
    from readback.faces import answers, terminal

    with store.reader(open_project(project)) as con:
        rows = answers.alerts(con)
    print_json([row.model_dump(mode="json") for row in rows]) if as_json else out.print(terminal.alerts(rows))


@app.command()
def check(
    project: ProjectOption = HERE,
    as_of: MomentOption = None,
    no_send: Annotated[bool, typer.Option("--no-send", help="Judge and queue only.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Judge every rule, deliver what is due, and list the alerts that stand open.

    Exit 2 when there is one. Reads no new log: `readback run` does.
    """
    from readback import alerting
    from readback.faces import dispatches, terminal

    opened = open_project(project)
    if no_send:
        looked, delivered = alerting.look(opened, datetime.now(UTC), utc(as_of)), None
    else:
        looked, delivered = alerting.check(opened, os.environ, lambda: datetime.now(UTC), utc(as_of))
    if as_json:
        print_json([row.model_dump(mode="json") for row in looked.unsettled])
    else:
        out.print(terminal.alerts(looked.unsettled))
        out.print(dispatches.look_line(looked.evaluation, delivered))
    if looked.unsettled:
        raise typer.Exit(2)


@app.command()
def ack(alert_id: AlertArgument, project: ProjectOption = HERE, who: WhoOption = "operator") -> None:
    """Take an open alert; it stays taken until it is resolved."""
    from readback.deciding import Writer

    Writer(open_project(project), datetime.now(UTC)).acknowledge(alert_id, who)


@app.command()
def resolve(alert_id: AlertArgument, project: ProjectOption = HERE, who: WhoOption = "operator") -> None:
    """Settle an alert; it fires again only on events after the newest record.

    A rise of an outcome rate that is settled becomes the new normal.
    """
    from readback.deciding import Writer

    Writer(open_project(project), datetime.now(UTC)).resolve(alert_id, who)


@app.command()
def silence(
    lasting: Annotated[str, typer.Option("--for", help="How long, such as 4h or 2d, in the time of the logs.")],
    owner: Annotated[str, typer.Option(help="Who answers for it: a role or group.")],
    reason: Annotated[str, typer.Option(help="Why.")],
    rule: Annotated[str, typer.Option(help="Rule; may hold *.")] = "*",
    workflow: Annotated[str, typer.Option(help="Workflow; may hold *.")] = "*",
    project: ProjectOption = HERE,
) -> None:
    """Hold back what a rule says of a workflow for a time.

    What still holds when the time is over is told then.
    """
    from readback.deciding import Writer
    from readback.faces import dispatches

    opened = open_project(project)
    try:
        length = timedelta(seconds=seconds(lasting))
    except ValueError as error:
        raise ProjectError(str(error), key="--for") from None
    made = Writer(opened, datetime.now(UTC)).silence(rule, workflow, owner, reason, length)
    out.print(dispatches.silence_line(made))


@app.command()
def unsilence(
    silence_id: Annotated[str, typer.Argument(help="Id of the silence.")], project: ProjectOption = HERE
) -> None:
    """End a silence now."""
    from readback.deciding import Writer

    Writer(open_project(project), datetime.now(UTC)).lift(silence_id)


@app.command()
def silences(project: ProjectOption = HERE, as_json: JsonOption = False) -> None:
    """Show every silence, with its owner, reason and end."""
    from readback.decisions.silences import read_silences
    from readback.faces import dispatches

    with store.reader(open_project(project)) as con:
        rows = read_silences(con)
    print_json([row.model_dump(mode="json") for row in rows]) if as_json else out.print(dispatches.silences(rows))


@app.command()
def monitors(project: ProjectOption = HERE, as_json: JsonOption = False) -> None:
    """Show what is watched for a rise, and how small a rise would be alerted on in 8 weeks."""
    from readback.faces import answers, dispatches

    with store.reader(open_project(project)) as con:
        rows = answers.monitors(con)
    print_json([row.model_dump(mode="json") for row in rows]) if as_json else out.print(dispatches.monitors(rows))


@app.command()
def sent(project: ProjectOption = HERE, as_json: JsonOption = False) -> None:
    """Show every message: what was sent through which channel, and what was held back and why."""
    from readback.decisions.outbox import read_notifications
    from readback.faces import dispatches

    with store.reader(open_project(project)) as con:
        rows = read_notifications(con)
    print_json([row.model_dump(mode="json") for row in rows]) if as_json else out.print(dispatches.ledger(rows))


@app.command()
def retry(project: ProjectOption = HERE) -> None:
    """Make dead messages due again."""
    from readback import alerting
    from readback.decisions import deliveries

    with alerting.changed(open_project(project), datetime.now(UTC)) as con:
        revived = deliveries.retry(con)
    out.print(f"{revived} dead messages are due again.")
