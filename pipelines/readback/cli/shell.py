"""What every command shares: the application, its consoles and options, and how a value is printed."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

app = typer.Typer(
    help="Continuity analytics for AI: how often workflows leave their preferred model, and what it cost.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

ProjectOption = Annotated[Path, typer.Option("--project", help="Folder with readback.toml.")]
JsonOption = Annotated[bool, typer.Option("--json", help="One JSON array of objects.")]
MomentOption = Annotated[datetime | None, typer.Option("--as-of", help="Compute as of this UTC time.")]
HERE = Path()

_PIPE_WIDTH = 160
out = Console(highlight=False, width=None if sys.stdout.isatty() else _PIPE_WIDTH)
err = Console(stderr=True, highlight=False, soft_wrap=True)


def utc(moment: datetime | None) -> datetime | None:
    """A moment that a user gave, UTC where it names no zone."""
    if moment is None:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def print_json(rows: list[dict[str, Any]]) -> None:
    """Rows as one JSON array of objects; moments in ISO 8601."""
    from readback.faces.download import json_text

    sys.stdout.write(json_text(rows))
