"""Fields that LiteLLM gave another meaning between releases: an older record says that it cannot tell, never `no`."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from small_logs import answer, before_call_ids, fallback, lines, open_ledger

Record = dict[str, Any]
Told = tuple[bool | None, str | None, str | None]

UNTOLD = "this log names no model that answered"
ONE_ROW = "one row per call, and no policy that names the preferred model"
NO_CALL_ID = "this log has no call id: a fallback after a cooldown cannot be joined"


def told(root: Path, records: Iterable[Record], source: str) -> list[Told]:
    """is_fallback, served model and why it is not derivable, of every request in order."""
    with open_ledger(root) as books:
        books.load_bytes(lines(records), source=source)
        books.build()
        return books.rows("select is_fallback, served_model, not_derivable_reason from requests order by started_at")


def test_payload_without_a_call_id_never_denies_a_fallback(tmp_path: Path) -> None:
    assert told(tmp_path, [before_call_ids(answer("a"))], "litellm") == [(None, "gpt-4o", NO_CALL_ID)]


def test_payload_with_a_call_id_does(tmp_path: Path) -> None:
    assert [row[0] for row in told(tmp_path, [answer("a")], "litellm")] == [False]


def test_older_payloads_show_the_fallbacks_that_they_can(tmp_path: Path) -> None:
    found = told(tmp_path, map(before_call_ids, fallback("a")), "litellm")
    assert found == [(True, "gpt-4o-mini", None)]


def test_model_with_and_without_its_provider_is_one_model(tmp_path: Path) -> None:
    both = [answer("a"), before_call_ids(answer("b", answer("a")["startTime"] + 60))]
    assert len({row[1] for row in told(tmp_path, both, "litellm")}) == 1


def spend(call: str | None, **metadata: Any) -> Record:
    return {
        "request_id": "chatcmpl-1", "litellm_call_id": call, "call_type": "acompletion", "status": "success",
        "spend": 0.1, "startTime": "2026-10-05T12:00:00+00:00", "endTime": "2026-10-05T12:00:01+00:00",
        "model": "openai/gpt-4o", "model_group": "big", "metadata": metadata,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (spend(None), (None, ONE_ROW)),
        (spend("c-1"), (None, ONE_ROW)),
        (spend("c-1", attempted_fallbacks=0), (False, None)),
        (spend("c-1", attempted_fallbacks=1, original_model_group="bigger"), (True, None)),
    ],
    ids=["1.80", "call id before the attribution keys", "served by the group that was asked", "rescued"],
)
def test_spend_log_tells_of_fallbacks_only_with_its_attribution_keys(
    tmp_path: Path, row: Record, expected: tuple[bool | None, str | None]
) -> None:
    ((is_fallback, _, reason),) = told(tmp_path, [row], "litellm_spend")
    assert (is_fallback, reason) == expected


def response(**changed: Any) -> Record:
    """A response that an application got from a proxy: the group `big` fell back to `small`, or so it may."""
    return {
        "id": "chatcmpl-1", "object": "chat.completion", "model": "gpt-4o-mini", "timestamp": "2026-10-05T12:00:00Z",
        "request": {"model": "gpt-4o"}, "usage": {"prompt_tokens": 1, "completion_tokens": 1}, "call_id": "c-1",
        "choices": [{"finish_reason": "stop"}], "provider": "litellm",
    } | changed  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({"gateway_version": "1.83.14"}, (True, "gpt-4o-mini", None)),
        ({"gateway_version": "1.85.0"}, (None, None, UNTOLD)),
        ({"gateway_version": "v1.106.2"}, (None, None, UNTOLD)),
        ({"gateway_version": "nightly"}, (None, None, UNTOLD)),
        ({}, (None, None, UNTOLD)),
        ({"provider": None}, (True, "gpt-4o-mini", None)),
    ],
    ids=["before 1.85.0", "1.85.0", "later", "no number", "untold", "no proxy"],
)
def test_model_of_a_response_behind_the_proxy_counts_before_1_85_only(
    tmp_path: Path, changed: Record, expected: Told
) -> None:
    assert told(tmp_path, [response(**changed)], "openai_api") == [expected]
