"""Measures what readback promises; every figure of docs/benchmarks.md comes from here.

    python benchmarks/run.py landing              lines → attempts on disk, against the bare typed scan, round by round
    python benchmarks/run.py pipeline 1000000     raw files → published, seconds and peak memory of each step
    python benchmarks/run.py day 1000000 30       a day added to a history, against that day alone
    python benchmarks/run.py questions FOLDER     every question of the dashboard on a published project
    python benchmarks/run.py formats [NAME…]      every format's samples repeated, against the bare typed scan

Rounds of a comparison alternate, because the machine's speed drifts; medians are printed.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import formats

from readback import ledger, store
from readback.faces import questions
from readback.faces.period import Period
from readback.inputs import LocalFile
from readback.settings import open_project
from readback.simulate import simulate
from readback.sources import sources

END = datetime(2026, 11, 1, tzinfo=UTC)
SEED = 7


def measure_landing(requests: int, rounds: int) -> None:
    """The whole way from one file to registered attempts, and the scan that only parses its columns."""
    with _scratch() as folder:
        simulate(folder / "fleet", requests, 1.0, SEED, END)
        file = folder / "day.jsonl"
        with file.open("wb") as out:
            for part in sorted((folder / "fleet/logs/litellm").glob("*")):
                for block in landing_blocks(part):
                    out.write(block)
        size = file.stat().st_size
        bare = [_seconds(lambda: formats.bare_scan(sources()["litellm"], file)) for _ in range(1)]
        whole: list[float] = []
        for number in range(rounds):
            project = folder / f"project-{number}"
            bare.append(_seconds(lambda: formats.bare_scan(sources()["litellm"], file)))
            whole.append(_seconds(partial(_load, file, project)))
        scan, load = statistics.median(bare[1:]), statistics.median(whole)
        print(f"{size / 1e6:,.0f} MB, {requests:,} requests")
        print(f"bare typed scan       {size / scan / 1e6:8,.0f} MB/s")
        print(f"lines → attempts      {size / load / 1e6:8,.0f} MB/s   {scan / load:.0%} of the scan")


def landing_blocks(file: Path) -> Iterator[bytes]:
    """Uncompressed bytes of a log file."""
    from readback.feed import unpacked

    return unpacked(file)


def _load(file: Path, folder: Path) -> None:
    folder.mkdir()
    (folder / "readback.toml").write_text("")
    project = open_project(folder)
    with store.warehouse(project) as con:
        ledger.create_tables(con)
        ledger.load(con, project, [LocalFile(str(file), None)], datetime.now(UTC))
    shutil.rmtree(folder)


def measure_pipeline(requests: int, days: float) -> None:
    """A first run on raw files."""
    with _scratch() as folder:
        print(f"simulated in {_seconds(lambda: simulate(folder, requests, days, SEED, END)):.0f} s")
        raw = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())
        seconds, peak = _run(folder)
        print(f"{requests:,} requests, {raw / 1e9:.1f} GB on disk: {seconds:.0f} s, peak {peak / 1e9:.2f} GB")
        measure_questions(folder)


def measure_day(requests: int, days: int, rounds: int = 3) -> None:
    """The last day added to all others, against a project that holds only that day."""
    with _scratch() as folder:
        whole, single = folder / "whole", folder / "single"
        simulate(whole, requests, float(days), SEED, END)
        last = _last_day(whole)
        added, alone = [], []
        for _ in range(rounds):
            shutil.rmtree(whole / ".readback", ignore_errors=True)
            shutil.rmtree(single, ignore_errors=True)
            _move(last, whole, folder / "aside")
            _run(whole)
            _move(last, folder / "aside", whole)
            added.append(_run(whole)[0])
            _copy_only(last, whole, single)
            alone.append(_run(single)[0])
        ratio = statistics.median(added) / statistics.median(alone)
        print(f"{requests:,} requests over {days} days; a day holds {requests // days:,}")
        print(f"day alone {statistics.median(alone):.1f} s, added {statistics.median(added):.1f} s: {ratio:.2f} times")


def measure_questions(folder: Path, rounds: int = 5) -> None:
    """Every question of the dashboard, as its pages ask them."""
    project = open_project(folder)
    with store.reader(project) as con:
        for name, ask in _questions(con).items():
            print(f"{name:28s} {statistics.median(_seconds(ask) for _ in range(rounds)) * 1000:7.1f} ms")


def _questions(con: store.Connection) -> dict[str, Callable[[], object]]:
    period = Period.month("2026-10")
    workflow = questions.members(con)[0]
    metric = "fallback_frequency"
    return {
        "periods": lambda: questions.periods(con, "week"),
        "members": lambda: questions.members(con),
        "figures": lambda: questions.figures(con, [metric], "month", period.start),
        "trend": lambda: questions.trend(con, metric, "week"),
        "by_member": lambda: questions.by_member(con, metric, "month", period.start),
        "effects": lambda: questions.effects(con),
        "recovery_curve": lambda: questions.recovery_curve(con),
        "episodes": lambda: questions.episodes(con, period.span, workflow),
        "unrecovered": lambda: questions.unrecovered(con),
        "incidents": lambda: questions.incidents(con, period.span),
        "causes": lambda: questions.causes(con, period.span, workflow),
        "substitutes": lambda: questions.substitutes(con, period.span, workflow),
        "verdicts": lambda: questions.verdicts(con, period.span),
        "verdict_reasons": lambda: questions.verdict_reasons(con, period.span),
        "silent_downgrades": lambda: questions.silent_downgrades(con, period.span),
        "alerts": lambda: questions.alerts(con),
        "recommendations": lambda: questions.recommendations(con),
        "ledger": lambda: questions.ledger(con),
        "quarantine_reasons": lambda: questions.quarantine_reasons(con),
        "coverage": lambda: questions.coverage(con),
        "restatements": lambda: questions.restatements(con, period.span),
    }


def _run(folder: Path) -> tuple[float, int]:
    """`readback run` in a process of its own: seconds, and its peak memory in bytes."""
    started = time.perf_counter()
    child = subprocess.Popen(
        [sys.executable, "-m", "readback", "run", "--project", str(folder)], stdout=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(child.pid, 0)
    if status:
        raise SystemExit(f"readback run failed on {folder}")
    return time.perf_counter() - started, usage.ru_maxrss * 1024


def _last_day(project: Path) -> list[Path]:
    names = sorted(file.name[:10] for file in (project / "logs/litellm").iterdir())
    return sorted(file.relative_to(project) for file in (project / "logs").rglob(f"{names[-1]}*"))


def _move(files: list[Path], source: Path, target: Path) -> None:
    for file in files:
        (target / file).parent.mkdir(parents=True, exist_ok=True)
        (source / file).rename(target / file)


def _copy_only(files: list[Path], source: Path, target: Path) -> None:
    target.mkdir()
    for name in ("readback.toml", "policy.yaml"):
        shutil.copyfile(source / name, target / name)
    for file in files:
        (target / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / file, target / file)


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


@contextmanager
def _scratch() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="readback-bench-") as name:
        yield Path(name)


def main() -> None:
    """Read the arguments and measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command")
    one = commands.add_parser("landing")
    one.add_argument("requests", type=int, nargs="?", default=400_000)
    one.add_argument("--rounds", type=int, default=5)
    two = commands.add_parser("pipeline")
    two.add_argument("requests", type=int, nargs="?", default=1_000_000)
    two.add_argument("--days", type=float, default=30.0)
    three = commands.add_parser("day")
    three.add_argument("requests", type=int, nargs="?", default=1_000_000)
    three.add_argument("days", type=int, nargs="?", default=30)
    four = commands.add_parser("questions")
    four.add_argument("folder", type=Path)
    five = commands.add_parser("formats")
    five.add_argument("names", nargs="*")
    five.add_argument("--megabytes", type=int, default=30)
    five.add_argument("--rounds", type=int, default=3)
    given = parser.parse_args()
    if given.command == "pipeline":
        measure_pipeline(given.requests, given.days)
    elif given.command == "day":
        measure_day(given.requests, given.days)
    elif given.command == "questions":
        measure_questions(given.folder)
    elif given.command == "formats":
        formats.measure(given.names, given.megabytes, given.rounds)
    else:
        measure_landing(getattr(given, "requests", 400_000), getattr(given, "rounds", 5))


if __name__ == "__main__":
    main()
