"""Reading in pieces gives what reading at once gives: the same rows, the same figures, whatever came late."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from readback import store
from readback.definitions import run_in_process
from readback.settings import open_project
from readback.simulate import simulate

END = datetime(2026, 11, 1, tzinfo=UTC)
COMPARED = {
    "requests": "* exclude (policy_id)",
    "fallback_events": "*",
    "episodes": "*",
    "runs": "*",
    "outcome_links": "*",
    "run_status": "*",
    "metric_values": "* exclude (as_of)",
    "metric_effects": "* exclude (as_of)",
    "recovery_curves": "*",
    "recovery_comparisons": "* exclude (as_of)",
    "recovery_sensitivity": "* exclude (as_of)",
    "latency_histograms": "*",
    "latency_hours": "*",
    "recommendations": "* exclude (as_of, evidence, proposed_at)",
}
HISTORY = {"recommendations": "state <> 'open'"}
"""Rows that tell what was found on the way, when less had arrived."""


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole")
    simulate(folder, 8000, 10.0, 3, END)
    run_in_process(open_project(folder), loaded_at=END)
    return folder


@pytest.fixture(scope="module")
def pieces(whole: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Even days first, then half of the odd ones and no outcome, then everything else; the last run finds nothing."""
    folder = tmp_path_factory.mktemp("pieces")
    for name in ("readback.toml", "policy.yaml"):
        shutil.copyfile(whole / name, folder / name)
    logs = sorted(file for file in (whole / "logs").rglob("*") if file.is_file())
    days = sorted({file.name[:10] for file in logs})
    rest = [file for part in ("outcomes", "status") for file in sorted((whole / part).iterdir())]
    deliveries = [
        [file for file in logs if days.index(file.name[:10]) % 2 == 0],
        [file for file in logs if days.index(file.name[:10]) % 4 == 1],
        [file for file in logs if days.index(file.name[:10]) % 4 == 3] + rest,
        [],
    ]
    for delivery in deliveries:
        for file in delivery:
            target = folder / file.relative_to(whole)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, target)
        run_in_process(open_project(folder), loaded_at=END)
    return folder


def rows(folder: Path, table: str) -> pl.DataFrame:
    with store.reader(open_project(folder)) as con:
        now = f"not ({HISTORY.get(table, 'false')})"
        frame: pl.DataFrame = con.sql(f"select {COMPARED[table]} from {table} where {now} order by all").pl()
        return frame


@pytest.mark.parametrize("table", COMPARED)
def test_pieces_give_what_the_whole_gives(whole: Path, pieces: Path, table: str) -> None:
    assert_frame_equal(rows(pieces, table), rows(whole, table), abs_tol=1e-6)
