"""The `readback` command. Shows and starts; decides nothing. The only place that reads the clock and prints.

Exit codes: 0 good; 1 the data or configuration is at fault; 2 alerts fired; 3 a bug. A module per group of commands;
they are registered here, in the order that help shows.
"""

import errno
import sys
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
from readback.cli.shell import app, err, out
from readback.errors import ReadbackError

__all__ = ["app", "main"]

_COMMANDS = (
    project.init, project.run, project.load, project.status, ask.metrics, ask.sql, incidents.incidents,
    recommend.recommend, trial.trial, checklist.checklist, report.report, digest.digest, dashboard.dashboard,
    integrate.integrate, demo.simulate, demo.demo,
)  # fmt: skip
for _command in _COMMANDS:
    app.command()(_command)
app.add_typer(alerts.app, name="alerts")
app.add_typer(policy.app, name="policy")


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
