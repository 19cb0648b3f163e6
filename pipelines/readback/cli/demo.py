"""A fleet with known truth, and all of readback tried on it."""

import shutil
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from readback.cli.progress import progress
from readback.cli.running import refresh, show
from readback.cli.shell import JsonOption, near, now, out, print_json, say, utc
from readback.errors import ProjectError
from readback.settings import SETTINGS_FILE, open_project

_DEMO_END = datetime(2026, 11, 1, tzinfo=UTC)
_DEMO_SAMPLES = ("litellm", "otlp", "bedrock", "statuspage", "outcomes")
"""The bundled logs that tell of the demo's own workflows; the others are one per format, for the tests."""


def simulate(
    folder: Annotated[Path, typer.Option("--out", help="Folder of the simulated project.")],
    requests: Annotated[int, typer.Option(help="Requests of the fleet.")] = 100_000,
    days: Annotated[float, typer.Option(help="Days that the logs span.")] = 28.0,
    seed: Annotated[int, typer.Option(help="Same seed, same bytes.")] = 1,
    end: Annotated[datetime | None, typer.Option(help="End of the logs, UTC; the last midnight when absent.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Write a project of simulated raw logs.

    The logs are in their real formats; truth.json says what happened.
    """
    from readback.simulate import simulate as simulated

    until = utc(end) or now().replace(hour=0, minute=0, second=0, microsecond=0)
    try:
        with progress("simulating"):
            truth = simulated(folder, requests, days, seed, until)
    except ValueError as error:
        raise ProjectError(str(error), key="simulate") from None
    if as_json:
        print_json([{"folder": folder, "requests": truth.requests, "seed": seed, "end": until}])
    else:
        say(f"Wrote {truth.requests:,} requests to {folder}. Next: readback run --project {folder}")


def demo(
    folder: Annotated[Path, typer.Option("--dir", help="Scratch project.")] = Path("readback-demo"),
    requests: Annotated[int, typer.Option(help="Simulated requests.")] = 60_000,
    as_json: JsonOption = False,
) -> None:
    """Try all of it on simulated and bundled logs."""
    from readback import reports, shipped
    from readback.simulate import simulate as simulated

    if not (folder / "truth.json").exists():
        with progress("simulating"):
            simulated(folder, requests, 42.0, 7, _DEMO_END)
        for source in _DEMO_SAMPLES:
            shutil.copytree(shipped.samples() / source, folder / "samples" / source, dirs_exist_ok=True)
        with (folder / SETTINGS_FILE).open("a", encoding="utf-8") as settings:
            settings.write('\n[[inputs]]\npath = "samples/*/*"\n')
    opened = open_project(folder)
    summary = refresh(opened, full=False, as_of=None)
    if not as_json:
        show(opened)
    with progress("writing the report"):
        written = reports.write_month(opened, f"{_DEMO_END - timedelta(days=1):%Y-%m}")
    if as_json:
        print_json([asdict(summary) | {"folder": folder, "reports": [str(file) for file in written]}])
    else:
        _show_next(folder, written)


def _show_next(folder: Path, reports: Sequence[Path]) -> None:
    """Where to look now."""
    out.print()
    for file in reports:
        say(f"Report     {near(file)}")
    say(f"Dashboard  readback dashboard --project {folder}")
    say(f'SQL        readback sql --project {folder} "from metric_values limit 5"')
