"""A reader never sees half a run, a killed run loses nothing, and only one run writes at a time."""

import multiprocessing
import os
import random
import shutil
import signal
import time
from collections.abc import Callable
from datetime import UTC, datetime
from multiprocessing.context import ForkServerContext, ForkServerProcess
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

import pytest

from readback import store
from readback.contracts import BY_TABLE, columns
from readback.definitions import run_in_process
from readback.errors import ProjectBusy
from readback.settings import open_project
from readback.simulate import simulate

END = datetime(2026, 11, 1, tzinfo=UTC)
LOADED_AT = datetime(2026, 11, 2, tzinfo=UTC)
STEPS = ("requests", "episodes", "fallback events", "runs", "metric values", "decisions", "published")

REFUSAL = "another readback process is writing; wait for it or stop it"

COMPARED = (
    "attempts", "requests", "episodes", "fallback_events", "runs", "run_status", "outcomes", "outcome_links",
    "provider_incidents", "policies", "metric_values", "metric_effects", "recovery_curves", "latency_histograms",
    "restatements", "alerts", "recommendations", "files", "quarantine", "quality_results",
)  # fmt: skip


def run(root: Path, die_at: str | None = None) -> None:
    """One run; killed as soon as it says that it does `die_at`."""
    run_in_process(open_project(root), loaded_at=LOADED_AT, tell=lambda told: _die() if told == die_at else None)


def hold(root: Path, gate: Event, is_open: Event) -> None:
    """One run that waits before its first step until the gate opens, and says that it does."""

    def wait(told: str) -> None:
        is_open.set()
        gate.wait(60)

    run_in_process(open_project(root), loaded_at=LOADED_AT, tell=wait)


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.fixture(scope="module")
def processes() -> ForkServerContext:
    """Children that start with everything imported."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["readback.definitions", "readback.quality.suite"])
    return context


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that was run once and has a day of logs more since; its state of then is kept in `saved`."""
    root = tmp_path_factory.mktemp("fleet")
    simulate(root, requests=3000, days=3, seed=1, end=END)
    later = [file for file in root.glob("logs/*/*") if file.name.startswith("2026-10-31")]
    for file in later:
        file.rename(root / file.relative_to(root).as_posix().replace("/", "-"))
    run(root)
    shutil.copytree(root / ".readback", root / "saved", symlinks=True)
    for file in later:
        (root / file.relative_to(root).as_posix().replace("/", "-")).rename(file)
    return root


@pytest.fixture
def project(fleet: Path) -> Path:
    """The fleet as it was after its first run."""
    _restore(fleet)
    return fleet


@pytest.fixture(scope="module")
def undisturbed(fleet: Path) -> dict[str, tuple[int, int]]:
    """What its second run publishes when nothing happens to it."""
    _restore(fleet)
    run(fleet)
    return fingerprints(fleet)


def _restore(fleet: Path) -> None:
    shutil.rmtree(fleet / ".readback")
    shutil.copytree(fleet / "saved", fleet / ".readback", symlinks=True)


def fingerprints(root: Path) -> dict[str, tuple[int, int]]:
    """Rows of each published table, and a hash of them that no order and no rounding changes."""
    with store.reader(open_project(root)) as con:
        return {table: con.execute(_fingerprint(table)).fetchall()[0] for table in COMPARED}


def _fingerprint(table: str) -> str:
    told = ", ".join(f"round({c.name}, 6)" if c.sql_type == "DOUBLE" else c.name for c in columns(BY_TABLE[table]))
    return f"select count(*), cast(bit_xor(hash(row({told}))) as hugeint) from {table}"


def start(processes: ForkServerContext, work: Callable[..., None], *given: Any) -> ForkServerProcess:
    child = processes.Process(target=work, args=given, daemon=True)
    child.start()
    return child


def finish(child: ForkServerProcess) -> int | None:
    child.join(60)
    return child.exitcode


@pytest.mark.parametrize("step", STEPS)
def test_run_killed_before_a_step_is_completed_by_the_next(
    processes: ForkServerContext, undisturbed: dict[str, tuple[int, int]], project: Path, step: str
) -> None:
    before = fingerprints(project)
    assert finish(start(processes, run, project, step)) == -signal.SIGKILL
    assert fingerprints(project) == before
    assert finish(start(processes, run, project)) == 0
    assert fingerprints(project) == undisturbed


@pytest.mark.slow
def test_runs_killed_at_any_moment_lose_nothing(
    processes: ForkServerContext, undisturbed: dict[str, tuple[int, int]], project: Path
) -> None:
    before, moments = fingerprints(project), random.Random(7)
    killed = 0
    for _ in range(8):
        child = start(processes, run, project)
        time.sleep(moments.uniform(0.2, 2.5))
        child.kill()
        killed += finish(child) == -signal.SIGKILL
        assert fingerprints(project) in (before, undisturbed)
    assert killed >= 4
    assert finish(start(processes, run, project)) == 0
    assert fingerprints(project) == undisturbed


def test_readers_see_the_old_or_the_new_snapshot_whole(processes: ForkServerContext, project: Path) -> None:
    opened = open_project(project)
    dashboard = store.connect_published(opened)
    old = _seen(dashboard)
    child = start(processes, run, project)
    seen = set()
    while child.is_alive():
        assert _seen(dashboard) == old
        seen.add(_fresh(project))
    assert child.exitcode == 0
    new = _fresh(project)
    assert new != old
    assert seen <= {old, new}
    assert old in seen
    dashboard.close()


def test_second_run_is_refused_in_one_sentence(processes: ForkServerContext, project: Path) -> None:
    gate, is_open = processes.Event(), processes.Event()
    first = start(processes, hold, project, gate, is_open)
    assert is_open.wait(60)
    with pytest.raises(ProjectBusy) as refused:
        run(project)
    gate.set()
    assert finish(first) == 0
    assert str(refused.value) == f"{project}/.readback/warehouse.duckdb: {REFUSAL}"


def _fresh(project: Path) -> tuple[object, ...]:
    with store.reader(open_project(project)) as con:
        return _seen(con)


def _seen(con: store.Connection) -> tuple[object, ...]:
    """Figures from the first to the last step: of one run they belong together."""
    (row,) = con.execute(
        """select (select count(*) from attempts), (select count(*) from requests), (select count(*) from runs),
            (select max(as_of) from metric_values), (select count(*) from metric_values), (select as_of from clock)"""
    ).fetchall()
    return tuple(row)
