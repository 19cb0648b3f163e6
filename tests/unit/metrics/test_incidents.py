"""Times that providers took, by the survival code of the episodes."""

from datetime import datetime, timedelta

import pytest
from unit.metrics.facts import AS_OF, START, Row, insert

from readback import store
from readback.metrics.incidents import incident_recovery


def test_component_and_provider_count_an_incident_once_each(con: store.Connection) -> None:
    rows = [_incident(n, START + timedelta(days=n), 1800.0 * (n + 1), ["api", "chat"]) for n in range(10)]
    insert(con, "provider_incidents", *rows)
    found = incident_recovery(con, AS_OF)
    assert found["component"].to_list() == ["*", "api", "chat"]
    assert found["incidents"].to_list() == [10, 10, 10]
    assert found["median_s"].to_list() == [9000.0] * 3
    assert found["resolved_within_60m"].to_list() == pytest.approx([0.2] * 3)


def test_out_of_order_is_left_out_and_counted_and_open_is_censored(con: store.Connection) -> None:
    rows = [_incident(n, START, 600.0, ["api"]) for n in range(3)]
    rows.append(_incident(3, START, 60.0, ["api"]) | {"is_ordered": False})
    rows.append(_incident(4, AS_OF - timedelta(hours=2), 0.0, ["api"]) | {"resolved_at": None})
    insert(con, "provider_incidents", *rows)
    (whole, _) = incident_recovery(con, AS_OF).to_dicts()
    assert (whole["incidents"], whole["out_of_order"], whole["unresolved"]) == (5, 1, 1)
    assert (whole["p90_s"], whole["resolved_within_15m"]) == (None, pytest.approx(0.75))


def test_no_incident_gives_no_row(con: store.Connection) -> None:
    assert incident_recovery(con, AS_OF).is_empty()


def _incident(number: int, at: datetime, duration_s: float, components: list[str]) -> Row:
    return {
        "incident_id": f"p:{number}",
        "provider": "p",
        "components": components,
        "started_at": at,
        "first_stage_at": at,
        "resolved_at": at + timedelta(seconds=duration_s),
        "is_ordered": True,
        "file_id": "f",
        "line": number,
    }
