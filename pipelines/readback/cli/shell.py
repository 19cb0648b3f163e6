"""What every command shares: the application, its consoles and options, the clock, and how a value is printed."""

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console


def examples(*lines: str) -> str:
    """The end of a command's help: what one types, a line each; the manual shows what the first of them prints."""
    return "\n".join(["\b", "Examples:", *(f"  {line}" for line in lines)])


app = typer.Typer(
    help="Continuity analytics for AI: how often workflows leave their preferred model, and what it cost.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    epilog=examples("readback demo", "readback run --project continuity", "readback status"),
)

ProjectOption = Annotated[Path, typer.Option("--project", help="Folder with readback.toml.")]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON array of objects, and nothing else.")]
MomentOption = Annotated[datetime | None, typer.Option("--as-of", help="Compute as of this UTC time.")]
HERE = Path()

_PIPE_WIDTH = 160
_is_width_known = sys.stdout.isatty() or "COLUMNS" in os.environ
out = Console(highlight=False, width=None if _is_width_known else _PIPE_WIDTH)
err = Console(stderr=True, highlight=False, soft_wrap=True)

_stopped: ContextVar[datetime | None] = ContextVar("stopped", default=None)


def now() -> datetime:
    """The wall clock, UTC: the only place where a command reads it."""
    return _stopped.get() or datetime.now(UTC)


@contextmanager
def clock_stopped(moment: datetime) -> Iterator[None]:
    """Let commands believe that it is `moment`, so that what the manual shows does not age."""
    token = _stopped.set(moment)
    try:
        yield
    finally:
        _stopped.reset(token)


def utc(moment: datetime | None) -> datetime | None:
    """A moment that a user gave, UTC where it names no zone."""
    if moment is None:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def print_json(rows: Sequence[Mapping[str, Any]]) -> None:
    """Rows as one JSON array of objects; moments in ISO 8601."""
    from readback.faces.download import json_text

    sys.stdout.write(json_text([dict(row) for row in rows]))


def write_files(folder: Path, texts: Mapping[str, str]) -> None:
    """Texts by the name of their file, below a folder that is made where it is missing."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")


def near(path: Path) -> Path:
    """The path as one would type it here: relative where it lies below the current folder."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def say(sentence: str) -> None:
    """One line as it stands, whatever the width: paths and names from files are no markup."""
    out.print(sentence, markup=False, soft_wrap=True)
