"""Traps of formats that tell attempts: what a reader who trusts the names of the fields gets wrong, one by one."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from source_samples import landed, landed_sample, sample_files

from readback.sources import sources

Row = dict[str, Any]


def rows(source: str, name: str = "") -> dict[int, list[Row]]:
    """The rows of a connector's sample, by line."""
    found: dict[int, list[Row]] = {}
    for file in sample_files(source):
        for row in landed_sample(source, file)[1] if name in file.name else ():
            found.setdefault(row["line"], []).append(row)
    return found


def one(source: str, line: int) -> Row:
    """The only row of a line."""
    (row,) = rows(source)[line]
    return row


def read(source: str, folder: Path, *records: Any) -> list[Row]:
    """The rows of some records of our own."""
    file = folder / "log.jsonl"
    file.write_text("".join(json.dumps(record) + "\n" for record in records), encoding="utf-8")
    return landed(sources()[source], file)[1]


def test_azure_ticks_are_a_time_and_a_negative_duration_is_none() -> None:
    found = {line: row for line, (row, *_) in rows("azure_openai").items()}
    assert found[1]["started_at"] == datetime(2026, 10, 5, 8, 30, 5, 118402, tzinfo=UTC)
    assert all(row["duration_ms"] >= 0 for row in found.values() if row["duration_ms"] is not None)


def test_azure_row_without_a_signature_has_no_status_of_its_own() -> None:
    assert one("azure_openai", 17)["http_status"] is None


def test_vertex_id_beyond_the_precision_of_a_float_is_kept(tmp_path: Path) -> None:
    number = 5374205265901353985
    record = {"logging_time": "2026-10-05T08:00:00Z", "request_id": str(number), "model": "publishers/google/models/g",
              "api_method": "GenerateContent", "full_response": {"response_id": "r"}, "metadata": {}}  # fmt: skip
    near = record | {"request_id": str(number + 1)}
    assert [row["request_id"] for row in read("vertex_ai", tmp_path, record, near)] == [
        f"vertex_ai:{number}",
        f"vertex_ai:{number + 1}",
    ]


def test_bedrock_profile_of_a_region_is_the_same_model_elsewhere(tmp_path: Path) -> None:
    record = {"schemaType": "ModelInvocationLog", "schemaVersion": "1.0", "timestamp": "2026-10-05T10:00:00Z",
              "requestId": "r-1", "operation": "ConverseStream", "modelId": "us.anthropic.claude-x-v1:0",
              "region": "us-east-1", "inferenceRegion": "us-west-2",
              "input": {"inputTokenCount": 4}, "output": {"outputTokenCount": 2}}  # fmt: skip
    (row,) = read("bedrock", tmp_path, record)
    assert (row["region"], row["model_served"], row["is_stream"]) == ("us/us-west-2", record["modelId"], True)


def test_bedrock_failed_record_has_empty_bodies_and_no_tokens(tmp_path: Path) -> None:
    record = {"schemaType": "ModelInvocationLog", "timestamp": "2026-10-05T10:00:00.250Z", "requestId": "r-2",
              "modelId": "m", "errorCode": "ThrottlingException", "input": {}, "output": {}}  # fmt: skip
    (row,) = read("bedrock", tmp_path, record)
    assert (row["cause"], row["model_served"], row["input_tokens"]) == ("provider_throttled", None, None)


def test_google_status_that_is_absent_or_empty_is_ok(tmp_path: Path) -> None:
    payload = {
        "serviceName": "aiplatform.googleapis.com",
        "resourceName": "projects/p/locations/l/publishers/google/models/m",
        "methodName": "google.cloud.aiplatform.v1.PredictionService.GenerateContent",
    }
    entry = {"insertId": "a", "timestamp": "2026-10-05T10:15:02.118402Z", "logName": "x", "protoPayload": payload}
    empty = entry | {"insertId": "b", "protoPayload": payload | {"status": {}}}
    assert [row["status"] for row in read("gcp_audit", tmp_path, entry, empty)] == ["ok", "ok"]


def test_datadog_cost_is_in_billionths_of_a_dollar_and_undefined_is_a_root() -> None:
    assert one("datadog_llm", 2)["cost_usd"] == pytest.approx(0.00214)
    root = one("datadog_llm", 11)
    assert root["request_id"].endswith("/5000000000000000011")


def test_langfuse_call_counts_once_it_has_ended_and_an_error_at_once(tmp_path: Path) -> None:
    running = {"id": "o-1", "type": "GENERATION", "level": "DEFAULT", "trace_id": "t", "model": "m",
               "start_time": "2026-10-05 09:14:03.120000", "end_time": None}  # fmt: skip
    ended = running | {"end_time": "2026-10-05 09:14:04.120000"}
    broken = running | {"id": "o-2", "level": "ERROR", "status_message": "Error code: 503"}
    assert [(row["line"], row["status"]) for row in read("langfuse", tmp_path, running, ended, broken)] == [
        (2, "ok"),
        (3, "error"),
    ]


def test_langsmith_session_is_a_project_and_no_session() -> None:
    sessions = {row["session_id"] for found in rows("langsmith").values() for row in found}
    assert all(session is None or session.startswith("thread-") for session in sessions)


@pytest.mark.parametrize("line", [1, 11])
def test_vercel_cost_is_text_or_number_and_routing_stands_in_either_place(line: int) -> None:
    assert [row["cost_usd"] for row in rows("vercel_ai_gateway")[line] if row["status"] == "ok"][0] > 0


def test_databricks_row_that_was_not_routed_says_nothing_about_a_fallback() -> None:
    assert {row["chain_basis"] for row in rows("databricks_ai_gateway")[7]} == {"single_row"}


def test_databricks_final_status_hides_no_recovered_failure() -> None:
    assert [row["status"] for row in rows("databricks_ai_gateway")[3]] == ["error", "ok"]


def test_bifrost_row_in_flight_is_no_attempt() -> None:
    assert 19 not in rows("bifrost")


def test_kong_word_for_nothing_is_no_model(tmp_path: Path) -> None:
    meta = {"provider_name": "openai", "request_model": "UNSPECIFIED", "response_model": "UNSPECIFIED"}
    record = {"started_at": 1791194400000, "request": {"id": "k"}, "response": {"status": 200},
              "latencies": {"request": 10}, "ai": {"proxy": {"meta": meta, "usage": {}}}}  # fmt: skip
    assert {(row["model_requested"], row["model_served"]) for row in read("kong_ai_gateway", tmp_path, record)} <= {
        (None, None)
    }


def test_kong_keys_before_3_8_and_after_read_alike() -> None:
    tokens = {row["input_tokens"] for found in rows("kong_ai_gateway").values() for row in found if row["model_served"]}
    assert tokens == {220}


def test_portkey_key_in_the_stream_reaches_no_column() -> None:
    (file,) = sample_files("portkey_gateway")
    assert "sk-EXAMPLE-NOT-A-KEY" in file.read_text(encoding="utf-8")
    assert "sk-EXAMPLE" not in json.dumps(rows("portkey_gateway"), default=str)


def test_helicone_own_status_is_no_http_status() -> None:
    told = {row["http_status"] for found in rows("helicone").values() for row in found}
    assert all(status is None or status >= 100 for status in told)


def test_cloudflare_metadata_is_read_as_text_and_as_object(tmp_path: Path) -> None:
    labels = {"workflow": "letters", "team": "claims"}
    log = {"id": "a", "created_at": "2026-10-05T09:14:03Z", "provider": "openai", "model": "m", "path": "v1",
           "duration": 1420, "success": True, "cached": False, "status_code": 200, "step": 0, "tokens_in": 1,
           "tokens_out": 1, "metadata": json.dumps(labels)}  # fmt: skip
    told = read("cloudflare_ai_gateway", tmp_path, log, log | {"id": "b", "metadata": labels})
    assert [(row["workflow"], row["team"]) for row in told] == [("letters", "claims")] * 2


def test_event_told_twice_under_one_source_and_id_is_one_outcome(tmp_path: Path) -> None:
    event = {"specversion": "1.0", "id": "e-1", "source": "/desk", "type": "dev.readback.outcome.rework.v1",
             "time": "2026-10-05T11:00:00Z", "subject": "CLM-1", "data": {"rework_type": "corrected"}}  # fmt: skip
    told = read("cloudevents", tmp_path, event, event, event | {"source": "/other"})
    assert len(told) == 3
    assert len({row["outcome_id"] for row in told}) == 2
