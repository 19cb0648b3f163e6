"""Requests that the samples of hosted gateways and trace stores give: who was preferred, who answered, and why."""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from small_logs import open_ledger
from source_samples import landed, sample_files

from readback.sources import sources

Row = dict[str, Any]
Told = tuple[bool | None, str | None, str | None, str | None, str | None]

SONNET, GPT = "claude-sonnet-4-5", "gpt-4o"
CHAIN = "attempt_chain"


@cache
def requests(source: str) -> dict[str, Row]:
    """The requests of a connector's samples, by the id that the log gives them."""
    with TemporaryDirectory() as root, open_ledger(Path(root)) as books:
        books.load(*sample_files(source))
        books.build()
        relation = books.con.sql("select * from requests")
        rows = [dict(zip(relation.columns, row, strict=True)) for row in relation.fetchall()]
    return {row["request_id"].removeprefix(f"{source}:"): row for row in rows}


def told(source: str, request: str) -> Told:
    """is_fallback, preferred model, served model, first cause, detection."""
    row = requests(source)[request]
    return row["is_fallback"], row["preferred_model"], row["served_model"], row["first_cause"], row["detection"]


def check(source: str, expected: dict[str, Told]) -> None:
    """Exactly these requests, each as told."""
    assert {request: told(source, request) for request in requests(source)} == expected


def test_openrouter() -> None:
    found: dict[int, Told] = {
        1: (False, SONNET, SONNET, None, None),
        2: (False, SONNET, SONNET, "provider_outage", None),
        3: (True, SONNET, GPT, "provider_throttled", CHAIN),
        4: (True, SONNET, GPT, "provider_outage", CHAIN),
        5: (True, SONNET, None, "provider_outage", CHAIN),
        6: (True, SONNET, GPT, "latency_breach", CHAIN),
        7: (True, SONNET, GPT, "cost_ceiling", CHAIN),
        8: (False, GPT, GPT, "content_policy", None),
        9: (None, None, SONNET, None, None),
        10: (False, SONNET, SONNET, None, None),
        11: (True, SONNET, GPT, "provider_throttled", CHAIN),
        12: (None, None, SONNET, "provider_outage", None),
        13: (False, SONNET, SONNET, None, None),
        14: (True, SONNET, "gemini-2.5-pro", "context_window", CHAIN),
    }
    check("openrouter", {f"gen-1791190000-{number:04d}": row for number, row in found.items()})


def test_openrouter_counts_another_host_of_one_model_as_a_retry() -> None:
    row = requests("openrouter")["gen-1791190000-0004"]
    assert (row["attempt_count"], row["retry_count"], row["fallback_count"]) == (3, 1, 1)
    assert (row["added_latency_ms"], row["cost_usd"]) == (450.0, 0.0025)


def test_databricks_ai_gateway() -> None:
    sonnet, gpt = "claude-sonnet-4-5", "gpt-5.1"
    found: dict[int, Told] = {
        1: (False, sonnet, sonnet, None, None),
        2: (False, sonnet, sonnet, None, None),
        3: (True, sonnet, gpt, "provider_throttled", CHAIN),
        4: (True, sonnet, "llama-4-maverick", "provider_outage", CHAIN),
        5: (True, sonnet, None, "provider_outage", CHAIN),
        6: (False, sonnet, sonnet, "provider_outage", None),
        7: (None, sonnet, sonnet, None, None),
        8: (None, sonnet, None, "provider_throttled", None),
        9: (False, sonnet, None, "auth", None),
        10: (False, sonnet, None, "unknown", None),
        11: (None, sonnet, sonnet, None, None),
        12: (True, sonnet, gpt, "latency_breach", CHAIN),
        13: (False, SONNET, SONNET, None, None),
        15: (False, sonnet, sonnet, None, None),
    }
    check("databricks_ai_gateway", {f"i-{number:04d}": row for number, row in found.items()})


def test_databricks_reads_maps_of_every_export() -> None:
    labels = {
        (row["workflow"], row["team"])
        for row in requests("databricks_ai_gateway").values()
        if row["workflow"] != "main.ai.invoice_coder"
    }
    assert labels == {("invoice-coder", "ap-ops")}


def test_cloudflare_ai_gateway() -> None:
    def log(number: int) -> str:
        return f"01KDEMO{number:019d}"

    check(
        "cloudflare_ai_gateway",
        {
            log(1): (False, SONNET, SONNET, None, None),
            log(2): (False, SONNET, SONNET, None, None),
            "cr-3": (True, SONNET, GPT, "provider_outage", CHAIN),
            "cr-4": (True, SONNET, None, "provider_outage", CHAIN),
            log(7): (None, SONNET, None, "provider_outage", None),
            log(8): (True, None, GPT, None, "explicit"),
            log(9): (None, SONNET, None, "provider_throttled", None),
            log(10): (None, SONNET, None, "content_policy", None),
            log(11): (None, SONNET, None, "auth", None),
            log(12): (True, None, None, None, "explicit"),
            "cr-13": (False, SONNET, SONNET, "latency_breach", None),
            log(15): (None, SONNET, SONNET, None, None),
            log(16): (False, SONNET, SONNET, None, None),
        },
    )


def test_cloudflare_logpush_joins_only_what_was_decrypted() -> None:
    found = requests("cloudflare_logpush")
    assert told("cloudflare_logpush", "cf-77") == (True, "gpt-4.1", SONNET, "provider_outage", CHAIN)
    assert {row["is_fallback"] for request, row in found.items() if request != "cf-77"} == {None}
    assert {row["workflow"] for request, row in found.items() if row["route"] is None and request != "cf-77"} == {None}


def test_cloudflare_logpush_reads_times_of_every_form_and_tells_its_own_limit() -> None:
    rows = {
        row["line"]: row for row in landed(sources()["cloudflare_logpush"], sample_files("cloudflare_logpush")[0])[1]
    }
    assert [f"{rows[line]['started_at']:%H:%M}" for line in (8, 9, 10)] == ["09:23", "09:24", "09:25"]
    assert (rows[5]["cause"], rows[6]["cause"]) == ("provider_throttled", "gateway_limit")
    assert 14 not in rows


def test_langfuse() -> None:
    trace = "1f0c9a6b7d2e4f508192a3b4c5d6e7"
    found: dict[str, Told] = {
        "01/obs-001": (False, SONNET, SONNET, None, None),
        "01/obs-001#2": (False, GPT, GPT, None, None),
        "02/root-2": (True, SONNET, GPT, "provider_throttled", CHAIN),
        "03/root-3": (False, SONNET, SONNET, "provider_outage", None),
        "04/root-4": (True, SONNET, None, "provider_outage", CHAIN),
        "05/root-5": (True, SONNET, GPT, "admin_disabled", CHAIN),
        "06/root-6": (True, GPT, SONNET, "cost_ceiling", CHAIN),
        "07/root-7": (False, GPT, None, "context_window", None),
        "08/obs-015": (False, SONNET, SONNET, None, None),
        "09/obs-016": (False, SONNET, SONNET, None, None),
        "11/root-11": (True, SONNET, GPT, "provider_outage", CHAIN),
        "12/obs-103": (False, "text-embedding-3-large", "text-embedding-3-large", None, None),
    }
    check("langfuse", {trace + name: row for name, row in found.items()})


def test_langsmith() -> None:
    def run(number: int) -> str:
        return f"7d0c0000-0000-4000-8000-{number:012d}"

    found: dict[tuple[int, int], Told] = {
        (100, 101): (False, SONNET, SONNET, None, None),
        (200, 201): (True, SONNET, GPT, "provider_throttled", CHAIN),
        (300, 301): (False, SONNET, SONNET, "provider_outage", None),
        (400, 401): (True, SONNET, None, "provider_outage", CHAIN),
        (500, 501): (True, SONNET, GPT, "admin_disabled", CHAIN),
        (600, 601): (False, GPT, None, "content_policy", None),
        (700, 701): (True, GPT, "gemini-2.5-pro", "context_window", CHAIN),
        (900, 916): (False, SONNET, None, None, None),
        (1000, 1017): (False, GPT, GPT, None, None),
    }
    check("langsmith", {f"{run(trace)}/{run(parent)}": row for (trace, parent), row in found.items()})


def test_langsmith_keeps_no_line_of_a_traceback() -> None:
    (file,) = sample_files("langsmith")
    messages = [row["error_message"] or "" for row in landed(sources()["langsmith"], file)[1]]
    assert any("RateLimitError" in message for message in messages)
    assert not any("app.py" in message for message in messages)


def test_vercel_ai_gateway() -> None:
    mini = "gpt-5-mini"
    found: dict[int, Told] = {
        1: (False, SONNET, SONNET, None, None),
        2: (False, SONNET, SONNET, "provider_outage", None),
        3: (True, SONNET, mini, "provider_throttled", CHAIN),
        4: (True, SONNET, mini, "provider_outage", CHAIN),
        5: (True, SONNET, None, "provider_outage", CHAIN),
        6: (True, SONNET, mini, "low_confidence", CHAIN),
        7: (True, SONNET, mini, "low_confidence", CHAIN),
        8: (False, SONNET, None, "admin_disabled", None),
        9: (True, SONNET, mini, "latency_breach", CHAIN),
        10: (None, SONNET, SONNET, None, None),
        11: (False, SONNET, SONNET, "provider_outage", None),
    }
    check("vercel_ai_gateway", {f"gen_demo{number:02d}": row for number, row in found.items()})


def test_vercel_states_low_confidence_itself() -> None:
    row = requests("vercel_ai_gateway")["gen_demo06"]
    assert (row["first_cause_basis"], row["cost_usd"]) == ("explicit_reason", pytest.approx(0.00215))


def test_azure_apim_never_tells_whether_there_was_a_fallback() -> None:
    assert {row["is_fallback"] for row in requests("azure_apim").values()} == {None}
    assert [row["first_cause"] for row in requests("azure_apim").values() if row["first_cause"]] == [
        "provider_throttled", "gateway_limit", "cost_ceiling", "provider_outage", "latency_breach", "provider_outage",
        "content_policy", "auth",
    ]  # fmt: skip


def test_azure_apim_counts_a_message_in_parts_once() -> None:
    calls = [row for row in requests("azure_apim").values() if row["request_id"].endswith(("51", "52"))]
    assert [(row["attempt_count"], row["input_tokens"]) for row in calls] == [(1, 402), (1, 402)]


def test_mlflow_gateway() -> None:
    found: dict[int, Told] = {
        1: (False, SONNET, SONNET, None, None),
        2: (True, SONNET, GPT, "provider_throttled", CHAIN),
        3: (False, SONNET, SONNET, "provider_outage", None),
        4: (True, SONNET, None, "provider_outage", CHAIN),
        5: (True, SONNET, "gemini-2.5-pro", "latency_breach", CHAIN),
        6: (True, GPT, SONNET, "auth", CHAIN),
        7: (True, GPT, SONNET, "cost_ceiling", CHAIN),
        8: (True, GPT, SONNET, "context_window", CHAIN),
        9: (False, GPT, None, "content_policy", None),
        10: (False, SONNET, SONNET, None, None),
        11: (False, SONNET, SONNET, None, None),
    }
    spans = {number: f"tr-{number:032x}/{number:08x}{number == 11:08x}" for number in found}
    check("mlflow_gateway", {spans[number]: row for number, row in found.items()})


def test_datadog_llm() -> None:
    embedding = "text-embedding-3-large"
    found: dict[tuple[int, str], Told] = {
        (1, "9001"): (False, SONNET, SONNET, None, None),
        (2, "9002"): (True, SONNET, GPT, "provider_throttled", CHAIN),
        (3, "9003"): (False, SONNET, SONNET, "provider_outage", None),
        (4, "9004"): (True, SONNET, None, "provider_outage", CHAIN),
        (5, "9005"): (True, SONNET, GPT, "unknown", CHAIN),
        (6, "5000000000000000011"): (False, SONNET, SONNET, None, None),
        (7, "9007"): (False, embedding, embedding, None, None),
        (9, "9009"): (False, SONNET, None, "auth", None),
        (11, "9011"): (False, GPT, GPT, None, None),
        (11, "9011#2"): (False, SONNET, SONNET, None, None),
    }
    check("datadog_llm", {f"69a0{trace:028x}/{parent}": row for (trace, parent), row in found.items()})


def test_datadog_start_in_milliseconds_is_the_same_time() -> None:
    rows = requests("datadog_llm")
    row = rows[f"69a0{6:028x}/5000000000000000011"]
    assert (row["started_at"].isoformat(), row["duration_ms"]) == ("2026-10-05T08:52:40+00:00", 900.0)


def test_dynatrace_genai() -> None:
    found: dict[int, Told] = {
        1: (False, SONNET, SONNET, None, None),
        2: (True, SONNET, GPT, "provider_throttled", CHAIN),
        3: (False, SONNET, SONNET, "provider_outage", None),
        4: (True, SONNET, None, "provider_outage", CHAIN),
        5: (True, SONNET, "gemini-2.5-pro", "context_window", CHAIN),
        7: (True, SONNET, GPT, "admin_disabled", CHAIN),
        8: (False, SONNET, SONNET, None, None),
    }
    calls = {f"4bf92f3577b34da6a3ce929d0e0e{n:04d}/1111aaaa2222{n:04d}": row for n, row in found.items()}
    check("dynatrace_genai", calls | {f"4bf92f3577b34da6a3ce929d0e0e{6:04d}/00f067aa00000010": found[1]})


def test_dynatrace_sampled_span_weighs_what_it_stands_for() -> None:
    weights = [row["weight"] for row in requests("dynatrace_genai").values()]
    assert sorted(weights)[-2:] == [1.0, 12.0]


HOSTED = (
    "openrouter", "databricks_ai_gateway", "cloudflare_ai_gateway", "langfuse", "langsmith", "vercel_ai_gateway",
    "azure_apim", "mlflow_gateway", "datadog_llm", "dynatrace_genai",
)  # fmt: skip


@pytest.mark.parametrize("source", HOSTED)
def test_rows_depend_on_no_other_line(source: str, tmp_path: Path) -> None:
    """Shuffling lines, and splitting a file in two, changes nothing."""
    file = next(file for file in sample_files(source) if file.suffix == ".jsonl")
    lines = file.read_bytes().splitlines(keepends=True)
    parts = [lines[::-2], lines[-2::-2]]
    for number, part in enumerate(parts):
        (tmp_path / f"{number}.jsonl").write_bytes(b"".join(part))
    halves = [rows_of(source, tmp_path / f"{number}.jsonl") for number in range(2)]
    assert sorted(halves[0] + halves[1]) == sorted(rows_of(source, file))


def rows_of(source: str, file: Path) -> list[str]:
    rows = landed(sources()[source], file)[1]
    return [json.dumps({name: value for name, value in row.items() if name != "line"}, default=str) for row in rows]


HOSTILE: tuple[Any, ...] = (
    1e300, -1, 9223372036854775807, "NaN", "Infinity", "", True, None, [], {}, [[]], [{"key": None, "value": 1}],
    '[{"key": "a", "value": 1}, {"key": "a", "value": 2}]', "9999-12-31T23:59:59Z", "' or 1=1 --",
)  # fmt: skip


@pytest.mark.parametrize("source", HOSTED)
def test_hostile_value_costs_its_own_line_only(source: str, tmp_path: Path) -> None:
    """Every value of one record is replaced by each of the hostile ones; the records around it stay as they are."""
    file = next(file for file in sample_files(source) if file.suffix == ".jsonl")
    _, first, _, broken, last, *_ = file.read_text("utf-8").splitlines()
    changed = [json.dumps(record) for record in spoiled(json.loads(broken))]
    (tmp_path / "hostile.jsonl").write_text("\n".join([first, *changed, last]) + "\n", encoding="utf-8")
    (tmp_path / "sound.jsonl").write_text(f"{first}\n{last}\n", encoding="utf-8")
    assert set(rows_of(source, tmp_path / "hostile.jsonl")) >= set(rows_of(source, tmp_path / "sound.jsonl"))


def spoiled(value: Any) -> Iterator[Any]:
    """The value with one of its parts replaced, for every part and every hostile value."""
    keys = value.keys() if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        for part in (*HOSTILE, *spoiled(value[key])):
            copy = value.copy()
            copy[key] = part
            yield copy
