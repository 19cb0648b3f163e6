"""What status feeds and audit logs of providers say in their samples: windows that count, switches and their state."""

from pathlib import Path
from typing import Any

import pytest
from source_samples import landed, sample_files

from readback.sources import sources

Row = dict[str, Any]


def rows(source: str, name: str = "") -> list[Row]:
    """The rows of a connector's samples."""
    return [row for file in sample_files(source) if name in file.name for row in landed(sources()[source], file)[1]]


def window(row: Row) -> tuple[str, str | None]:
    """Start and end within their day."""
    return f"{row['started_at']:%d %H:%M}", f"{row['resolved_at']:%d %H:%M}" if row["resolved_at"] else None


def test_google_incident_counts_only_for_products_that_serve_models() -> None:
    found = {row["incident_id"]: row for row in rows("google_cloud_status")}
    assert set(found) == {f"vertex_ai:rbGcp{n:03d}xYz" for n in (1, 2, 3, 5)}
    assert window(found["vertex_ai:rbGcp001xYz"]) == ("05 14:02", "05 15:40")
    assert found["vertex_ai:rbGcp001xYz"]["title"] == "Elevated 503 errors for the Vertex Gemini API in europe-west4"


def test_google_update_written_after_the_end_spoils_no_window() -> None:
    found = {row["incident_id"][-6:-3]: row for row in rows("google_cloud_status")}
    assert (found["003"]["investigating_at"], found["003"]["is_ordered"]) == (None, True)
    assert found["005"]["is_ordered"] is False


def test_last_telling_of_an_aws_event_counts_and_its_first_says_when_it_was_known() -> None:
    closed, still_open, late, planned = rows("aws_health")
    assert window(closed) == ("05 10:05", "05 11:25")
    assert f"{closed['investigating_at']:%H:%M}" == "10:20"
    assert (window(still_open), still_open["status"]) == (("06 04:50", None), "investigating")
    assert (late["investigating_at"], late["is_ordered"]) == (None, True)
    assert (planned["impact"], planned["resolved_at"]) == ("maintenance", None)


def test_azure_mitigation_counts_only_once_the_incident_is_said_to_be_over() -> None:
    over, active, planned = rows("azure_health", "activity-log")
    assert window(over) == ("05 12:10", "05 13:52")
    assert over["postmortem_at"] > over["resolved_at"] > over["investigating_at"]
    assert window(active) == ("06 07:43", None)
    assert (planned["impact"], planned["status"]) == ("maintenance", "planned")


def test_azure_event_of_the_api_is_the_same_kind_of_incident() -> None:
    (event,) = rows("azure_health", "resource-health")
    assert (event["incident_id"], window(event)) == ("azure:RB21-ABC", ("04 10:00", "04 11:30"))
    assert event["components"] == ["Azure OpenAI Service"]


def test_maintenance_starts_when_it_began_and_not_when_it_was_announced() -> None:
    done, planned = rows("statuspage", "scheduled")
    assert (done["impact"], window(done)) == ("maintenance", ("05 03:02", "05 03:40"))
    assert (window(planned), planned["status"]) == (("09 03:00", None), "scheduled")


def test_look_alike_without_a_start_begins_with_what_it_first_told() -> None:
    outage = next(row for row in rows("statuspage", "openai") if row["incident_id"].endswith("OI02"))
    assert (window(outage), outage["components"]) == (("05 09:15", "05 10:05"), [])


def switches(source: str) -> list[tuple[str | None, str | None, str, bool]]:
    return [(row["provider"], row["model"], row["scope"], row["is_enabled"]) for row in rows(source)]


TENANT = "22222222-0000-4000-8000-000000000001"


def test_setting_of_microsoft_counts_where_its_name_holds_a_provider() -> None:
    in_csv = [(False, TENANT), (False, f"{TENANT}/some users"), (True, TENANT)]
    assert switches("purview_admin") == [
        *(("anthropic", None, scope, is_enabled) for is_enabled, scope in in_csv),
        ("anthropic", None, TENANT, False),
        ("anthropic", None, TENANT, True),
        ("anthropic", None, f"{TENANT}/some users", False),
        ("anthropic", None, f"{TENANT}/some users", True),
        ("mistral", None, TENANT, True),
    ]


def test_limit_of_openai_is_on_or_off() -> None:
    assert switches("openai_audit") == [
        ("openai", "gpt-4.1", "proj_claims", False),
        ("openai", "gpt-4.1", "proj_claims", True),
        ("openai", "gpt-4.1-mini", "proj_claims", True),
        ("openai", None, "proj_old", False),
    ]


def test_snapshot_of_permissions_is_told_where_it_differs_from_the_one_before() -> None:
    found = [row for row in rows("openai_model_permissions") if row["scope"] == "proj_claims"]
    assert [(f"{row['seen_at']:%d}", row["model"], row["is_enabled"]) for row in found] == [
        ("04", None, True), ("06", None, True), ("06", "gpt-4.1", False), ("07", None, True)
    ]  # fmt: skip


def test_model_that_left_an_allow_list_is_banned_with_all_others() -> None:
    found = [row for row in rows("openai_model_permissions") if row["scope"] == "proj_batch" and row["line"] == 6]
    assert [(row["model"], row["is_enabled"]) for row in found] == [(None, False), ("gpt-4.1-mini", True)]
    assert found[0]["effective_at"] < found[1]["effective_at"]


def test_spend_limit_of_anthropic_is_off_only_at_zero_and_in_force() -> None:
    assert [enabled for *_, enabled in switches("anthropic_compliance")] == [True, False, True, True, True, False]
    assert {provider for provider, *_ in switches("anthropic_compliance")} == {"anthropic"}


def test_allow_list_of_google_bans_the_rest_before_it_allows() -> None:
    found = [row for row in rows("gcp_model_policy") if row["line"] == 2]
    assert [(row["model"], row["is_enabled"]) for row in found] == [
        (None, False), ("gemini-2.5-pro", True), ("publishers/meta", True)
    ]  # fmt: skip
    assert found[0]["effective_at"] < found[1]["effective_at"]


def test_only_calling_a_model_counts_and_only_changes_that_were_made() -> None:
    found = rows("gcp_model_policy")
    assert [(row["line"], row["is_enabled"]) for row in found if row["line"] != 2] == [
        (1, False), (3, False), (4, True), (5, True), (8, True)
    ]  # fmt: skip
    assert found[0]["model"] == "claude-sonnet-4-5"


@pytest.mark.parametrize("source", ["purview_admin", "openai_audit", "anthropic_compliance", "gcp_model_policy"])
def test_admin_is_only_ever_hashed(source: str) -> None:
    for row in rows(source):
        assert len(row["actor_ref"]) == 32
        assert "jo.doe" not in str(row)


@pytest.mark.parametrize("source", ["copilot_studio", "openai_audit", "google_cloud_status", "purview_admin"])
def test_line_that_is_no_json_is_not_taken_for_one_to_ignore(source: str, tmp_path: Path) -> None:
    file = tmp_path / "log.jsonl"
    file.write_text('{"hello": 1}\n{"id": "x", "type\n', encoding="utf-8")
    result, _ = landed(sources()[source], file)
    assert [line.line for line in result.broken] == [1, 2]
