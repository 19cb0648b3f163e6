"""What the OTLP connector makes of span trees that no sample holds, hostile ones among them."""

import json
from pathlib import Path
from typing import Any

import pytest
from source_samples import landed

from readback.landing import Landed
from readback.sources import sources

TRACE = "ab" * 16
START = 1_790_000_000_000_000_000


def text(key: str, value: str) -> dict[str, Any]:
    return {"key": key, "value": {"stringValue": value}}


CHAT = [text("gen_ai.operation.name", "chat"), text("gen_ai.request.model", "gpt-a")]
FAILED = {"status": {"code": 2, "message": "Connection error."}}


def span(name: str, parent: str | None = None, attributes: Any = CHAT, **fields: Any) -> dict[str, Any]:
    ids = {"traceId": TRACE, "spanId": name * 8} | ({"parentSpanId": parent * 8} if parent else {})
    return ids | {"startTimeUnixNano": str(START), "endTimeUnixNano": START + 10**9, "attributes": attributes} | fields


def land_lines(folder: Path, *lines: Any) -> tuple[Landed, list[dict[str, Any]]]:
    """Each argument is one line: a list of spans, or any other JSON value."""
    file = folder / "spans.jsonl"
    wrapped = [{"resourceSpans": [{"scopeSpans": [{"spans": s}]}]} if isinstance(s, list) else s for s in lines]
    file.write_text("".join(json.dumps(line) + "\n" for line in wrapped), encoding="utf-8")
    return landed(sources()["otlp"], file)


def test_outer_span_around_one_call_is_not_a_second_attempt(tmp_path: Path) -> None:
    _, rows = land_lines(tmp_path, [span("aa", "99"), span("bb", "aa")])
    assert [row["request_id"] for row in rows] == [f"otlp:{TRACE}/{'99' * 8}"]


def test_outer_span_around_several_calls_is_their_request(tmp_path: Path) -> None:
    later = {"startTimeUnixNano": START + 2 * 10**9}
    _, rows = land_lines(tmp_path, [span("aa", "99"), span("bb", "aa", **FAILED), span("cc", "aa", **later)])
    assert {row["request_id"] for row in rows} == {f"otlp:{TRACE}/{'aa' * 8}"}
    assert [row["status"] for row in rows] == ["error", "ok"]


def test_nearest_ancestor_names_the_workflow(tmp_path: Path) -> None:
    root = span("aa", None, [text("gen_ai.workflow.name", "far"), text("team", "claims")])
    near = span("bb", "aa", [text("gen_ai.workflow.name", "near"), text("gen_ai.conversation.id", "c-1")])
    _, rows = land_lines(tmp_path, [span("cc", "bb")], [near], [root])
    assert [(row["workflow"], row["team"], row["session_id"], row["line"]) for row in rows] == [
        ("near", "claims", "c-1", 1)
    ]


def test_failed_evaluation_of_the_last_answer_changes_nothing(tmp_path: Path) -> None:
    label = {"name": "gen_ai.evaluation.result", "attributes": [text("gen_ai.evaluation.score.label", "fail")]}
    _, rows = land_lines(tmp_path, [span("aa", events=[label])])
    assert [(row["status"], row["cause"]) for row in rows] == [("ok", None)]


def test_stated_cause_outside_the_vocabulary_is_not_taken(tmp_path: Path) -> None:
    _, rows = land_lines(tmp_path, [span("aa", None, [*CHAT, text("readback.stated_cause", "bad luck")], **FAILED)])
    assert [row["cause"] for row in rows] == ["provider_outage"]


def test_span_without_a_start_is_told_of(tmp_path: Path) -> None:
    result, rows = land_lines(tmp_path, [span("aa", startTimeUnixNano=None)], [span("bb")])
    assert len(rows) == 1
    assert [(broken.line, broken.reason) for broken in result.broken] == [(1, "a model span has no start time")]


@pytest.mark.parametrize(
    "hostile",
    [
        [None, {}, span("aa")],
        [span("aa", "aa")],
        [span("aa", None, [*CHAT, *CHAT, {"key": None}, {"value": {}}, {"key": "x"}])],
        [span("aa", None, [*CHAT, text("gen_ai.usage.cost", "NaN"), text("gen_ai.usage.input_tokens", "many")])],
        [span("aa", None, [*CHAT, text("llm.invocation_parameters", "{not json")])],
        [span("aa", traceId="A" * 22 + "==", spanId="not hex at all")],
    ],
)
def test_odd_span_costs_nothing_else(tmp_path: Path, hostile: Any) -> None:
    result, rows = land_lines(tmp_path, hostile, [span("bb")])
    assert (len(rows), result.broken) == (2, [])


def test_spans_that_name_each_other_as_parents_end(tmp_path: Path) -> None:
    around = [span("aa", "bb", []), span("bb", "aa", []), span("cc", "aa")]
    assert len(land_lines(tmp_path, around)[1]) == 1
