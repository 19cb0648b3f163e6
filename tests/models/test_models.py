"""Rows in, rows out: every case file under tests/models/<model>/ is one test of one SQL model.

A case names the model, its parameters, partial input rows and partial expected rows. Input tables have the
columns of their contract, the ones that a case leaves out are NULL; only the columns that an expected row
names are compared. Tables without a contract take their columns from the rows of the case. `steps` are models that are
run before, each into a table of its name.
"""

from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml

from readback import store
from readback.contracts import BY_TABLE, columns
from readback.contracts.vocabulary import VerdictReason

CASES = sorted(Path(__file__).parent.glob("*/*.yaml"))


@pytest.mark.parametrize("path", CASES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_model_gives_the_expected_rows(path: Path) -> None:
    case = yaml.safe_load(path.read_text(encoding="utf-8"))
    con = store.memory()
    for table, rows in case["inputs"].items():
        create_input(con, table, rows or [])
    for step in case.get("steps", []):
        sql = store.model(step)
        con.execute(f"create table {step.rpartition('/')[2]} as {sql}", store.bound(sql, case.get("params")))
    relation = store.query(con, store.model(case["model"]), case.get("params"))
    found = [dict(zip(relation.columns, row, strict=True)) for row in relation.order(case["order_by"]).fetchall()]
    assert len(found) == len(case["expect"]), f"{len(found)} rows: {found}"
    for row, expected in zip(found, case["expect"], strict=True):
        assert {name: _comparable(row[name]) for name in expected} == {
            name: _comparable(value) for name, value in expected.items()
        }


def test_every_reason_of_a_verdict_has_a_case() -> None:
    judged = [path for path in CASES if path.parent.name in ("fallback_events", "unanswered_requests")]
    rows = [row for path in judged for row in yaml.safe_load(path.read_text(encoding="utf-8"))["expect"]]
    assert {reason for row in rows for reason in row.get("verdict_reasons", [])} == {
        each.value for each in VerdictReason
    }


def create_input(con: store.Connection, table: str, rows: list[dict[str, Any]]) -> None:
    """A table with its contract's columns, holding the case's partial rows."""
    if "." in table:
        con.execute(f"create schema if not exists {table.partition('.')[0]}")
    if table in BY_TABLE:
        types = {column.name: column.sql_type for column in columns(BY_TABLE[table])}
        body = ", ".join(f"{name} {sql_type}" for name, sql_type in types.items())
        con.execute(f"create table {table} ({body})")
    else:
        names = list(dict.fromkeys(name for row in rows for name in row))
        con.execute(f"create table {table} ({', '.join(f'{name} {_sql_type(rows, name)}' for name in names)})")
    for row in rows:
        slots = ", ".join(f"${name}" for name in row)
        con.execute(f"insert into {table} ({', '.join(row)}) values ({slots})", row)


def _sql_type(rows: list[dict[str, Any]], name: str) -> str:
    value = next((row[name] for row in rows if row.get(name) is not None), "")
    if isinstance(value, list):
        return "VARCHAR[]"
    kinds: dict[type, str] = {bool: "BOOLEAN", int: "BIGINT", float: "DOUBLE", datetime: "TIMESTAMPTZ", date: "DATE"}
    return kinds.get(type(value), "VARCHAR")


def _comparable(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.timestamp()
    if isinstance(value, float):
        return pytest.approx(value, rel=1e-9, abs=1e-9)
    return value
