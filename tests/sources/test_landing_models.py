"""The last step of landing for the kinds of rows that are no attempts: identity, hashes, refusals."""

from datetime import UTC, datetime
from typing import Any

import pytest
from source_samples import PARAMETERS

from readback import store
from readback.contracts import BY_TABLE
from readback.contracts.ddl import column_names
from readback.contracts.records import record_columns
from readback.landing import prepare_session

NOON = datetime(2026, 10, 5, 12, 30, tzinfo=UTC)
LATER = datetime(2026, 10, 5, 13, tzinfo=UTC)
OUTCOME = {"kind": "rework", "source_system": "desk", "source_record_id": "r1", "occurred_at": NOON}
CHANGE = {"change_key": "c1", "is_enabled": False, "seen_at": NOON, "provider": "OpenAI", "actor_ref": "jo@example.com"}
READING = {"counter": "requests_total", "counts": "answers", "read_at": NOON, "total": 12.0}
INCIDENT = {"provider": "openai", "incident_key": "i1", "started_at": NOON, "resolved_at": LATER}


def landed(table: str, record: dict[str, Any]) -> dict[str, Any]:
    """One canonical record through the landing model of its table."""
    con = store.memory()
    prepare_session(con)
    names = record_columns(table)
    con.execute(f"create table canonical ({', '.join(f'{name} {sql_type}' for name, sql_type in names.items())})")
    slots = ", ".join(f"${name}" for name in record)
    con.execute(f"insert into canonical ({', '.join(record)}) values ({slots})", record)
    relation = store.query(con, store.model(f"continuity/{table}"), {**PARAMETERS, "source": "acme"})
    (row,) = relation.fetchall()
    assert relation.columns == [*column_names(BY_TABLE[table]), "problem", "is_ignored"]
    return dict(zip(relation.columns, row, strict=True))


def test_outcome_is_identified_by_record_kind_and_revision() -> None:
    first = landed("outcomes", OUTCOME)
    assert first["outcome_id"] == landed("outcomes", OUTCOME | {"label": "other"})["outcome_id"]
    assert first["outcome_id"] != landed("outcomes", OUTCOME | {"revision": 1})["outcome_id"]
    assert (first["revision"], first["retracted"], first["actor_kind"]) == (0, False, "unknown")


def test_outcome_with_a_problem_has_no_identity() -> None:
    row = landed("outcomes", OUTCOME | {"problem": "kind is missing"})
    assert (row["outcome_id"], row["problem"]) == (None, "kind is missing")


def test_outcome_keeps_no_person_and_no_dashes_in_its_trace() -> None:
    row = landed("outcomes", OUTCOME | {"actor_ref": "jo", "trace_id": "AB-12", "label": "ask jo@example.com"})
    assert (len(row["actor_ref"]), row["trace_id"], row["label"]) == (32, "ab12", "ask <e-mail>")


def test_admin_change_is_hashed_and_lower_case() -> None:
    row = landed("admin_changes", CHANGE)
    assert (len(row["change_id"]), row["provider"], len(row["actor_ref"])) == (32, "openai", 32)


def test_admin_change_without_a_state_is_refused() -> None:
    assert landed("admin_changes", CHANGE | {"is_enabled": None})["change_id"] is None


def test_reading_is_known_by_what_it_speaks_of_and_not_by_its_count() -> None:
    first = landed("counter_readings", READING)
    assert first["reading_id"] == landed("counter_readings", READING | {"total": 13.0})["reading_id"]
    for changed in ({"read_at": LATER}, {"series": "s"}, {"instance": "b"}, {"model": "m"}, {"from_at": NOON}):
        assert first["reading_id"] != landed("counter_readings", READING | changed)["reading_id"]


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({"read_at": None}, "its time is not known"),
        ({"total": -1.0}, "counts -1.0"),
        ({"total": float("nan")}, "counts nan"),
        ({"total": 1e300}, "counts 1e+300"),
        ({"from_at": LATER}, "its bucket ends before it begins"),
    ],
)
def test_reading_without_time_or_count_is_refused(changed: dict[str, Any], problem: str) -> None:
    row = landed("counter_readings", READING | changed)
    assert row["reading_id"] is None
    assert row["problem"].startswith(problem)


def test_incident_with_its_end_before_its_start_is_out_of_order() -> None:
    assert landed("provider_incidents", INCIDENT)["is_ordered"] is True
    assert landed("provider_incidents", INCIDENT | {"started_at": LATER, "resolved_at": NOON})["is_ordered"] is False


def test_incident_with_stages_swapped_is_out_of_order() -> None:
    row = landed("provider_incidents", INCIDENT | {"identified_at": LATER, "monitoring_at": NOON})
    assert (row["incident_id"], row["is_ordered"], row["first_stage_at"]) == ("openai:i1", False, NOON)
    assert row["components"] == []
