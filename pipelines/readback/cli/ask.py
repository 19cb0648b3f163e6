"""Questions to the published database: figures, and SQL."""

import sys
from collections.abc import Iterable
from typing import Annotated

import typer

from readback import store
from readback.cli.shell import HERE, JsonOption, ProjectOption, out, print_json
from readback.errors import ProjectError
from readback.settings import open_project


def metrics(
    project: ProjectOption = HERE,
    by: Annotated[str, typer.Option(help="all, workflow, workflow_class, cause, model, provider or team.")] = "all",
    grain: Annotated[str, typer.Option(help="day, week, month or all.")] = "all",
    as_json: JsonOption = False,
) -> None:
    """Show the metrics with n, interval, coverage and maturity."""
    from readback.contracts.vocabulary import Dimension, Grain
    from readback.faces import answers
    from readback.faces.tables import values_table

    _one_of(by, Dimension, "--by")
    _one_of(grain, Grain, "--grain")
    with store.reader(open_project(project)) as con:
        frame = answers.values(con, by, grain)
        if as_json:
            print_json(frame.to_dicts())
        else:
            out.print(values_table(frame))


def sql(
    statement: Annotated[str, typer.Argument(help="One statement that reads.")],
    project: ProjectOption = HERE,
    as_csv: Annotated[bool, typer.Option("--csv", help="CSV, safe to open in a spreadsheet.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Ask the published database in SQL, read-only.

    Without access to files or the network. Rows that are too wide for a table are shown one column a line.
    """
    from readback.faces.tables import rows_table, spreadsheet_safe

    with store.reader(open_project(project)) as con:
        frame = store.select(con, statement).pl()
    if as_json:
        print_json(frame.to_dicts())
    elif as_csv:
        sys.stdout.write(spreadsheet_safe(frame))
    else:
        out.print(rows_table(frame))


def _one_of(word: str, words: Iterable[str], option: str) -> None:
    if word not in tuple(words):
        raise ProjectError(f"unknown value {word!r}; expected one of {', '.join(words)}", key=option)
