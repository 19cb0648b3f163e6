"""The `readback` command. Shows and starts; decides nothing. The only place that reads the clock and prints.

Exit codes: 0 good; 1 the data or configuration is at fault; 2 alerts fired; 3 a bug.
"""

import errno
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import duckdb
import typer
from rich.console import Console

from readback import __version__, store
from readback.errors import ProjectError, ReadbackError
from readback.settings import POLICY_FILE, SETTINGS_FILE, Project, open_project

app = typer.Typer(
    help="Continuity analytics for AI: how often workflows leave their preferred model, and what it cost.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
policy_app = typer.Typer(help="Check the fallback policy.", no_args_is_help=True)
app.add_typer(policy_app, name="policy")

ProjectOption = Annotated[Path, typer.Option("--project", help="Folder with readback.toml.")]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON array of objects.")]
MomentOption = Annotated[datetime | None, typer.Option("--as-of", help="Compute as of this UTC time.")]
HERE = Path()

_PIPE_WIDTH = 160
_MOST_SHOWN = 5
out = Console(highlight=False, width=None if sys.stdout.isatty() else _PIPE_WIDTH)
err = Console(stderr=True, highlight=False, soft_wrap=True)


def main() -> None:
    """Run the command; every fault of a user ends in one sentence and its exit code."""
    try:
        # Outside its standalone mode the library returns the code of an Exit instead of raising it.
        sys.exit(app(standalone_mode=False, prog_name="readback"))
    except (typer.Abort, KeyboardInterrupt):
        _fail("stopped; what was published before stays as it was", 130)
    except ReadbackError as error:
        _fail(str(error), 1)
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EPERM, errno.EDQUOT):
            raise
        place = error.filename or "the project folder"
        _fail(f"{place}: {error.strerror}; what was published before stays as it was", 1)
    except duckdb.OutOfMemoryException:
        told = "needs more memory than `[engine] memory_limit` of readback.toml allows; raise it and run again"
        _fail(f"{told}; what was published before stays as it was", 1)
    except duckdb.IOException as error:
        _fail(f"{str(error).splitlines()[0]}; what was published before stays as it was", 1)
    except Exception as error:
        if type(error).__module__.startswith(("click", "typer")):
            worded = getattr(error, "format_message", None)
            _fail(worded() if worded else str(error), 1)
        err.print_exception(show_locals=False)
        _fail("this is a bug of readback; please report the lines above", 3)


def _fail(sentence: str, code: int) -> None:
    err.print(f"readback: {sentence}", markup=False, style="red" if err.is_terminal else None)
    sys.exit(code)


@app.callback(invoke_without_command=True)
def options(version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    """Print the version and stop, where asked."""
    if version:
        out.print(__version__)
        raise typer.Exit


@app.command()
def init(folder: Annotated[Path, typer.Argument(help="Folder of the new project.")]) -> None:
    """Write readback.toml and a draft of policy.yaml."""
    starter = Path(__file__).parent / "starter"
    folder.mkdir(parents=True, exist_ok=True)
    for name in (SETTINGS_FILE, POLICY_FILE):
        if (folder / name).exists():
            raise ProjectError(f"{name} exists already; nothing was changed", file=folder)
    for name in (SETTINGS_FILE, POLICY_FILE):
        shutil.copyfile(starter / name, folder / name)
    written = f"Wrote {folder / SETTINGS_FILE} and {folder / POLICY_FILE}."
    out.print(f"{written} Next: readback run --project {folder}", markup=False, soft_wrap=True)


@app.command()
def run(
    project: ProjectOption = HERE,
    full: Annotated[bool, typer.Option("--full", help="Forget what was read and start over.")] = False,
    as_of: MomentOption = None,
) -> None:
    """Read new log files and show what there is to decide.

    Prints the five metrics, the open alerts and the changes to the policy that the evidence suggests.
    """
    opened = open_project(project)
    _refresh(opened, full=full, as_of=as_of)
    _show(opened)


@app.command()
def load(
    paths: Annotated[list[Path], typer.Argument(help="Files or folders.")],
    project: ProjectOption = HERE,
    source: Annotated[str | None, typer.Option("--source", help="Their format, such as litellm.")] = None,
) -> None:
    """Read files now.

    A file of an unknown format is listed with the nearest guess, and nothing of it is read.
    """
    from readback import inputs, ledger
    from readback.faces.tables import files_table

    opened = open_project(project)
    files = [(file, source) for path in paths for file in _files_of(path)]
    inputs.check_source(source, "--source", None)
    with store.warehouse(opened) as con:
        ledger.create_tables(con)
        loaded = ledger.load(con, opened, files, datetime.now(UTC))
    out.print(files_table(loaded.new))
    if loaded.known:
        out.print(f"{len(loaded.known)} of {len(files)} files were known already.")


@app.command()
def status(project: ProjectOption = HERE, as_json: JsonOption = False) -> None:
    """Show freshness per source and what each line became.

    Exit 1 when the ledger does not balance.
    """
    from readback.faces import answers, questions
    from readback.faces.tables import balance, ledger_table

    with store.reader(open_project(project)) as con:
        lost = answers.imbalance(con)
        frame = questions.ledger(con)
        if as_json:
            _print_json(frame.to_dicts())
        else:
            out.print(ledger_table(frame, questions.as_of(con)))
            out.print(balance(answers.refused(con), lost))
    if lost.height:
        raise typer.Exit(1)


@app.command()
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
            _print_json(frame.to_dicts())
        else:
            out.print(values_table(frame))


@app.command()
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
        _print_json(frame.to_dicts())
    elif as_csv:
        sys.stdout.write(spreadsheet_safe(frame))
    else:
        out.print(rows_table(frame))


@app.command()
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
    _print_json([row.model_dump(mode="json") for row in rows]) if as_json else out.print(terminal.alerts(rows))
    if action == "check" and rows:
        raise typer.Exit(2)


@app.command()
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
        _print_json([row.model_dump(mode="json") for row in rows])
    else:
        out.print(terminal.recommendations(rows))


@app.command()
def report(
    month: Annotated[str, typer.Option(help="A calendar month, such as 2026-10.")],
    project: ProjectOption = HERE,
) -> None:
    """Write the monthly report, one HTML file."""
    from readback import reports

    out.print(f"Wrote {reports.write_month(open_project(project), month)}", markup=False, soft_wrap=True)


@app.command()
def dashboard(
    project: ProjectOption = HERE,
    port: Annotated[int, typer.Option(help="Port.")] = 8501,
) -> None:
    """Start the dashboard in a browser, on loopback."""
    from readback import shipped

    opened = open_project(project)
    page = shipped.dashboards() / "app.py"
    environment = os.environ | {"READBACK_PROJECT": str(opened.root)}
    arguments = ["run", str(page), "--server.address=127.0.0.1", f"--server.port={port}", "--server.headless=true"]
    subprocess.run(
        [sys.executable, "-m", "streamlit", *arguments, "--browser.gatherUsageStats=false"],
        check=False,
        env=environment,
        cwd=page.parent,
    )


@app.command()
def simulate(
    folder: Annotated[Path, typer.Option("--out", help="Folder of the simulated project.")],
    requests: Annotated[int, typer.Option(help="Requests of the fleet.")] = 100_000,
    days: Annotated[float, typer.Option(help="Days that the logs span.")] = 28.0,
    seed: Annotated[int, typer.Option(help="Same seed, same bytes.")] = 1,
    end: Annotated[datetime | None, typer.Option(help="End of the logs, UTC; the last midnight when absent.")] = None,
) -> None:
    """Write a project of simulated raw logs.

    The logs are in their real formats; truth.json says what happened.
    """
    from readback.simulate import simulate as simulated

    until = _utc(end) or datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    try:
        truth = simulated(folder, requests, days, seed, until)
    except ValueError as error:
        raise ProjectError(str(error), key="simulate") from None
    written = f"Wrote {truth.requests:,} requests to {folder}."
    out.print(f"{written} Next: readback run --project {folder}", markup=False, soft_wrap=True)


@app.command()
def demo(
    folder: Annotated[Path, typer.Option("--dir", help="Scratch project.")] = Path("readback-demo"),
    requests: Annotated[int, typer.Option(help="Simulated requests.")] = 60_000,
) -> None:
    """Try all of it on simulated and bundled logs."""
    from readback import reports, shipped
    from readback.simulate import simulate as simulated

    if not (folder / "truth.json").exists():
        simulated(folder, requests, 42.0, 7, _DEMO_END)
        for source in _DEMO_SAMPLES:
            shutil.copytree(shipped.samples() / source, folder / "samples" / source, dirs_exist_ok=True)
        with (folder / SETTINGS_FILE).open("a", encoding="utf-8") as settings:
            settings.write('\n[[inputs]]\npath = "samples/*/*"\n')
    opened = open_project(folder)
    _refresh(opened, full=False, as_of=None)
    _show(opened)
    written = reports.write_month(opened, f"{_DEMO_END - timedelta(days=1):%Y-%m}")
    out.print(f"\nReport     {written}", markup=False, soft_wrap=True)
    out.print(f"Dashboard  readback dashboard --project {folder}", markup=False, soft_wrap=True)
    out.print(f'SQL        readback sql --project {folder} "from metric_values limit 5"', markup=False, soft_wrap=True)


@policy_app.command("check")
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


_DEMO_END = datetime(2026, 11, 1, tzinfo=UTC)
_DEMO_SAMPLES = ("litellm", "otlp", "bedrock", "statuspage", "outcomes")
"""The bundled logs that tell of the demo's own workflows; the others are one per format, for the tests."""


def _refresh(project: Project, *, full: bool, as_of: datetime | None) -> None:
    from readback.definitions import run_in_process

    with err.status("Starting …") as shown:

        def tell(step: str) -> None:
            shown.update(f"{step} …")

        run_in_process(project, as_of=_utc(as_of), full=full, loaded_at=datetime.now(UTC), tell=tell)


def _show(project: Project) -> None:
    from readback.faces import answers, terminal

    with store.reader(project) as con:
        out.print(_headlines(con, project))
        for title, rows in (
            ("Alerts", terminal.alerts(answers.alerts(con, open_only=True), _MOST_SHOWN)),
            ("Recommendations", terminal.recommendations(answers.recommendations(con), _MOST_SHOWN)),
        ):
            out.print(f"\n{title}", style="bold underline")
            out.print(rows)


def _headlines(con: store.Connection, project: Project) -> Any:
    """The five metrics of the newest whole month, against the month before; over everything where there is none."""
    from readback.faces import figures, questions, terminal
    from readback.faces.period import newest_whole
    from readback.metrics.definitions import definitions

    names = [*figures.HEADLINES, *figures.COMPANIONS.values()]
    zone = project.settings.project.timezone
    months = questions.periods(con, "month", zone)
    as_of = questions.as_of(con)
    period = newest_whole(months, as_of) if as_of else None
    if period is None:
        rows = questions.periods(con, "all", zone)
        now = figures.values(questions.figures(con, names, "all", rows[0].start)) if rows else []
        return terminal.metrics_table(now, (), definitions(), title=f"All data as of {as_of or 'never'}")
    now = figures.values(questions.figures(con, names, "month", period.start))
    before = period.previous
    earlier = figures.values(questions.figures(con, names, "month", before.start)) if before else []
    title = f"{period.label}, as of {as_of:%Y-%m-%d %H:%M} UTC"
    return terminal.metrics_table(now, earlier, definitions(), title=title)


@contextmanager
def _changed(project: Project) -> Iterator[store.Connection]:
    """The warehouse, published again when the change was made."""
    with store.warehouse(project) as con:
        with store.transaction(con):
            yield con
        store.publish(con, project, f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}")


def _files_of(path: Path) -> list[Path]:
    from readback import inputs

    if not path.exists():
        raise ProjectError("no such file or folder", file=path)
    return inputs.expand(HERE.resolve(), str(path.resolve()))


def _one_of(word: str, words: Iterable[str], option: str) -> None:
    if word not in tuple(words):
        raise ProjectError(f"unknown value {word!r}; expected one of {', '.join(words)}", key=option)


def _utc(moment: datetime | None) -> datetime | None:
    if moment is None:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def _print_json(rows: list[dict[str, Any]]) -> None:
    sys.stdout.write(json.dumps(rows, default=_plain, ensure_ascii=False, indent=1) + "\n")


def _plain(value: Any) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
