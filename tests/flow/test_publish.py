"""A reader never sees half a run, a killed run loses nothing, and only one run writes at a time."""

import multiprocessing
import os
import random
import shutil
import signal
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from multiprocessing.context import ForkServerContext, ForkServerProcess
from multiprocessing.synchronize import Event
from pathlib import Path
from types import ModuleType
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
LATER = ("2026-10-31", "git", "losses")
STEPS = ("requests", "fallback events", "metric values", "published")
Published = dict[str, tuple[Any, ...]]

REFUSAL = "another readback process is writing; wait for it or stop it"

COMPARED = (
    "attempts", "requests", "episodes", "fallback_events", "runs", "run_status", "outcomes", "outcome_links",
    "provider_incidents", "policies", "metric_values", "metric_effects", "recovery_curves", "latency_histograms",
    "latency_hours",
    "restatements", "alerts", "recommendations", "files", "quarantine",
)  # fmt: skip


def run(root: Path, die_at: str | None = None) -> None:
    """One run; killed as soon as it says that it does `die_at`."""
    run_in_process(open_project(root), loaded_at=LOADED_AT, tell=lambda told: _die() if told == die_at else None)


def hold(root: Path, gate: Event, is_open: Event) -> None:
    """One run that waits before its first step until the gate opens, and says that it does."""

    def wait(told: str) -> None:
        is_open.set()
        gate.wait(300)

    run_in_process(open_project(root), loaded_at=LOADED_AT, tell=wait)


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@pytest.fixture(autouse=True)
def no_main(monkeypatch: pytest.MonkeyPatch) -> None:
    """A page that another test ran leaves itself as the main module, which children would run again."""
    monkeypatch.setitem(sys.modules, "__main__", ModuleType("__main__"))


@pytest.fixture(scope="module")
def processes() -> ForkServerContext:
    """Children that start with everything imported."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["readback.definitions", "readback.quality.suite"])
    return context


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that was run once and has more to read since: a day of logs, and outcomes of the days before.

    Its state of then is kept in `saved`, and brought back to the same place: the lake is known by its full path.
    """
    root = tmp_path_factory.mktemp("fleet")
    simulate(root, requests=3000, days=3, seed=1, end=END)
    later = [file for file in root.rglob("*.*") if file.name.startswith(LATER)]
    held_back = {file: root / f"{file.parent.name}-{file.name}" for file in later}
    for file, aside in held_back.items():
        file.rename(aside)
    run(root)
    shutil.copytree(root / ".readback", root / "saved", symlinks=True)
    for file, aside in held_back.items():
        aside.rename(file)
    return root


@pytest.fixture
def project(fleet: Path) -> Path:
    """The fleet as it was after its first run."""
    _restore(fleet)
    return fleet


@pytest.fixture(scope="module")
def undisturbed(fleet: Path) -> Published:
    """What its second run publishes when nothing happens to it."""
    _restore(fleet)
    run(fleet)
    return published(fleet)


def _restore(fleet: Path) -> None:
    shutil.rmtree(fleet / ".readback")
    shutil.copytree(fleet / "saved", fleet / ".readback", symlinks=True)


def published(root: Path) -> Published:
    """Each published table: its rows, a hash of them that their order does not change, and the sums of its doubles."""
    with store.reader(open_project(root)) as con:
        return {table: con.execute(_told(table)).fetchall()[0] for table in COMPARED}


def _told(table: str) -> str:
    exact = ", ".join(column.name for column in columns(BY_TABLE[table]) if column.sql_type != "DOUBLE")
    doubles = [column.name for column in columns(BY_TABLE[table]) if column.sql_type == "DOUBLE"]
    sums = "".join(f", count({name}), coalesce(sum({name}), 0)" for name in doubles)
    return f"select count(*), cast(bit_xor(hash(row({exact}))) as hugeint){sums} from {table}"


def differing(one: Published, other: Published) -> list[str]:
    """Tables that do not hold the same, whatever the order in which doubles were added."""
    return [
        table
        for table in one
        if one[table][:2] != other[table][:2] or one[table][2:] != pytest.approx(other[table][2:], rel=1e-9)
    ]


def start(processes: ForkServerContext, work: Callable[..., None], *given: Any) -> ForkServerProcess:
    child = processes.Process(target=work, args=given, daemon=True)
    child.start()
    return child


def finish(child: ForkServerProcess) -> int | None:
    child.join(300)
    return child.exitcode


@pytest.mark.parametrize("step", STEPS)
def test_run_killed_before_a_step_is_completed_by_the_next(
    processes: ForkServerContext, undisturbed: Published, project: Path, step: str
) -> None:
    before = published(project)
    assert finish(start(processes, run, project, step)) == -signal.SIGKILL
    assert differing(published(project), before) == []
    assert finish(start(processes, run, project)) == 0
    assert differing(published(project), undisturbed) == []


@pytest.mark.slow
def test_runs_killed_at_any_moment_lose_nothing(
    processes: ForkServerContext, undisturbed: Published, project: Path
) -> None:
    before, moments = published(project), random.Random(7)
    killed = 0
    for _ in range(8):
        child = start(processes, run, project)
        time.sleep(moments.uniform(0.2, 2.5))
        child.kill()
        killed += finish(child) == -signal.SIGKILL
        assert [] in [differing(published(project), whole) for whole in (before, undisturbed)]
    assert killed >= 4
    assert finish(start(processes, run, project)) == 0
    assert differing(published(project), undisturbed) == []


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
    assert is_open.wait(300)
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
