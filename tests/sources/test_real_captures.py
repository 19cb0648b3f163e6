"""Connectors against what real software wrote: the captures in `../shared/real`, which CI lays beside the checkout.

The shapes there are real; the rates, latencies and messages are not and are never quoted.
"""

import json
from collections import Counter
from collections.abc import Iterable
from functools import cache
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any

import pytest
from source_samples import landed, recognized

from readback import shipped
from readback.settings import Settings
from readback.sources import sources

REAL = Path(__file__).parents[3] / "shared" / "real"
SPANS = REAL / "otlp" / "otlp_spans.ndjson"
INCIDENTS = REAL / "provider-incidents"
MODES = 6
STAGES = ("investigating", "identified", "monitoring", "resolved", "postmortem")
BY_CASE = Settings.model_validate(
    {"workflow": {"from": ["attribute:workflow"]}, "run": {"from": ["attribute:case.id"]}}
)

Rows = list[dict[str, Any]]


@cache
def attempts() -> Rows:
    result, rows = landed(sources()["otlp"], SPANS, BY_CASE)
    assert result.broken == []
    return rows


@cache
def mode_of_trace() -> dict[str, str]:
    """The instrumented process that wrote each trace."""
    modes: dict[str, str] = {}
    for line in SPANS.read_text(encoding="utf-8").splitlines():
        for resource_spans in json.loads(line)["resourceSpans"]:
            resource = {a["key"]: a["value"].get("stringValue") for a in resource_spans["resource"]["attributes"]}
            for scope_spans in resource_spans["scopeSpans"]:
                for span in scope_spans["spans"]:
                    modes[span["traceId"]] = resource["service.instance.id"]
    return modes


def by_mode(rows: Rows) -> list[Rows]:
    def key(row: dict[str, Any]) -> str:
        return mode_of_trace()[row["trace_id"]]

    return [list(group) for _, group in groupby(sorted(rows, key=key), key=key)]


def calls(rows: Rows) -> list[Rows]:
    """Attempts of each logical call in order."""
    ordered = sorted(rows, key=itemgetter("request_id", "started_at"))
    return [list(group) for _, group in groupby(ordered, key=itemgetter("request_id"))]


def is_recovered(call: Rows) -> bool:
    """The topology rule: the first attempt failed, the last answered, and another model was asked."""
    first, last = call[0], call[-1]
    is_other_model = bool(first["model_requested"] != last["model_requested"])
    return first["status"] == "error" and last["status"] != "error" and is_other_model


def count_in_each_mode(counted: Iterable[int]) -> set[int]:
    found = list(counted)
    assert len(found) == MODES
    return set(found)


def test_every_dialect_gives_37_attempts() -> None:
    assert count_in_each_mode(len(rows) for rows in by_mode(attempts())) == {37}


def test_every_dialect_gives_22_calls() -> None:
    assert count_in_each_mode(len(calls(rows)) for rows in by_mode(attempts())) == {22}


def test_every_dialect_gives_13_recovered_fallbacks() -> None:
    assert count_in_each_mode(sum(map(is_recovered, calls(rows))) for rows in by_mode(attempts())) == {13}


def test_every_dialect_gives_1_call_that_nobody_answered() -> None:
    failed = (sum(all(a["status"] == "error" for a in call) for call in calls(rows)) for rows in by_mode(attempts()))
    assert count_in_each_mode(failed) == {1}


def test_every_dialect_shows_the_silent_substitution() -> None:
    served = [row["model_served"] for row in attempts() if row["model_requested"] == "gpt-a-alias"]
    assert served == ["other-model-served"] * MODES


def test_every_dialect_gives_the_same_causes() -> None:
    told = [Counter(row["cause"] for row in rows if row["cause"] is not None) for rows in by_mode(attempts())]
    assert told[1:] == told[:-1]
    assert set(told[0]) >= {"provider_outage", "provider_throttled", "latency_breach", "auth", "content_policy"}


def test_filtered_answer_is_blocked_where_the_dialect_tells_the_finish() -> None:
    blocked = [row for row in attempts() if row["status"] == "blocked"]
    assert {row["error_code"] for row in blocked} == {"content_filter"}
    assert {row["cause"] for row in blocked} == {"content_policy"}
    assert len(blocked) == MODES


def test_labels_come_from_the_parent_span_and_the_resource() -> None:
    assert {row["workflow"] for row in attempts()} == {"claims-summary"}
    labels = {(row["team"], row["environment"], row["service"]) for row in attempts()}
    assert labels == {("claims-ops", "prod", "claims-triage")}
    assert all(row["run_id"].startswith("C-") for row in attempts())


def test_http_spans_are_no_attempts() -> None:
    assert all(row["model_requested"] for row in attempts())


@pytest.mark.parametrize(("name", "count"), [("openai", 365), ("anthropic", 141), ("character", 36)])
def test_every_incident_lands(name: str, count: int) -> None:
    result, rows = landed(sources()["statuspage"], INCIDENTS / f"{name}-incidents.json")
    assert (result.rows, len(rows), result.broken) == (count, count, [])
    assert {row["provider"] for row in rows} == {name}
    assert len({row["incident_id"] for row in rows}) == count


def test_five_of_542_incidents_are_out_of_order() -> None:
    files = sorted(INCIDENTS.glob("*-incidents.json"))
    rows = [row for file in files for row in landed(sources()["statuspage"], file)[1]]
    told = {row["incident_id"] for row in rows if not row["is_ordered"]}
    assert len(rows) == 542
    assert len(told) == 5
    assert told == {key for file in files for key in out_of_order(json.loads(file.read_text(encoding="utf-8")))}


def out_of_order(page: dict[str, Any]) -> Iterable[str]:
    """The same judgement by plain Python: times of one form compare as text."""
    for incident in page["incidents"]:
        first: dict[str, str] = {}
        for update in incident["incident_updates"]:
            first[update["status"]] = min(update["display_at"], first.get(update["status"], update["display_at"]))
        stages = [first[stage] for stage in STAGES if stage in first]
        if stages != sorted(stages):
            yield f"{page['page']['id']}:{incident['id']}"


@pytest.mark.parametrize(("folder", "count"), [("litellm", 126), ("litellm-1.80", 89)])
def test_every_litellm_record_lands(folder: str, count: int) -> None:
    file = REAL / folder / "standard_logging.ndjson"
    found = recognized(file)
    assert found is not None
    assert found.name == "litellm"
    result, rows = landed(found, file)
    assert (result.records, len(rows), result.broken) == (count, count, [])


def test_litellm_calls_are_the_ones_that_clients_made() -> None:
    truth = (REAL / "litellm" / "client_truth.ndjson").read_text(encoding="utf-8").splitlines()
    made = {f"litellm:{call_id}" for call_id in (json.loads(line)["call_id"] for line in truth) if call_id}
    _, rows = landed(sources()["litellm"], REAL / "litellm" / "standard_logging.ndjson")
    assert made - {row["request_id"] for row in rows} == set()


@pytest.mark.parametrize("name", ["litellm.jsonl", "litellm-1.80.jsonl"])
def test_sample_records_have_the_keys_of_real_ones(name: str) -> None:
    folder = name.removesuffix(".jsonl")
    real = set(json.loads((REAL / folder / "standard_logging.ndjson").read_text(encoding="utf-8").splitlines()[-1]))
    for line in (shipped.samples() / "litellm" / name).read_text(encoding="utf-8").splitlines():
        if line.endswith("}"):
            assert real - set(json.loads(line)) <= {"cost_breakdown", "messages", "response"}
            assert set(json.loads(line)) - real <= {"cost_breakdown", "messages", "response"}
