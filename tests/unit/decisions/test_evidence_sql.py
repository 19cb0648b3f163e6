"""The SQL beside every decision runs on the published database and gives the rows that were counted."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from unit.decisions.samples import AS_OF, DAY, put, put_policy, put_requests

from readback import store
from readback.contracts import (
    Alert,
    Episode,
    FallbackEvent,
    MetricEffect,
    PolicyClass,
    PolicySubstitute,
    Recommendation,
    RunStatus,
)
from readback.contracts.ddl import create_table
from readback.decisions import refresh
from readback.decisions.evidence import pasted
from readback.metrics.marts import create_marts
from readback.settings import open_project

HOSTILE = "pay'; drop table requests; --\n$(reboot)\x1b[31m"


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Iterator[store.Connection]:
    """A published project in which everything fires, and one workflow is named by an attack."""
    root: Path = tmp_path_factory.mktemp("project")
    (root / "readback.toml").write_text("[project]\n", encoding="utf-8")
    project = open_project(root)
    with store.warehouse(project) as con:
        con.execute(create_table(RunStatus))
        create_marts(con)
        con.execute("create table cause_families as select 'provider_outage' as cause, 'provider' as family")
        fill(con)
        refresh(con, AS_OF)
        store.publish(con, project, "test")
    with store.reader(project) as con:
        yield con


def fill(con: store.Connection) -> None:
    put_policy(con)
    put(con, PolicySubstitute)
    put(con, Episode, workflow=HOSTILE)
    for number in range(6):
        event = {
            "fallback_id": f"f{number}",
            "request_id": f"litellm:{number}",
            "workflow": HOSTILE,
            "episode_id": "e1",
        }
        put(con, FallbackEvent, **event)
    put(con, FallbackEvent, fallback_id="ok", request_id="litellm:ok", workflow=HOSTILE, served_model="large-2",
        verdict="in_policy", verdict_reasons=[], is_silent=False)  # fmt: skip
    put(con, PolicyClass, class_id="chat", risk="moderate", path="workflow_classes[1]")
    put(con, FallbackEvent, fallback_id="mild", request_id="litellm:mild", workflow=HOSTILE, workflow_class="chat")
    put(con, MetricEffect, member=HOSTILE)
    put(con, MetricEffect, dimension="model", member="large-2")
    put(con, RunStatus, workflow=HOSTILE)
    put(con, RunStatus, run_id="r2", workflow=HOSTILE, status="clear")
    con.execute(
        "insert into runs (run_id, workflow, started_at, request_count, served_model, weight) "
        "values ('r1', $w, $at, 1, 'large-2', 1), ('r2', $w, $at, 1, 'large-2', 1)",
        {"w": HOSTILE, "at": DAY},
    )
    for day in range(12):
        off = {
            "is_fallback": True,
            "served_by": "substitute",
            "served_model": "small-1",
            "first_cause": "provider_outage",
        }
        at = DAY - timedelta(days=day)
        put_requests(con, 6, request_id=f"off{day}:", workflow=HOSTILE, started_at=at, **off)
        put_requests(con, 4, request_id=f"on{day}:", workflow=HOSTILE, started_at=at + timedelta(hours=1))


def rows(con: store.Connection, sql: str) -> int:
    return len(store.select(con, sql).fetchall())


def decided(con: store.Connection, table: str, key: str) -> dict[str, int]:
    found = con.sql(f"select {key}, evidence_sql from {table}").fetchall()
    return {name: rows(con, sql) for name, sql in found}


def test_the_sql_of_every_alert_gives_its_rows(published: store.Connection) -> None:
    expected = {"silent_downgrade": 6, "recovery_objective": 6, "outcome_regression": 1, "budget_burn": 18}
    assert decided(published, Alert.table, "rule") == expected


@pytest.mark.parametrize(
    "name", ["burn_windows", "lost_lines", "outcome_weeks", "source_rhythm", "unmapped_requests", "unreadable_lines"]
)
def test_the_sql_of_a_rule_that_did_not_fire_runs_too(published: store.Connection, name: str) -> None:
    bound = dict.fromkeys(("workflow", "metric", "source"), HOSTILE) | {"from_at": DAY, "as_of": AS_OF}
    assert rows(published, pasted(name, bound)) >= 0


def test_the_sql_of_every_recommendation_gives_its_rows(published: store.Connection) -> None:
    expected = {"approve_or_stop_substitute": 6, "demote_substitute": 1, "chronic_fallback": 12}
    assert decided(published, Recommendation.table, "kind") == expected


def test_the_comparison_stands_beside_the_harmed_run(published: store.Connection) -> None:
    ((sql,),) = published.sql(
        "select evidence_sql from alerts where workflow is not null and rule = 'outcome_regression'"
    ).fetchall()
    found = store.select(published, sql)
    ((low, run_id),) = found.select("low, run_id").fetchall()
    assert (low, run_id) == (0.009, "r1")


def test_nothing_was_dropped_and_the_name_is_kept(published: store.Connection) -> None:
    assert rows(published, "select * from requests") == 120
    assert (HOSTILE,) in published.sql("select workflow from alerts").fetchall()
    for (text,) in published.sql(
        "select evidence_sql from alerts union all select evidence_sql from recommendations"
    ).fetchall():
        assert "\x1b" not in text
        assert "$(" not in text
