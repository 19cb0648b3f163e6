"""One call that failed and was answered by another model, in every dialect and encoding of OTLP: the same two rows."""

import base64
import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import zstandard
from source_samples import landed, recognized

from readback.sources import sources

TRACE, PARENT = "1f0c9a6b7d2e4f508192a3b4c5d6e7f8", "0011223344556677"
START = 1_791_194_400_000_000_000
Attributes = dict[str, Any]


def attribute(key: str, value: Any) -> dict[str, Any]:
    """One attribute as OTLP/JSON writes it: integers are texts."""
    if isinstance(value, list):
        return {"key": key, "value": {"arrayValue": {"values": [{"stringValue": word} for word in value]}}}
    kind, told = ("intValue", str(value)) if isinstance(value, int) else ("stringValue", value)
    return {"key": key, "value": {kind: told}}


def span(name: str, after_s: int, attributes: Attributes, **fields: Any) -> dict[str, Any]:
    start = START + after_s * 10**9
    return {
        "traceId": TRACE, "spanId": name * 8, "parentSpanId": PARENT, "name": "chat", "kind": 3,
        "startTimeUnixNano": str(start), "endTimeUnixNano": str(start + 10**9),
        "attributes": [attribute(key, value) for key, value in attributes.items()],
    } | fields  # fmt: skip


def exported(failed: dict[str, Any], answered: dict[str, Any]) -> dict[str, Any]:
    resource = {"attributes": [attribute("service.name", "invoice-coder"), attribute("team", "ap-ops")]}
    return {"resourceSpans": [{"resource": resource, "scopeSpans": [{"scope": {}, "spans": [failed, answered]}]}]}


BROKEN = {"code": 2, "message": "Error code: 429 - slow down"}
EXCEPTION = [{"name": "exception", "attributes": [attribute("exception.type", "openai.RateLimitError")]}]


def latest() -> dict[str, Any]:
    """Names since 1.37, as genai-openai writes them."""
    call = {"gen_ai.operation.name": "chat", "gen_ai.provider.name": "openai"}
    failed = call | {"gen_ai.request.model": "model-a", "error.type": "openai.RateLimitError"}
    told = {
        "gen_ai.request.model": "model-b",
        "gen_ai.response.model": "model-b-2026-05-01",
        "gen_ai.response.id": "c-77",
    }
    usage = {"gen_ai.usage.input_tokens": 412, "gen_ai.usage.output_tokens": 96}
    return exported(span("aa", 0, failed, status=BROKEN), span("bb", 1, call | told | usage, status={}))


def before_1_37() -> dict[str, Any]:
    """Names before 1.27 and 1.37: gen_ai.system, and prompt and completion tokens."""
    call = {"gen_ai.operation.name": "chat", "gen_ai.system": "openai"}
    failed = call | {"gen_ai.request.model": "model-a", "error.type": "RateLimitError"}
    told = {
        "gen_ai.request.model": "model-b",
        "gen_ai.response.model": "model-b-2026-05-01",
        "gen_ai.response.id": "c-77",
    }
    usage = {"gen_ai.usage.prompt_tokens": 412, "gen_ai.usage.completion_tokens": 96}
    return exported(span("aa", 0, failed, status=BROKEN), span("bb", 1, call | told | usage, status={}))


def openllmetry() -> dict[str, Any]:
    """Older OpenLLMetry: no operation name, prompts among the attributes, errors as events."""
    call = {"llm.request.type": "chat", "gen_ai.system": "OpenAI", "gen_ai.prompt.0.content": "Draft the letter"}
    failed = call | {"gen_ai.request.model": "model-a", "error.type": "RateLimitError"}
    told = {
        "gen_ai.request.model": "model-b",
        "gen_ai.response.model": "model-b-2026-05-01",
        "gen_ai.response.id": "c-77",
    }
    usage = {"gen_ai.usage.prompt_tokens": 412, "gen_ai.usage.completion_tokens": 96, "llm.usage.total_tokens": 508}
    return exported(
        span("aa", 0, failed, status=BROKEN, events=EXCEPTION), span("bb", 1, call | told | usage, status={})
    )


def openinference() -> dict[str, Any]:
    """Requested model inside JSON text, no error.type, kind INTERNAL, success told as OK."""
    call = {"openinference.span.kind": "LLM", "llm.system": "openai", "input.value": "Draft the letter"}
    failed = call | {"llm.invocation_parameters": '{"model": "model-a"}'}
    told = {"llm.invocation_parameters": '{"model": "model-b"}', "llm.model_name": "model-b-2026-05-01"}
    usage = {"llm.token_count.prompt": 412, "llm.token_count.completion": 96}
    return exported(
        span("aa", 0, failed, status=BROKEN, kind=1, events=EXCEPTION),
        span("bb", 1, call | told | usage, status={"code": 1}, kind=1),
    )


def each_span(log: dict[str, Any], change: Callable[[dict[str, Any]], dict[str, Any]]) -> dict[str, Any]:
    changed = copy.deepcopy(log)
    scope = changed["resourceSpans"][0]["scopeSpans"][0]
    scope["spans"] = [one | change(one) for one in scope["spans"]]
    return changed


def as_base64(one: dict[str, Any]) -> dict[str, Any]:
    """What a protobuf library's own JSON makes of it: ids in base64, enumerations by name."""
    ids = {key: base64.b64encode(bytes.fromhex(one[key])).decode() for key in ("traceId", "spanId", "parentSpanId")}
    code = "STATUS_CODE_ERROR" if one["status"] else "STATUS_CODE_UNSET"
    return ids | {"kind": "SPAN_KIND_CLIENT", "status": one["status"] | {"code": code}}


def as_upper_case(one: dict[str, Any]) -> dict[str, Any]:
    """The letter case of the specification's own example."""
    return {key: one[key].upper() for key in ("traceId", "spanId", "parentSpanId")}


def as_numbers(one: dict[str, Any]) -> dict[str, Any]:
    """64-bit integers as numbers, which decoders must accept too."""
    whole = [
        a | {"value": {"intValue": int(a["value"]["intValue"])}} if "intValue" in a["value"] else a
        for a in one["attributes"]
    ]
    return {key: int(one[key]) for key in ("startTimeUnixNano", "endTimeUnixNano")} | {"attributes": whole}


def with_unknown(one: dict[str, Any]) -> dict[str, Any]:
    """Fields and kinds of values that a later version adds, and an empty value, which is null."""
    odd = [{"key": "x", "value": {}}, {"key": "y", "value": {"stringValueStrindex": 3}},
           {"key": "z", "value": {"kvlistValue": {"values": [{"key": "k", "value": {"intValue": "1"}}]}}}]  # fmt: skip
    return {"attributes": [*odd, *one["attributes"]], "droppedAttributesCount": 0, "flags": 256, "traceState": ""}


LOGS = {
    "latest names": latest(),
    "old names": before_1_37(),
    "OpenLLMetry": openllmetry(),
    "OpenInference": openinference(),
    "protobuf JSON": each_span(latest(), as_base64),
    "upper case": each_span(latest(), as_upper_case),
    "numbers": each_span(latest(), as_numbers),
    "unknown fields": each_span(latest(), with_unknown),
}


def story(log: dict[str, Any], folder: Path) -> list[dict[str, Any]]:
    file = folder / "spans.jsonl"
    file.write_text(json.dumps(log) + "\n", encoding="utf-8")
    found = recognized(file)
    assert found is not None
    assert found.name == "otlp"
    result, rows = landed(found, file)
    assert (result.lines, result.broken) == (1, [])
    return rows


@pytest.mark.parametrize("dialect", LOGS)
def test_dialect_tells_the_failed_attempt_and_the_answer(dialect: str, tmp_path: Path) -> None:
    failed, answered = story(LOGS[dialect], tmp_path)
    assert {row["request_id"] for row in (failed, answered)} == {f"otlp:{TRACE}/{PARENT}"}
    assert (failed["model_requested"], failed["status"], failed["cause"]) == ("model-a", "error", "provider_throttled")
    assert failed["model_served"] is None
    assert (answered["model_requested"], answered["model_served"]) == ("model-b", "model-b-2026-05-01")
    assert (answered["provider"], answered["input_tokens"], answered["output_tokens"]) == ("openai", 412, 96)
    assert (answered["duration_ms"], answered["team"], answered["service"]) == (1000.0, "ap-ops", "invoice-coder")


@pytest.mark.parametrize("dialect", LOGS)
def test_prompt_among_the_attributes_goes_nowhere(dialect: str, tmp_path: Path) -> None:
    assert "Draft the letter" not in json.dumps(story(LOGS[dialect], tmp_path), default=str)


def test_rotated_and_packed_file_of_the_collector_is_read(tmp_path: Path) -> None:
    """The file exporter writes one export a line, logs and metrics beside traces, packed by zstd where asked."""
    lines = [
        latest(),
        {"resourceLogs": []},
        {"resourceMetrics": []},
        each_span(latest(), lambda one: {"traceId": "ab" * 16}),
    ]
    file = tmp_path / "traces-2026-10-05.jsonl.zst"
    file.write_bytes(zstandard.compress("".join(json.dumps(line) + "\n" for line in lines).encode()))
    result, rows = landed(sources()["otlp"], file)
    assert (result.lines, result.rows, result.ignored_lines, result.broken) == (4, 4, 2, [])
    assert [row["line"] for row in rows] == [1, 1, 4, 4]


def test_trace_that_a_batch_split_over_two_lines_is_one_request(tmp_path: Path) -> None:
    failed, answered = latest()["resourceSpans"][0]["scopeSpans"][0]["spans"]
    file = tmp_path / "spans.jsonl"
    file.write_text("".join(json.dumps(exported(one, one)) + "\n" for one in (answered, failed)), encoding="utf-8")
    assert {row["request_id"] for row in landed(sources()["otlp"], file)[1]} == {f"otlp:{TRACE}/{PARENT}"}


def test_span_of_cloudflares_gateway_is_a_call_with_its_cost(tmp_path: Path) -> None:
    """It writes no operation name, a provider under a name of its own, and the caller's metadata as attributes."""
    told = {
        "gen_ai.request.model": "model-b", "gen_ai.model.provider": "anthropic", "gen_ai.usage.input_tokens": 412,
        "gen_ai.usage.output_tokens": 96, "gen_ai.prompt_json": "Draft the letter", "workflow": "claims",
    }  # fmt: skip
    cost = {"key": "gen_ai.usage.cost", "value": {"doubleValue": 0.0041}}
    one = span("aa", 0, told, status={})
    (row,) = story(
        {"resourceSpans": [{"scopeSpans": [{"spans": [one | {"attributes": [*one["attributes"], cost]}]}]}]}, tmp_path
    )
    assert (row["provider"], row["model_requested"], row["served_model_source"]) == ("anthropic", "model-b", "declared")
    assert (row["status"], row["cost_usd"], row["workflow"]) == ("ok", 0.0041, "claims")
    assert "Draft the letter" not in json.dumps(row, default=str)
