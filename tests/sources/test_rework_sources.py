"""Reopened tickets, as each service desk writes them, with the traps of its format."""

from datetime import UTC, datetime
from pathlib import Path

from outcome_samples import broken, current, record, told


def test_zendesk_reopening_takes_the_time_of_its_audit() -> None:
    row = record("zendesk_audits", "70031")
    assert (row["kind"], row["rework_type"], row["artifact_id"]) == ("rework", "reopened", "301")
    assert row["occurred_at"] == datetime(2026, 10, 6, 9, tzinfo=UTC)


def test_zendesk_external_id_may_change() -> None:
    traces = {row["source_record_id"]: row["trace_id"] for row in told("zendesk_audits")}
    assert traces["70060"] == "4bf92f3577b34da6a3ce929d0e0e012e"
    assert traces["70080"] == "4bf92f3577b34da6a3ce929d0e0e03e7"


def test_zendesk_tag_ties_the_ticket() -> None:
    assert record("zendesk_audits", "70031")["request_id"] == "6f1c6f0e-0002"


def test_zendesk_open_ticket_that_moves_on_is_not_reopened() -> None:
    assert 9 not in {row["line"] for row in told("zendesk_audits")}


def test_zendesk_rule_and_api_are_no_people() -> None:
    actors = {row["source_record_id"]: row["actor_kind"] for row in told("zendesk_audits")}
    assert (actors["70031"], actors["70060"], actors["70080"]) == ("human", "unknown", "system")


def test_zendesk_rating_is_feedback() -> None:
    row = record("zendesk_audits", "70100")
    assert (row["kind"], row["label"]) == ("feedback", "bad")


def test_jira_offset_without_a_colon_is_read() -> None:
    assert record("jira_changelog", "CLAIM-11/2002")["occurred_at"] == datetime(2026, 10, 6, 9, 12, tzinfo=UTC)


def test_jira_status_and_resolution_of_one_history_are_one_rework() -> None:
    assert [row["source_record_id"] for row in told("jira_changelog") if row["artifact_id"] == "CLAIM-11"] == [
        "CLAIM-11/2002"
    ]


def test_jira_category_is_known_from_another_issue_of_the_file() -> None:
    """`Paid out` and `Archived` are done by category only, and a step between them is no reopening."""
    assert {row["artifact_id"] for row in told("jira_changelog")} == {"CLAIM-11", "CLAIM-12", "CLAIM-13"}


def test_jira_resolution_alone_is_a_reopening() -> None:
    row = record("jira_changelog", "CLAIM-12/2004")
    assert (row["actor_kind"], row["trace_id"]) == ("system", "4bf92f3577b34da6a3ce929d0e0e000c")


def test_jira_time_in_milliseconds_is_read() -> None:
    assert record("jira_changelog", "CLAIM-13/2005")["occurred_at"] == datetime(2026, 10, 6, 12, tzinfo=UTC)


def test_jira_time_that_is_none_is_told() -> None:
    assert "the time of history 2009 is missing or no time" in broken("jira_changelog")


def test_servicenow_count_is_a_snapshot_without_a_time() -> None:
    assert {row["time_quality"] for row in told("servicenow_incidents")} == {"snapshot"}


def test_servicenow_earliest_pull_of_a_count_holds(tmp_path: Path) -> None:
    first = current(tmp_path, "servicenow_incidents")[f"{1:032x}/reopened/1"]
    assert first["occurred_at"] == datetime(2026, 10, 6, 10, tzinfo=UTC)


def test_servicenow_reads_values_beside_their_display() -> None:
    row = record("servicenow_incidents", f"{2:032x}/reopened/1")
    assert (row["trace_id"], row["artifact_id"]) == ("4bf92f3577b34da6a3ce929d0e0e0002", "INC0000002")


def test_servicenow_count_of_zero_or_none_is_ignored() -> None:
    assert {1, 7}.isdisjoint(row["line"] for row in told("servicenow_incidents"))


def test_dagster_run_started_again_by_hand_is_rework_of_the_first() -> None:
    rework = {row["source_record_id"]: row["artifact_id"] for row in told("dagster_runs") if row["kind"] == "rework"}
    assert rework == {"run-3": "dagster/run-2", "run-9": "dagster/run-2", "rec-2": "dagster/rec-1"}


def test_dagster_retry_of_its_own_is_no_rework_but_its_failure_counts() -> None:
    assert [row["kind"] for row in told("dagster_runs") if row["source_record_id"] == "run-4"] == ["downstream_error"]
