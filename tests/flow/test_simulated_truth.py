"""The simulator's truth is recovered from the raw logs: exactly for counts, inside the interval for estimates."""

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from readback import store
from readback.definitions import run_in_process
from readback.settings import open_project
from readback.simulate import simulate

END = datetime(2026, 11, 1, tzinfo=UTC)
SUBSTITUTED = "is_fallback and served_by = 'substitute'"


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fleet")
    simulate(folder, 40_000, 42.0, 7, END)
    run_in_process(open_project(folder), loaded_at=END)
    return folder


@pytest.fixture(scope="module")
def truth(fleet: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((fleet / "truth.json").read_text())
    return told


@pytest.fixture
def con(fleet: Path) -> Iterator[store.Connection]:
    with store.reader(open_project(fleet)) as opened:
        yield opened


def counts(con: store.Connection, column: str, where: str, table: str = "requests") -> dict[str, int]:
    return dict(con.execute(f"select {column}, count(*) from {table} where {where} group by 1").fetchall())


def scalar(con: store.Connection, sql: str) -> Any:
    return con.execute(sql).fetchall()[0][0]


def test_every_request_is_found(con: store.Connection, truth: dict[str, Any]) -> None:
    assert scalar(con, "select count(*) from requests") == truth["requests"]


def test_every_attempt_line_is_a_row(con: store.Connection, truth: dict[str, Any]) -> None:
    assert scalar(con, "select count(*) from attempts") == truth["attempts"]


def test_unanswered_requests_are_counted(con: store.Connection, truth: dict[str, Any]) -> None:
    assert scalar(con, "select count(*) from requests where served_by = 'nobody'") == truth["failed"]


def test_cache_hits_are_counted(con: store.Connection, truth: dict[str, Any]) -> None:
    assert scalar(con, "select count(*) from requests where is_cache_hit") == truth["cache_hits"]


def test_fallbacks_are_found_workflow_by_workflow(con: store.Connection, truth: dict[str, Any]) -> None:
    found = counts(con, "workflow", SUBSTITUTED)
    assert found == {name: told["fallbacks"]["total"] for name, told in truth["workflows"].items()}


def test_fallbacks_are_found_cause_by_cause(con: store.Connection, truth: dict[str, Any]) -> None:
    assert counts(con, "coalesce(first_cause, 'unknown')", SUBSTITUTED) == truth["fallbacks"]["by_cause"]


def test_fallbacks_are_found_by_how_they_showed(con: store.Connection, truth: dict[str, Any]) -> None:
    assert counts(con, "detection", SUBSTITUTED) == truth["fallbacks"]["by_detection"]


def test_violations_are_found_reason_by_reason(con: store.Connection, truth: dict[str, Any]) -> None:
    rows = con.execute("select verdict_reasons from fallback_events where verdict = 'out_of_policy'").fetchall()
    found = Counter(reason for (reasons,) in rows for reason in reasons)
    planted = {reason: told["total"] for reason, told in truth["violations"].items() if reason != "missed_fallback"}
    assert {reason: found[reason] for reason in planted} == planted


def test_silent_downgrades_are_named_one_by_one(con: store.Connection, truth: dict[str, Any]) -> None:
    rows = con.execute(
        """select e.request_id from fallback_events as e
        inner join policy_classes as c on e.policy_id = c.policy_id and e.policy_version = c.version
            and e.workflow_class = c.class_id
        where e.is_silent and c.risk in ('high', 'critical')"""
    ).fetchall()
    assert {request_id for (request_id,) in rows} == {told["request_id"] for told in truth["silent_downgrades"]}


def test_episodes_open_and_recover_when_they_did(con: store.Connection, truth: dict[str, Any]) -> None:
    rows = con.execute("select workflow, opened_at, recovered_at, state, flap_count from episodes").fetchall()
    found = {(workflow, round(opened.timestamp())): rest for workflow, opened, *rest in rows}
    for told in truth["episodes"]:
        opened = datetime.fromisoformat(told["opened_at"])
        near = [found.get((told["workflow"], int(opened.timestamp()) + shift)) for shift in (0, 1)]
        recovered, state, flaps = next(one for one in near if one is not None)
        assert (state, flaps) == (told["state"], told["flap_count"])
        if told["recovered_at"] is not None:
            assert abs((recovered - datetime.fromisoformat(told["recovered_at"])).total_seconds()) <= 1
    assert len(rows) == len(truth["episodes"])


def test_mature_outcomes_are_counted_lane_by_lane(con: store.Connection, truth: dict[str, Any]) -> None:
    """The newest log ends seconds before the fleet does, so a handful of runs are not mature yet."""
    found = {
        (workflow, metric, lane): (mature, events)
        for workflow, metric, lane, mature, events in con.execute(
            """select workflow, metric, lane, count(*) filter (where is_mature),
                count(*) filter (where is_mature and status = 'event')
            from run_status group by all"""
        ).fetchall()
    }
    for told in truth["outcomes"]:
        for lane in ("preferred", "fallback"):
            mature, events = found[told["workflow"], told["metric"], lane]
            assert abs(mature - told[lane]["mature"]) <= max(3, 0.005 * told[lane]["mature"])
            assert abs(events - told[lane]["mature_events"]) <= 2


def test_most_adjusted_effects_hold_the_true_difference(con: store.Connection, truth: dict[str, Any]) -> None:
    names = {"rework": "rework_rate", "override": "override_rate", "downstream_error": "downstream_error_rate"}
    limits = {
        (metric, member): (low, high)
        for metric, member, low, high in con.execute(
            """select metric, member, low, high from metric_effects
            where unit = 'fraction' and dimension = 'workflow' and low is not null"""
        ).fetchall()
    }
    told = {(names[each["metric"]], each["workflow"]): each["risk_difference"] for each in truth["outcomes"]}
    held = [low <= told[key] <= high for key, (low, high) in limits.items()]
    assert len(held) >= 5
    assert sum(held) / len(held) >= 0.8
