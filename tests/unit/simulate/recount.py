"""A second, naive reading of the written logs: plain Python over raw lines, sharing nothing with the simulator."""

import gzip
import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import zstandard

Json = dict[str, Any]

LITELLM_CAUSES = {
    "503_PROVIDER_OVERLOADED": "provider_outage",
    "429_RATE_LIMIT_EXCEEDED": "provider_throttled",
    "408_UPSTREAM_TIMEOUT": "latency_breach",
    "403_PERMISSION_DENIED": "admin_disabled",
    "429_BUDGET_EXCEEDED": "cost_ceiling",
    "400_CONTEXT_WINDOW_EXCEEDED": "context_window",
    "400_CONTENT_POLICY_VIOLATION": "content_policy",
    "400_INVALID_REQUEST": "unknown",
}
OTLP_CAUSES = {
    "openai.InternalServerError": "provider_outage",
    "openai.RateLimitError": "provider_throttled",
    "openai.APITimeoutError": "latency_breach",
    "openai.BadRequestError": "unknown",
}
BEDROCK_CAUSES = {
    "ServiceUnavailableException": "provider_outage",
    "ThrottlingException": "provider_throttled",
    "ModelTimeoutException": "latency_breach",
    "ValidationException": "unknown",
}


@dataclass(frozen=True)
class Seen:
    """One request as the logs show it; `cause` of a cooldown is not in its own records (None)."""

    request_id: str
    workflow: str
    run_id: str
    started_at: float
    fate: str
    detection: str | None
    cause: str | None
    served: str | None
    is_guarded: bool


def text_lines(path: Path) -> list[str]:
    """Return the lines of a plain, gzip or zstd file."""
    raw = path.read_bytes()
    if path.suffix == ".gz":
        raw = gzip.decompress(raw)
    if path.suffix == ".zst":
        raw = zstandard.ZstdDecompressor().stream_reader(raw).read()
    return raw.decode().splitlines()


def records(folder: Path) -> list[Json]:
    """Return the JSON records of all files of a folder, in the order of their names."""
    return [json.loads(line) for path in sorted(folder.iterdir()) for line in text_lines(path)]


def requests(root: Path) -> list[Seen]:
    """Return every request of a project, oldest first."""
    found = [*_litellm(root), *_otlp(root), *_bedrock(root)]
    return sorted(found, key=lambda seen: seen.started_at)


def _litellm(root: Path) -> Iterator[Seen]:
    calls: dict[str, dict[str, Json]] = defaultdict(dict)
    for record in records(root / "logs" / "litellm"):
        assert record["status"] not in calls[record["litellm_call_id"]], "one success, one failure"
        calls[record["litellm_call_id"]][record["status"]] = record
    for call_id, pair in calls.items():
        yield _call(call_id, pair.get("failure"), pair.get("success"))


def _call(call_id: str, failure: Json | None, success: Json | None) -> Seen:
    record = failure or success
    assert record is not None
    fate, detection = "preferred", None
    if success is None:
        fate = "failed"
    elif success["cache_hit"]:
        fate = "cache_hit"
    elif failure and failure["model_group"] != success["model_group"]:
        fate, detection = "fallback", "attempt_chain" if failure["model_id"] else "preemptive"
    elif failure:
        fate = "retry"
    return Seen(
        request_id=f"litellm:{call_id}",
        workflow=next(tag[9:] for tag in record["request_tags"] if tag.startswith("workflow:")),
        run_id=record["metadata"]["spend_logs_metadata"]["task"],
        started_at=record["startTime"],
        fate=fate,
        detection=detection,
        cause=LITELLM_CAUSES.get(failure["error_information"]["normalized_error"]) if failure else None,
        served=success["model"] if success else None,
        is_guarded=record["metadata"]["applied_guardrails"] == ["pii"],
    )


def spans(root: Path) -> Iterator[Json]:
    """Return all spans with their attributes as a plain dict."""
    for line in records(root / "logs" / "otlp"):
        for scope in line["resourceSpans"][0]["scopeSpans"]:
            for span in scope["spans"]:
                values = {a["key"]: next(iter(a["value"].values())) for a in span["attributes"]}
                yield span | {"attributes": values}


def _otlp(root: Path) -> Iterator[Seen]:
    traces: dict[str, list[Json]] = defaultdict(list)
    for span in spans(root):
        traces[span["traceId"]].append(span)
    for trace_id, members in traces.items():
        (parent,) = [span for span in members if "parentSpanId" not in span]
        calls = [span for span in members if span.get("parentSpanId") == parent["spanId"]]
        yield _trace(trace_id, parent, sorted(calls, key=lambda span: int(span["startTimeUnixNano"])))


def _trace(trace_id: str, parent: Json, calls: list[Json]) -> Seen:
    first, last = calls[0], calls[-1]
    asked, answered = last["attributes"]["gen_ai.request.model"], None
    if last["status"] == {}:
        answered = last["attributes"]["gen_ai.response.model"].removesuffix("-2025-04-14")
    fate, detection, cause = "preferred", None, None
    if answered is None:
        fate, cause = "failed", OTLP_CAUSES[first["attributes"]["error.type"]]
    elif len(calls) > 1:
        cause = OTLP_CAUSES.get(first["attributes"].get("error.type", ""), "low_confidence")
        fate, detection = "fallback", "attempt_chain"
    elif answered != asked:
        fate, detection, cause = "fallback", "provider_declared", "unknown"
    return Seen(
        request_id=f"otlp:{trace_id}",
        workflow=parent["attributes"]["gen_ai.workflow.name"],
        run_id=parent["attributes"]["readback.run.id"],
        started_at=int(first["startTimeUnixNano"]) / 1e9,
        fate=fate,
        detection=detection,
        cause=cause,
        served=answered,
        is_guarded=False,
    )


def _bedrock(root: Path) -> Iterator[Seen]:
    calls: dict[str, list[Json]] = defaultdict(list)
    for record in records(root / "logs" / "bedrock"):
        calls[record["requestMetadata"]["gateway_request_id"]].append(record)
    for key, attempts in calls.items():
        first, last = attempts[0], attempts[-1]
        fate = "failed" if "errorCode" in last else "preferred"
        if fate == "preferred" and len(attempts) > 1:
            fate = "retry" if first["modelId"] == last["modelId"] else "fallback"
        yield Seen(
            request_id=f"bedrock:{key}",
            workflow=first["requestMetadata"]["workflow"],
            run_id=first["requestMetadata"]["task"],
            started_at=datetime.fromisoformat(first["timestamp"]).timestamp(),
            fate=fate,
            detection="attempt_chain" if fate == "fallback" else None,
            cause=BEDROCK_CAUSES[first["errorCode"]] if "errorCode" in first else None,
            served=None if fate == "failed" else last["modelId"],
            is_guarded=False,
        )
