"""Requests and fallback events of real LiteLLM captures against what the client saw, request by request.

The captures lie in `../shared/real`, which CI lays beside the checkout. 1.106.2 has call ids; 1.80.0 has none, but its
requests were sent one after the other, so each record belongs to the request during which it began.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import yaml
from small_logs import open_ledger

from readback.policy.naming import canonical_names

REAL = Path(__file__).parents[3] / "shared" / "real"
LOADED_AT = datetime(2026, 11, 25, tzinfo=UTC)
TWO_HOPS = "fallback_two_hops"
RETRIED = "solo_retry_success"
INSIDE_ONE_GROUP = "order_fallback"
RESPONSES = "responses_endpoint_fallback"
"""1.80 writes another deployment's model into the answers of that endpoint."""

Row = dict[str, Any]

pytestmark = pytest.mark.skipif(not REAL.is_dir(), reason="the real captures lie beside the checkout")


def truth(folder: str) -> list[Row]:
    return [json.loads(line) for line in (REAL / folder / "client_truth.ndjson").read_text("utf-8").splitlines()]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[list[Row], list[str]]]:
    """By capture: its requests, and the requests of its fallback events."""
    return {folder: build(folder, tmp_path_factory.mktemp(folder)) for folder in ("litellm", "litellm-1.80")}


def build(folder: str, root: Path) -> tuple[list[Row], list[str]]:
    with open_ledger(root) as books:
        (entry,) = books.load(REAL / folder / "standard_logging.ndjson", loaded_at=LOADED_AT)
        assert (entry.rows, entry.quarantined_lines) == (entry.lines, 0)
        books.build()
        relation = books.con.sql("select * from requests order by started_at")
        requests = [dict(zip(relation.columns, row, strict=True)) for row in relation.fetchall()]
        events = [request_id for (request_id,) in books.rows("select request_id from fallback_events")]
    return requests, events


@pytest.fixture
def pairs(built: dict[str, tuple[list[Row], list[str]]]) -> list[tuple[Row, Row]]:
    """What the client saw of each request to 1.106.2, and what we say of it."""
    requests = {row["request_id"]: row for row in built["litellm"][0]}
    return [(seen, requests.pop(f"litellm:{seen['call_id']}")) for seen in truth("litellm")]


@pytest.fixture
def old_pairs(built: dict[str, tuple[list[Row], list[str]]]) -> list[tuple[Row, list[Row]]]:
    """What the client saw of each request to 1.80.0, and what we say of every call that began meanwhile."""
    requests = built["litellm-1.80"][0]
    found = [
        (seen, [row for row in requests if seen["sent_at"] <= row["started_at"].timestamp() <= seen["received_at"]])
        for seen in truth("litellm-1.80")
    ]
    assert sum(len(rows) for _, rows in found) == len(requests)
    return found


def served_model(deployment: str | None) -> str | None:
    """The canonical name of the model that a deployment of the proxy's configuration runs."""
    config = yaml.safe_load((REAL / "litellm" / "proxy_config.yaml").read_text("utf-8"))
    models = {entry["model_info"]["id"]: entry["litellm_params"]["model"] for entry in config["model_list"]}
    if deployment is None:
        return None
    return canonical_names([models[deployment]], ())[models[deployment]]


def fell_back(seen: Row) -> bool:
    return int(seen["attempted_fallbacks"] or 0) > 0


def each(pairs: list[tuple[Row, Row]], *, answered: bool) -> Iterator[tuple[Row, Row]]:
    return ((seen, row) for seen, row in pairs if (seen["http_status"] == 200) is answered)


def test_every_client_request_is_one_request(
    pairs: list[tuple[Row, Row]], built: dict[str, tuple[list[Row], list[str]]]
) -> None:
    assert len(pairs) == len(built["litellm"][0]) == 85


def test_all_fallbacks_are_found_and_none_is_false(pairs: list[tuple[Row, Row]]) -> None:
    found = [(fell_back(seen), row["is_fallback"]) for seen, row in each(pairs, answered=True)]
    assert found.count((True, True)) == 40
    assert set(found) == {(True, True), (False, False)}


def test_every_fallback_has_one_event(
    pairs: list[tuple[Row, Row]], built: dict[str, tuple[list[Row], list[str]]]
) -> None:
    assert sorted(built["litellm"][1]) == sorted(row["request_id"] for seen, row in pairs if fell_back(seen))


def test_nobody_answered_exactly_where_the_client_got_no_answer(pairs: list[tuple[Row, Row]]) -> None:
    for seen, row in each(pairs, answered=False):
        assert (row["served_by"], row["served_model"], row["deployment"]) == ("nobody", None, None), seen
        assert row["is_fallback"] is None
        assert row["not_derivable_reason"] == "nobody answered, and this log tells only the first failure"
    for seen, row in each(pairs, answered=True):
        assert row["served_by"] == ("substitute" if fell_back(seen) else "preferred"), seen


def test_deployment_and_model_that_answered_are_the_ones_of_the_response_headers(pairs: list[tuple[Row, Row]]) -> None:
    for seen, row in each(pairs, answered=True):
        assert row["deployment"] == seen["served_deployment"], seen
        assert row["served_model"] == served_model(seen["served_deployment"]), seen


def test_route_is_the_group_that_the_client_asked_for(pairs: list[tuple[Row, Row]]) -> None:
    for seen, row in pairs:
        assert row["route"] == seen["requested_group"]


def test_middle_hops_and_retries_are_not_guessed(pairs: list[tuple[Row, Row]]) -> None:
    hops = [row["fallback_count"] for seen, row in pairs if seen["scenario"] == TWO_HOPS]
    retries = [row["retry_count"] for seen, row in pairs if seen["scenario"] == RETRIED]
    assert (hops, retries) == ([None, None], [None])
    assert {row["fallback_count"] for seen, row in each(pairs, answered=True) if not fell_back(seen)} == {0}


def test_downgrade_inside_one_group_names_both_models(pairs: list[tuple[Row, Row]]) -> None:
    rows = [row for seen, row in pairs if seen["scenario"] == INSIDE_ONE_GROUP]
    assert {(row["preferred_model"], row["served_model"]) for row in rows} == {("gpt-4.1", "gpt-4.1-mini")}


def test_answers_that_broke_off_are_partial(pairs: list[tuple[Row, Row]]) -> None:
    partial = {seen["scenario"] for seen, row in pairs if row["is_partial"]}
    assert partial == {"stream_midstream_error", "stream_midstream_nofallback"}


def test_cache_hits_are_told(pairs: list[tuple[Row, Row]]) -> None:
    assert [row["is_cache_hit"] for seen, row in pairs if seen["scenario"] == "cache"] == [False, True, True]


@pytest.mark.parametrize(
    ("scenario", "cause"),
    [
        ("fallback_503", "provider_outage"),
        ("fallback_429", "provider_throttled"),
        ("fallback_quota", "cost_ceiling"),
        ("fallback_402", "cost_ceiling"),
        ("fallback_401", "auth"),
        ("fallback_403", "admin_disabled"),
        ("timeout_fallback", "latency_breach"),
        ("ctx_fallback", "context_window"),
        ("policy_fallback", "content_policy"),
    ],
)
def test_cause_is_the_provoked_one(pairs: list[tuple[Row, Row]], scenario: str, cause: str) -> None:
    assert {row["first_cause"] for seen, row in pairs if seen["scenario"] == scenario} == {cause}


def test_old_log_never_denies_a_fallback(old_pairs: list[tuple[Row, list[Row]]]) -> None:
    for seen, rows in old_pairs:
        assert rows, seen
        assert all(row["is_fallback"] is not False for row in rows), seen


def test_old_log_shows_every_fallback_whose_records_share_a_trace(old_pairs: list[tuple[Row, list[Row]]]) -> None:
    shown = {seen["n"] for seen, rows in old_pairs if any(row["is_fallback"] for row in rows)}
    assert {seen["n"] for seen, _ in old_pairs if fell_back(seen)} - shown == {30, 31, 32, 36, 37, 39, 40, 42, 43}


def test_old_log_invents_no_fallback_but_the_one_inside_a_group(old_pairs: list[tuple[Row, list[Row]]]) -> None:
    without_headers = {"stream_fallback_503", "anthropic_endpoint_fallback"}
    false = {
        seen["scenario"] for seen, rows in old_pairs if any(row["is_fallback"] for row in rows) and not fell_back(seen)
    }
    assert false == {INSIDE_ONE_GROUP} | without_headers


def test_what_an_old_log_cannot_tell_has_a_reason(old_pairs: list[tuple[Row, list[Row]]]) -> None:
    for _, rows in old_pairs:
        for row in rows:
            assert (row["is_fallback"] is None) == (row["not_derivable_reason"] is not None)


def test_old_fallback_names_the_model_that_answered(old_pairs: list[tuple[Row, list[Row]]]) -> None:
    for seen, rows in old_pairs:
        for row in rows:
            if row["is_fallback"] and fell_back(seen) and seen["scenario"] != RESPONSES:
                assert (row["deployment"], row["served_model"]) == (
                    seen["served_deployment"],
                    served_model(seen["served_deployment"]),
                )


def test_old_failure_that_tried_no_deployment_asked_no_model(old_pairs: list[tuple[Row, list[Row]]]) -> None:
    asked = {row["preferred_model"] for _, rows in old_pairs for row in rows}
    assert asked.isdisjoint({"cool1", "coolgrp", "pricey", "capped", "support-chat"})
