"""The `readback` command. Shows and starts; decides nothing. The only place that reads the clock and prints.

Exit codes: 0 good; 1 the data or configuration is at fault; 2 alerts fired; 3 a bug. A module per group of commands;
they are registered here, in the order that help shows.
"""

import errno
import sys
from collections.abc import Callable, Sequence
from typing import Annotated

import duckdb
import typer

from readback import __version__
from readback.cli import (
    alerts,
    ask,
    checklist,
    dashboard,
    demo,
    digest,
    incidents,
    integrate,
    policy,
    project,
    recommend,
    report,
    trial,
)
from readback.cli.shell import app, err, examples, out
from readback.errors import ReadbackError

__all__ = ["app", "main"]

_COMMANDS: tuple[tuple[Callable[..., None], tuple[str, ...]], ...] = (
    (project.init, ("readback init continuity", "readback init continuity --from litellm-config.yaml")),
    (project.run, ("readback run", "readback run --project continuity --json")),
    (project.load, ("readback load access.jsonl", "readback load s3://bucket/prefix --source litellm")),
    (project.status, ("readback status", "readback status --json")),
    (ask.metrics, ("readback metrics", "readback metrics --by workflow --grain month")),
    (ask.sql, (
        'readback sql "select workflow, count(*) as episodes from episodes group by all order by all"',
        "readback sql -f mine.sql -p workflow=claim-payment -o mine.parquet",
        "readback sql --question open_episodes --json",
    )),
    (incidents.incidents, ("readback incidents", "readback incidents --json")),
    (recommend.recommend, (
        "readback recommend",
        "readback recommend --patch --out change/",
        "readback recommend accept RECOMMENDATION_ID --who role:model-risk",
        "readback recommend reject RECOMMENDATION_ID --reason 'renewed next week'",
    )),
    (trial.trial, ("readback trial trial.csv", "readback trial trial.csv --json")),
    (checklist.checklist, ("readback checklist", "readback checklist --json")),
    (report.report, ("readback report --month 2026-10", "readback report --quarter 2026-Q4 --format pdf")),
    (digest.digest, ("readback digest", "readback digest --audience operations --html", "readback digest --send")),
    (dashboard.dashboard, ("readback dashboard", "readback dashboard --project continuity --port 8600")),
    (integrate.integrate, ("readback integrate litellm", "readback integrate opentelemetry --out spans.py")),
    (demo.simulate, ("readback simulate --out fleet --requests 3000 --days 14 --end 2026-11-01",)),
    (demo.demo, ("readback demo", "readback demo --dir scratch --requests 20000")),
)  # fmt: skip
"""Every command with what one types for it, in the order that help shows."""

for _command, _examples in _COMMANDS:
    app.command(epilog=examples(*_examples))(_command)
app.add_typer(alerts.app, name="alerts")
app.add_typer(policy.app, name="policy")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command, as the process was called by default; a fault of a user ends in one sentence and its code."""
    try:
        # Outside its standalone mode the library returns the code of an Exit instead of raising it.
        sys.exit(app(arguments, standalone_mode=False, prog_name="readback"))
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
