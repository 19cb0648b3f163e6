"""SpendLogs rows that LiteLLM 1.80.0 wrote against what the client saw, request by request.

They have no call id, but requests were sent one after the other: a row belongs to the request during which it began.
"""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from small_logs import open_ledger

REAL = Path(__file__).parents[3] / "shared" / "real" / "litellm-1.80"
TWO_ROWS = "responses_endpoint_fallback"
"""1.80 writes a second row, of the chat call behind that endpoint, and the wrong deployment into both."""
MID_STREAM = "stream_midstream_error"
"""The substitute took over when the headers were sent: they name the deployment that broke off."""

LOADED_AT = datetime(2026, 11, 25, tzinfo=UTC)

Row = dict[str, Any]

pytestmark = pytest.mark.skipif(not REAL.is_dir(), reason="the real captures lie beside the checkout")


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> list[tuple[Row, list[Row]]]:
    """What the client saw of each request, and the requests that began meanwhile."""
    with open_ledger(tmp_path_factory.mktemp("spend")) as books:
        (entry,) = books.load(REAL / "spend_logs.ndjson", loaded_at=LOADED_AT)
        assert (entry.rows, entry.quarantined_lines) == (60, 0)
        books.build()
        relation = books.con.sql("select * from requests")
        rows = [dict(zip(relation.columns, row, strict=True)) for row in relation.fetchall()]
    truth = [json.loads(line) for line in (REAL / "client_truth.ndjson").read_text("utf-8").splitlines()]
    return [
        (seen, [row for row in rows if seen["sent_at"] <= row["started_at"].timestamp() <= seen["received_at"]])
        for seen in truth
    ]


def test_every_client_request_has_one_row(pairs: list[tuple[Row, list[Row]]]) -> None:
    assert {seen["scenario"] for seen, rows in pairs if len(rows) != 1} == {TWO_ROWS}
    assert sum(len(rows) for _, rows in pairs) == 60


def test_answers_name_the_deployment_that_answered(pairs: list[tuple[Row, list[Row]]]) -> None:
    for seen, rows in pairs:
        if seen["http_status"] == 200 and seen["served_deployment"] and seen["scenario"] not in (TWO_ROWS, MID_STREAM):
            assert [row["deployment"] for row in rows] == [seen["served_deployment"]], seen


def test_nobody_answered_exactly_where_the_client_got_no_answer(pairs: list[tuple[Row, list[Row]]]) -> None:
    for seen, rows in pairs:
        assert [row["served_by"] == "nobody" for row in rows] == [seen["http_status"] != 200] * len(rows), seen


def test_failures_name_the_group_that_was_asked_for(pairs: list[tuple[Row, list[Row]]]) -> None:
    failed = [(seen["requested_group"], rows[0]["route"]) for seen, rows in pairs if seen["http_status"] != 200]
    assert len(failed) == 14
    assert all(asked == route for asked, route in failed)


def test_fallback_is_neither_claimed_nor_denied(pairs: list[tuple[Row, list[Row]]]) -> None:
    assert {row["is_fallback"] for _, rows in pairs for row in rows} == {None}
    assert all(row["not_derivable_reason"] for _, rows in pairs for row in rows)


@pytest.mark.parametrize(
    ("scenario", "cause"),
    [
        ("all_fail", "provider_outage"),
        ("policy_fallback", "content_policy"),
        ("solo_fail_429", "provider_throttled"),
        ("solo_fail_402", "cost_ceiling"),
        ("solo_fail_403", "admin_disabled"),
        ("solo_fail_ctx", "context_window"),
        ("solo_fail_quota", "cost_ceiling"),
        ("key_rpm_limit", "gateway_limit"),
    ],
)
def test_cause_is_the_provoked_one(pairs: list[tuple[Row, list[Row]]], scenario: str, cause: str) -> None:
    causes = [r["first_cause"] for seen, rows in pairs for r in rows if seen["scenario"] == scenario]
    assert [told for told in causes if told is not None] == [cause]


def test_cache_hit_is_told(pairs: list[tuple[Row, list[Row]]]) -> None:
    hits = [row["is_cache_hit"] for seen, rows in pairs for row in rows if seen["scenario"] == "cache"]
    assert hits == [None, True]


def test_beside_the_payload_log_it_changes_no_request(tmp_path_factory: pytest.TempPathFactory) -> None:
    """All 59 calls stand in both logs; a failed one by its trace in the one and by its own id in the other."""
    payloads, spent = REAL / "standard_logging.ndjson", REAL / "spend_logs.ndjson"
    alone, beside = (_requests(tmp_path_factory.mktemp("both"), *files) for files in ([payloads], [spent, payloads]))
    assert [row | {"other_sources": None} for row in beside] == alone
    assert sum(row["other_sources"] == ["litellm_spend"] for row in beside) >= 59


def _requests(root: Path, *files: Path) -> list[Row]:
    with open_ledger(root) as books:
        books.load(*files, loaded_at=LOADED_AT)
        books.build()
        relation = books.con.sql("select * from requests order by request_id")
        return [dict(zip(relation.columns, row, strict=True)) for row in relation.fetchall()]
