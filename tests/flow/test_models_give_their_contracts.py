"""Every SQL model that fills a table gives exactly what its contract says: name by name, type by type.

The models are looked at while the pipeline runs them, so each has its real inputs and parameters.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from readback import landing, store
from readback.contracts import BY_TABLE, columns
from readback.definitions import run_in_process
from readback.settings import open_project
from readback.simulate import simulate

END = datetime(2026, 11, 1, tzinfo=UTC)
BY_A_LATER_STEP = {
    "episodes": {"incident_id", "outage_low_s", "outage_s", "is_probed", "return_lag_s", "recovery_lag_s"}
}
"""Columns that another model adds to rows that stand already."""
ON_LANDING = {"problem": "VARCHAR", "is_ignored": "BOOLEAN"}

Shape = dict[str, str]


def contract(table: str) -> Shape:
    later = BY_A_LATER_STEP.get(table, set())
    return {column.name: column.sql_type for column in columns(BY_TABLE[table]) if column.name not in later}


def shape(con: store.Connection, sql: str, parameters: Mapping[str, Any] | None = None) -> Shape:
    relation = store.query(con, sql, parameters)
    return dict(zip(relation.columns, map(str, relation.types), strict=True))


@pytest.fixture(scope="module")
def shapes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Shape]:
    """What each model gave while a small fleet was run."""
    found: dict[str, Shape] = {}
    with pytest.MonkeyPatch.context() as patch:
        insert, read = store.insert_model, landing.land

        def insert_seen(con: store.Connection, table: str, sql: str, parameters: Any = None) -> None:
            if table in BY_TABLE:
                found[table] = shape(con, sql, parameters)
            insert(con, table, sql, parameters)

        def land_seen(con: store.Connection, source: Any, *rest: Any) -> landing.Landed:
            landed = read(con, source, *rest)
            found[source.header.emits] = shape(con, f"from read_parquet('{landed.part}')")
            return landed

        patch.setattr(store, "insert_model", insert_seen)
        patch.setattr("readback.ledger.land", land_seen)
        found |= _run(tmp_path_factory.mktemp("fleet"))
    return found


def _run(folder: Path) -> dict[str, Shape]:
    simulate(folder, 3000, 3.0, 1, END)
    project = open_project(folder)
    run_in_process(project, loaded_at=END)
    with store.reader(project) as con:
        return {f"view {name}": shape(con, f"from {name}") for name in store.VIEWS}


@pytest.mark.parametrize("table", ["requests", "episodes", "fallback_events", "runs", "outcome_links"])
def test_model_gives_its_contract(shapes: dict[str, Shape], table: str) -> None:
    assert shapes[table] == contract(table)


@pytest.mark.parametrize("table", ["attempts", "outcomes", "provider_incidents"])
def test_landed_part_gives_its_contract(shapes: dict[str, Shape], table: str) -> None:
    assert shapes[table] == contract(table) | ON_LANDING


@pytest.mark.parametrize("table", sorted(store.VIEWS))
def test_view_gives_its_contract(shapes: dict[str, Shape], table: str) -> None:
    assert shapes[f"view {table}"] == contract(table)


def test_every_published_table_is_looked_at(shapes: dict[str, Shape]) -> None:
    """The others are filled from contract rows, whose Arrow types are the contract's by construction."""
    by_model = {name.removeprefix("view ") for name in shapes}
    assert by_model <= set(BY_TABLE)
    assert {"attempts", "requests", "fallback_events", "episodes", "runs", "outcomes", "run_status"} <= by_model
