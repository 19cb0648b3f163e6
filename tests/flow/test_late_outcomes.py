"""Outcomes that are read days after they occurred change figures marked maturing alone; `restatements` adds up."""

import csv
import gzip
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import zstandard
from late_outcomes import KEY, changed

from readback import store
from readback.definitions import run_in_process
from readback.settings import open_project
from readback.simulate import simulate

END = datetime(2026, 11, 1, tzinfo=UTC)
LATE = END - timedelta(days=10)
Record = dict[str, Any]


@pytest.fixture(scope="module")
def publications(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[pl.DataFrame]]:
    """The figures without outcomes that arrive up to ten days late, with them, and with one that is far too late."""
    folder = tmp_path_factory.mktemp("late")
    simulate(folder, 5000, 60.0, 3, END)
    early, late = parted([record for file in sorted((folder / "outcomes").iterdir()) for record in records(file)])
    for file in (folder / "outcomes").iterdir():
        file.unlink()
    found = []
    for name, delivery in (("early", early), ("late", late), ("far too late", [too_late(early)])):
        lines = "".join(json.dumps(record) + "\n" for record in delivery)
        (folder / "outcomes" / f"{name}.jsonl").write_text(lines, encoding="utf-8")
        run_in_process(open_project(folder), loaded_at=END)
        with store.reader(open_project(folder)) as con:
            found.append(con.sql("select * from metric_values").pl())
    return folder, found


def records(file: Path) -> Iterator[Record]:
    """Outcomes of one simulated file, as JSON would hold them."""
    content = file.read_bytes()
    if file.suffix == ".gz":
        content = gzip.decompress(content)
    elif file.suffix == ".zst":
        content = zstandard.ZstdDecompressor().decompressobj().decompress(content)
    lines = content.decode().splitlines()
    if file.suffix == ".csv":
        yield from ({name: text or None for name, text in row.items()} for row in csv.DictReader(lines))
    else:
        yield from map(json.loads, lines)


def parted(outcomes: list[Record]) -> tuple[list[Record], list[Record]]:
    """Of every three outcomes that are recent one is read late, one taken back late, and one tied to its run late."""
    early, late = list[Record](), list[Record]()
    for number, told in enumerate(outcomes):
        if datetime.fromisoformat(told["occurred_at"]) <= LATE:
            early.append(told)
        elif number % 3 == 0:
            late.append(told)
        else:
            early.append(told if number % 3 == 1 else told | {"run_id": None, "request_id": None, "session_id": "lost"})
            late.append(told | {"revision": 1, "retracted": number % 3 == 1})
    return early, late


def too_late(outcomes: list[Record]) -> Record:
    """A rework of a run whose window ended long ago, which nobody had told of."""
    reworked = {told.get("run_id") for told in outcomes if told["kind"] == "rework"}
    approved = next(
        told for told in outcomes if told["kind"] == "review_decision" and told["decision"] == "approved"
        and told.get("run_id") and told["run_id"] not in reworked
    )  # fmt: skip
    at = (datetime.fromisoformat(approved["occurred_at"]) + timedelta(hours=1)).isoformat()
    names = {
        "kind": "rework",
        "rework_type": "reopened",
        "occurred_at": at,
        "recorded_at": at,
        "run_id": approved["run_id"],
    }
    return names | {"source_system": "tickets", "source_record_id": "found-at-last", "actor_kind": "human"}


def test_late_outcomes_change_figures_that_were_marked_and_no_others(
    publications: tuple[Path, list[pl.DataFrame]],
) -> None:
    _, (first, second, _) = publications
    found = changed(first, second)
    assert set(found["metric"]) == {
        "rework_rate", "override_rate", "downstream_error_rate", "downstream_error_cost_usd", "review_coverage",
    }  # fmt: skip
    assert found.filter(~pl.col("is_maturing").fill_null(False)).is_empty()
    assert first.join(second, on=KEY, how="anti").is_empty()
    for column in ("value", "low", "effective_n", "numerator", "denominator"):
        assert found.filter(pl.col(column).ne_missing(pl.col(f"{column}_now"))).height > 0, column


def test_settled_figures_stand_beside_maturing_ones(publications: tuple[Path, list[pl.DataFrame]]) -> None:
    _, (first, *_) = publications
    told = first.filter((pl.col("dimension") == "workflow") & (pl.col("grain") == "week") & (pl.col("status") == "ok"))
    counts = told.group_by("metric").agg(pl.col("is_maturing").sum().alias("maturing"), pl.len())
    of = {metric: (maturing, count) for metric, maturing, count in counts.iter_rows()}
    for metric in ("rework_rate", "override_rate"):
        assert 0 < of[metric][0] < of[metric][1]
    assert of["fallback_frequency"][0] == 0


def test_outcome_beyond_the_allowance_changes_settled_figures_and_is_listed(
    publications: tuple[Path, list[pl.DataFrame]],
) -> None:
    folder, (_, second, third) = publications
    settled = changed(second, third).filter(~pl.col("is_maturing").fill_null(False))
    assert settled.filter(pl.col("numerator_now") == pl.col("numerator") + 1).height > 0
    ended = settled.filter(pl.col("grain").is_in(["day", "week", "month"]))
    numbers = ended.filter(
        pl.any_horizontal(pl.col(name).ne_missing(pl.col(f"{name}_now")) for name in ("numerator", "denominator"))
    )
    with store.reader(open_project(folder)) as con:
        listed = con.sql("select * from restatements").pl()
    assert numbers.height > 0
    assert numbers.join(listed, on=KEY, how="anti").is_empty()


def test_a_month_published_again_lists_differences_that_add_up(publications: tuple[Path, list[pl.DataFrame]]) -> None:
    folder, (first, _, third) = publications
    with store.reader(open_project(folder)) as con:
        changes = con.sql(
            f"""select {", ".join(KEY)}, sum(numerator_change) as x, sum(denominator_change) as n from restatements
            where grain = 'month' group by all"""
        ).pl()
    ended = datetime(2026, 9, 1, tzinfo=UTC)
    months = first.filter((pl.col("grain") == "month") & (pl.col("period_start") == ended))
    told = months.join(third, on=KEY, suffix="_now").join(changes, on=KEY, how="left")
    for name, change in (("numerator", "x"), ("denominator", "n")):
        before, now = (pl.col(column).fill_null(0) for column in (name, f"{name}_now"))
        assert told.filter((before + pl.col(change).fill_null(0) - now).abs() > 1e-6).is_empty()
    assert told.filter(pl.col("x") != 0).height > 0
