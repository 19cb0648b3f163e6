"""Questions to the published database: figures, and SQL."""

import json
import sys
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from readback import store
from readback.cli.shell import HERE, JsonOption, ProjectOption, out, print_json, say
from readback.errors import ProjectError, QueryError
from readback.settings import open_project

if TYPE_CHECKING:
    from readback.cookbook import Question


def metrics(
    project: ProjectOption = HERE,
    by: Annotated[str, typer.Option(help="all, workflow, workflow_class, cause, model, provider or team.")] = "all",
    grain: Annotated[str, typer.Option(help="day, week, month or all.")] = "all",
    as_json: JsonOption = False,
) -> None:
    """Show the metrics with n, interval, coverage and maturity."""
    from readback.contracts.vocabulary import Dimension, Grain
    from readback.faces import answers, gaps, questions
    from readback.faces.tables import values_table

    _one_of(by, Dimension, "--by")
    _one_of(grain, Grain, "--grain")
    with store.reader(open_project(project)) as con:
        is_by_workflow = by == Dimension.WORKFLOW
        frame = answers.bounded_values(con, grain) if is_by_workflow else answers.values(con, by, grain)
        if as_json:
            print_json(frame.to_dicts())
            return
        out.print(values_table(frame))
        why = gaps.absences(frame)
        if why is not None:
            out.print(why)
        if is_by_workflow:
            out.print(gaps.bounds_note(questions.unattributed(con)))


def sql(
    statement: Annotated[str | None, typer.Argument(help="One statement that reads.")] = None,
    project: ProjectOption = HERE,
    file: Annotated[Path | None, typer.Option("--file", "-f", help="File with the statement.")] = None,
    question: Annotated[str | None, typer.Option(help="Ask one of --questions by its name.")] = None,
    param: Annotated[list[str] | None, typer.Option("--param", "-p", help="name=value, for $name.")] = None,
    to: Annotated[Path | None, typer.Option("--out", "-o", help="Write .csv, .json, .parquet or .xlsx.")] = None,
    as_csv: Annotated[bool, typer.Option("--csv", help="CSV, safe to open in a spreadsheet.")] = False,
    as_json: JsonOption = False,
    is_listed: Annotated[bool, typer.Option("--questions", help="List the questions that ship or were saved.")] = False,
) -> None:
    """Ask the published database in SQL, read-only.

    Without access to files, network or settings; `[sql]` in readback.toml limits time and memory. Rows that are too
    wide for a table are shown one column a line.
    """
    from readback import cookbook
    from readback.faces import desk, download
    from readback.faces.tables import questions_table, rows_table

    opened = open_project(project)
    if is_listed:
        found = [*cookbook.shipped_questions(), *cookbook.saved_questions(opened)]
        print_json([asdict(each) for each in found]) if as_json else out.print(questions_table(found))
        return
    asked = cookbook.question(opened, question) if question else _typed(statement, file)
    _writable(to, download.WRITERS)
    with desk.Desk(opened) as open_desk:
        frame = open_desk.sql(asked.sql, **dict(asked.parameters) | _parameters(param or []))
    if to is not None:
        to.write_bytes(download.WRITERS[to.suffix](frame))
        print_json([{"file": to, "rows": frame.height}]) if as_json else say(f"Wrote {frame.height:,} rows to {to}")
    elif as_json:
        sys.stdout.buffer.write(download.as_json(frame))
    elif as_csv:
        sys.stdout.buffer.write(download.csv(frame))
    else:
        out.print(rows_table(frame))


def _typed(statement: str | None, file: Path | None) -> "Question":
    """What the user typed, or wrote to a file."""
    from readback.cookbook import Question, read_question

    if (statement is None) == (file is None):
        raise QueryError("give one statement, or the file of one with -f, or a name with --question")
    return Question("", "", {}, statement) if statement is not None else read_question(Path(str(file)))


def _parameters(given: list[str]) -> dict[str, Any]:
    """`name=value` as JSON where it is, else as text."""
    found: dict[str, Any] = {}
    for each in given:
        name, is_given, value = each.partition("=")
        if not is_given or not name.isidentifier():
            raise QueryError(f"{each!r} is no name=value", key="--param")
        try:
            found[name] = json.loads(value)
        except json.JSONDecodeError:
            found[name] = value
    return found


def _writable(file: Path | None, writers: Iterable[str]) -> None:
    if file is not None and file.suffix not in tuple(writers):
        raise QueryError(f"{file}: expected a file that ends in {', '.join(writers)}", key="--out")


def _one_of(word: str, words: Iterable[str], option: str) -> None:
    if word not in tuple(words):
        raise ProjectError(f"unknown value {word!r}; expected one of {', '.join(words)}", key=option)
