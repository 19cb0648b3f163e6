"""Requests of a real Portkey capture against what the client saw; and the keys that stand in it never land.

The stream has no id that the client saw, but requests were sent one after the other: a record belongs to the request
during which its first target was tried.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from small_logs import open_ledger

REAL = Path(__file__).parents[3] / "shared" / "real" / "portkey"
LOADED_AT = datetime(2026, 11, 25, tzinfo=UTC)
CANARY = "sk-canary-4f1d9b7e2a6c"
RESCUED = {
    "fallback_429", "fallback_500", "fallback_503", "fallback_401", "fallback_404", "fallback_ctx", "fallback_policy",
    "fallback_two_hops", "fallback_codes_match", "retry_then_fallback", "nested", "timeout", "drop",
}  # fmt: skip
"""The scenarios in which another target answered after a failed one."""

Row = dict[str, Any]

needs_capture = pytest.mark.skipif(not REAL.is_dir(), reason="the real captures lie beside the checkout")


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Row, Row]]:
    """What the client saw of each request that reached a provider, and what we say of it."""
    with open_ledger(tmp_path_factory.mktemp("portkey")) as books:
        (entry,) = books.load(REAL / "gateway_log.ndjson", loaded_at=LOADED_AT)
        assert (entry.rows, entry.quarantined_lines) == (44, 0)
        books.build()
        relation = books.con.sql("select * from requests")
        rows = [dict(zip(relation.columns, row, strict=True)) for row in relation.fetchall()]
    truth = [json.loads(line) for line in (REAL / "client_truth.ndjson").read_text("utf-8").splitlines()]
    assert len(rows) == len(truth) - 1
    return [
        (seen, row)
        for seen in truth
        for row in rows
        if seen["t_send"] <= row["started_at"].timestamp() * 1000 <= seen["t_recv"]
    ]


def answered(pairs: list[tuple[Row, Row]]) -> Iterator[tuple[Row, Row]]:
    return ((seen, row) for seen, row in pairs if seen["http_status"] == 200)


@needs_capture
def test_every_record_is_the_request_of_one_client(pairs: list[tuple[Row, Row]]) -> None:
    assert len(pairs) == 28
    assert len({seen["n"] for seen, _ in pairs}) == 28


@needs_capture
def test_all_fallbacks_are_found_and_none_is_false(pairs: list[tuple[Row, Row]]) -> None:
    assert {seen["scen"] for seen, row in pairs if row["is_fallback"]} == {*RESCUED, "all_fail"}
    assert all((row["is_fallback"] is True) == (seen["scen"] in RESCUED) for seen, row in answered(pairs))


@needs_capture
def test_model_that_answered_is_the_one_that_the_client_was_told(pairs: list[tuple[Row, Row]]) -> None:
    for seen, row in answered(pairs):
        assert row["served_model"] == json.loads(seen["body"])["model"], seen["scen"]


@needs_capture
def test_nobody_answered_exactly_where_the_client_got_an_error(pairs: list[tuple[Row, Row]]) -> None:
    assert all((row["served_by"] == "nobody") == (seen["http_status"] != 200) for seen, row in pairs)


@needs_capture
def test_load_balancing_is_no_fallback(pairs: list[tuple[Row, Row]]) -> None:
    told = [(row["served_model"], row["is_fallback"]) for seen, row in pairs if seen["scen"] == "loadbalance"]
    assert sorted(told) == [("gpt-4o", False), ("gpt-4o", False), ("gpt-4o-mini", False), ("gpt-4o-mini", False)]


@needs_capture
@pytest.mark.parametrize(
    ("scenario", "cause"),
    [
        ("fallback_429", "provider_throttled"),
        ("fallback_500", "provider_outage"),
        ("fallback_503", "provider_outage"),
        ("fallback_401", "auth"),
        ("fallback_404", "unknown"),
        ("fallback_ctx", "context_window"),
        ("fallback_policy", "content_policy"),
        ("timeout", "latency_breach"),
        ("drop", "provider_outage"),
        ("retry_exhausted", "provider_outage"),
    ],
)
def test_cause_is_the_provoked_one(pairs: list[tuple[Row, Row]], scenario: str, cause: str) -> None:
    assert {row["first_cause"] for seen, row in pairs if seen["scen"] == scenario} == {cause}


@needs_capture
def test_hops_are_counted(pairs: list[tuple[Row, Row]]) -> None:
    counts = {seen["scen"]: (row["attempt_count"], row["fallback_count"]) for seen, row in pairs}
    assert counts["fallback_two_hops"] == (3, 2)
    assert counts["fallback_429"] == (2, 1)
    assert counts["plain"] == (1, 0)


@needs_capture
def test_wait_before_the_answer_is_told(pairs: list[tuple[Row, Row]]) -> None:
    waits = [row["added_latency_ms"] for seen, row in pairs if seen["scen"] in ("timeout", "retry_then_fallback")]
    assert waits == pytest.approx([3026.0, 805.0], abs=0.01)


def poisoned() -> bytes:
    """A record with a key wherever 1.15.2 writes one, and where a provider may echo it."""
    target = {
        "hookSpanId": "4c0ffee0-0000-4000-8000-000000000000",
        "createdAt": "2026-10-05T09:00:00.000Z",
        "executionTime": 5,
        "providerOptions": {
            "provider": "openai",
            "apiKey": CANARY,
            "awsSecretAccessKey": CANARY,
            "customHeaders": {"x-api-key": CANARY},
            "requestURL": f"https://api.example/v1?key={CANARY}",
            "overrideParams": {"model": "gpt-4o", "user": CANARY},
        },
        "finalUntransformedRequest": {"body": {"model": "gpt-4o", "messages": [{"content": CANARY}]}},
        "transformedRequest": {"body": {"model": "gpt-4o"}, "headers": {"authorization": f"Bearer {CANARY}"}},
        "requestParams": {"api_key": CANARY},
        "originalResponse": {
            "body": {"error": {"code": "invalid_api_key", "type": CANARY, "message": f"Incorrect API key: {CANARY}"}}
        },
        "response": {"echo": CANARY},
    }
    record = {"method": "POST", "status": 401, "duration": 7, "requestOptions": [target]}
    return json.dumps(record).encode()


def test_keys_land_nowhere(tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    with open_ledger(tmp_path) as books:
        entry = books.load_bytes(poisoned() + b"\n" + poisoned()[:-40] + b"\n")
        assert (entry.rows, entry.quarantined_lines) == (1, 1)
        books.build()
        tables = books.con.sql("select table_schema || '.' || table_name from information_schema.tables").fetchall()
        stored = [repr(books.rows(f"select * from {table}")) for (table,) in tables]
        assert any("invalid_api_key" in rows for rows in stored)
        assert not any(CANARY in rows for rows in stored)
    written = [file for file in tmp_path.rglob("*") if file.is_file() and file != log]
    assert written
    assert not any(CANARY.encode() in file.read_bytes() for file in written)
