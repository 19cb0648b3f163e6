"""Checks are derived from the contracts, and each of them can fail."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from readback import quality, store
from readback.aftermath import build_aftermath
from readback.contracts import BY_TABLE, PUBLISHED, Column, FallbackEvent, Request, columns
from readback.contracts.ddl import create_table
from readback.quality.checks import checks
from readback.quality.suite import judge, suite
from readback.settings import Settings

NOON = datetime(2026, 10, 5, 12, tzinfo=UTC)
DAY = [(NOON - timedelta(hours=12), NOON + timedelta(hours=12))]


@pytest.fixture
def con() -> Iterator[store.Connection]:
    con = store.memory()
    for row in PUBLISHED:
        statement = create_table(row)
        con.execute(statement.replace(" not null", "") if row.table in store.VIEWS else statement)
    con.execute("drop table run_status")
    con.execute("create schema ledger")
    con.execute("create table ledger.runs (loaded_at timestamptz, is_published boolean)")
    build_aftermath(con, Settings(), [], NOON)
    yield con
    con.close()


def insert(con: store.Connection, table: str, **given: Any) -> None:
    """A row that keeps its contract, save where a value is given."""
    row = {column.name: _valid(column) for column in columns(BY_TABLE[table])} | given
    con.execute(f"insert into {table} ({', '.join(row)}) values ({', '.join('?' * len(row))})", list(row.values()))


def _valid(column: Column) -> Any:
    if column.is_nullable:
        return None
    if column.sql_type.endswith("[]"):
        return []
    if column.allowed:
        return column.allowed[0]
    valid: dict[str, Any] = {"BOOLEAN": False, "BIGINT": column.minimum or 0, "DOUBLE": column.minimum or 0.0}
    return valid.get(column.sql_type, NOON if column.sql_type in ("TIMESTAMP WITH TIME ZONE", "DATE") else "x")


def failed(con: store.Connection, table: str) -> list[str]:
    return [each.check_name for each in quality.check(con, table, DAY, NOON) if not each.is_passed]


RECOVERY = "an episode has a recovery exactly when it recovered, and not before it opened"
FAULTS: list[tuple[str, dict[str, Any], str]] = [
    ("requests", {"served_by": "a stranger"}, "served_by is a word of its vocabulary"),
    ("requests", {"cost_usd": float("nan")}, "cost_usd is finite and at least 0"),
    ("requests", {"cost_usd": float("inf")}, "cost_usd is finite and at least 0"),
    ("requests", {"cost_usd": -0.01}, "cost_usd is finite and at least 0"),
    ("requests", {"attempt_count": 0}, "attempt_count is at least 1"),
    ("fallback_events", {"verdict_reasons": ["no_such_reason"]}, "verdict_reasons is a word of its vocabulary"),
    ("fallback_events", {"added_cost_usd": float("-inf")}, "added_cost_usd is a number"),
    ("attempts", {"request_id": None}, "request_id is never absent"),
    ("attempts", {"confidence": 1.5}, "confidence is at most 1"),
    ("outcome_links", {"weight": 0.4}, "the shares of an outcome add up to one"),
    ("files", {"lines": 3, "row_lines": 2}, "every line of a file is accounted for"),
    (
        "requests",
        {"is_fallback": None, "not_derivable_reason": None},
        "is_fallback is unknown exactly where a reason is given",
    ),
    ("fallback_events", {"request_id": "ghost"}, "every fallback event is a request that fell back, and the reverse"),
    ("fallback_events", {"episode_id": "ghost"}, "episode_id names an episode"),
    (
        "episodes",
        {"is_recovered": True},
        "an episode has a recovery exactly when it recovered, and not before it opened",
    ),
    (
        "fallback_events",
        {"verdict_reasons": ["unmarked", "wrong_order"], "verdict_rules": ["x"]},
        "every reason rests on one rule, and a verdict without reasons on the rule that allowed it",
    ),
    (
        "unanswered_requests",
        {"request_id": "ghost"},
        "an unanswered request is one that nobody answered and that is not told as a fallback",
    ),
    ("runs", {"request_count": 1, "fallback_count": 2}, "a run has no more fallbacks than requests"),
    ("metric_values", {"low": 0.5, "value": 0.4, "high": 0.6}, "the interval holds the figure"),
    ("metric_values", {"unit": "fraction", "value": 1.2}, "a fraction lies between 0 and 1"),
    ("metric_values", {"status": "no_data", "value": 0.0}, "a figure without data is absent, never 0"),
]


BEHIND = {"outcome_links": ("files", "outcomes")}
"""Of some tables only rows are looked at that follow from new files."""


@pytest.mark.parametrize(("table", "fault", "check_name"), FAULTS)
def test_fault_fails_its_check(con: store.Connection, table: str, fault: dict[str, Any], check_name: str) -> None:
    for behind in BEHIND.get(table, ()):
        insert(con, behind)
    insert(con, table, **fault)
    assert check_name in failed(con, table)


def test_outcomes_that_were_published_before_are_not_looked_at_again(con: store.Connection) -> None:
    insert(con, "files", loaded_at=NOON)
    insert(con, "outcomes", kind="a stranger")
    assert "kind is a word of its vocabulary" in failed(con, "outcomes")
    con.execute("insert into ledger.runs values (?, true)", [NOON])
    assert failed(con, "outcomes") == []


def test_sound_rows_pass(con: store.Connection) -> None:
    insert(con, "requests", request_id="a", is_fallback=True, cost_usd=0.01)
    insert(con, "fallback_events", request_id="a", verdict="in_policy", verdict_rules=["r"], added_cost_usd=-0.5)
    assert failed(con, "requests") + failed(con, "fallback_events") == []


def test_fallback_without_event_fails(con: store.Connection) -> None:
    for request in ("a", "b", "c"):
        insert(con, "requests", request_id=request, is_fallback=True)
    for number, request in enumerate(("a", "c")):
        judged = {"fallback_id": str(number), "request_id": request, "verdict": "in_policy", "verdict_rules": ["r"]}
        insert(con, "fallback_events", **judged)
    assert failed(con, "requests") == []
    assert failed(con, "fallback_events") == ["every fallback event is a request that fell back, and the reverse"]


def test_key_that_stands_twice_fails_with_its_rows(con: store.Connection) -> None:
    for request in ("a", "b", "a"):
        insert(con, "requests", request_id=request, is_fallback=False)
    (found,) = [each for each in quality.check(con, "requests", DAY, NOON) if not each.is_passed]
    assert (found.check_name, found.observed, found.row_count) == ("request_id is unique", 1, 3)
    assert found.sample == '[{"request_id":"a","row_count":2}]'


def test_run_with_two_statuses_of_a_metric_fails(con: store.Connection) -> None:
    insert(con, "runs", run_id="a")
    assert failed(con, "run_status") == []
    con.execute("insert into run_windows select * from run_windows where metric = 'rework' limit 1")
    assert "a run has exactly one status for each outcome metric" in failed(con, "run_status")


def test_only_changed_stretches_are_read(con: store.Connection) -> None:
    insert(con, "requests", request_id="a", started_at=NOON - timedelta(days=3), cost_usd=-1.0, is_fallback=False)
    insert(con, "requests", request_id="b", is_fallback=False)
    assert {each.row_count for each in quality.check(con, "requests", DAY, NOON)} == {1}
    assert failed(con, "requests") == []


def test_results_stay_while_nothing_changes(con: store.Connection) -> None:
    insert(con, "requests", is_fallback=False)
    kept = quality.check(con, "requests", DAY, NOON)
    assert quality.check(con, "requests", [], NOON) == []
    assert con.execute("select count(*) from quality_results").fetchall() == [(len(kept),)]


def test_failure_is_one_sentence(con: store.Connection) -> None:
    insert(con, "files", path="logs/a.jsonl", lines=3, row_lines=2)
    quality.check(con, "files", DAY, NOON)
    told = str(quality.failures(con))
    assert told.startswith("files: every line of a file is accounted for: observed 1 in 1 rows, such as ")
    assert "logs/a.jsonl" in told
    assert told.endswith("nothing was published")


def test_no_failure_is_none(con: store.Connection) -> None:
    quality.check(con, "files", DAY, NOON)
    assert quality.failures(con) is None


def test_contract_gives_a_check_for_all_that_it_says() -> None:
    named = {column.name for column in columns(FallbackEvent) if column.allowed or column.minimum is not None}
    assert named <= {each.column for each in checks(FallbackEvent)}


def test_suite_names_every_check() -> None:
    asked = checks(Request)
    every, *_ = suite("requests", asked).expectations
    assert every.value_set == [each.name for each in asked]  # type: ignore[attr-defined]


def test_suite_judges_each_check_by_its_own_limits() -> None:
    asked = checks(Request)
    facts: dict[str, float | None] = {each.name: each.least or each.greatest or 0.0 for each in asked}
    assert all(judge(asked, facts).values())
    too_low, too_many = "attempt_count is at least 1", "request_id is unique"
    verdicts = judge(asked, facts | {too_low: 0.0, too_many: 1.0})
    assert [name for name, is_passed in verdicts.items() if not is_passed] == [too_low, too_many]


def test_absent_extreme_breaks_no_limit() -> None:
    asked = checks(Request)
    assert all(judge(asked, dict.fromkeys((each.name for each in asked), None)).values())


def test_check_names_are_unique_in_their_table() -> None:
    for table in BY_TABLE:
        names = [each.name for each in quality.table_checks(table)]
        assert len(names) == len(set(names))
