"""One cause for every kind of evidence, and the evidence that it rests on."""

from pathlib import Path

import pytest
from small_logs import NOON, failure, lines, open_ledger

CASES = [
    ({"error_class": "RateLimitError", "error_code": "429"}, "Rate limit reached", "provider_throttled", "http_status"),
    (
        {"error_class": "RateLimitError", "error_code": "429"},
        "You exceeded your current quota",
        "cost_ceiling",
        "message_pattern",
    ),
    ({"error_class": "ValueError", "normalized_error": "429_BUDGET_EXCEEDED"}, "spent", "cost_ceiling", "error_code"),
    ({"error_code": "402"}, "pay", "cost_ceiling", "http_status"),
    (
        {"error_class": "ProxyRateLimitError", "error_rate_limit_category": "litellm_rate_limit"},
        "",
        "gateway_limit",
        "explicit_reason",
    ),
    ({"error_class": "ContextWindowExceededError", "error_code": "400"}, "too long", "context_window", "error_code"),
    ({"error_code": "400"}, "This model's maximum context length is 8192 tokens", "context_window", "message_pattern"),
    ({"error_code": "413"}, "", "context_window", "http_status"),
    ({"error_class": "ContentPolicyViolationError", "error_code": "400"}, "", "content_policy", "error_code"),
    ({"error_code": "400"}, "blocked by our content management policy", "content_policy", "message_pattern"),
    (
        {"error_class": "PermissionDeniedError", "error_code": "403"},
        "The project has been disabled",
        "admin_disabled",
        "message_pattern",
    ),
    ({"error_code": "403"}, "forbidden", "auth", "http_status"),
    ({"error_class": "AuthenticationError", "error_code": "401"}, "wrong key", "auth", "http_status"),
    ({"error_class": "RouterRateLimitErrorBasic"}, "capped", "provider_throttled", "exception_type"),
    ({"error_class": "RouterRateLimitError", "normalized_error": "429_NO_HEALTHY_DEPLOYMENTS"}, "", "unknown", "none"),
    ({"error_code": "504"}, "", "latency_breach", "http_status"),
    ({"error_class": "Timeout"}, "", "latency_breach", "exception_type"),
    ({"error_code": "server_error"}, "", "provider_outage", "error_code"),
    ({"error_code": "529"}, "", "provider_outage", "http_status"),
    ({"error_class": "APIConnectionError"}, "", "provider_outage", "exception_type"),
    ({}, "Connection reset by peer", "provider_outage", "message_pattern"),
    ({}, "request timed out", "latency_breach", "message_pattern"),
    ({"error_code": "404"}, "no such model", "unknown", "none"),
    ({}, "", "unknown", "none"),
]


@pytest.fixture(scope="module")
def causes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[str | None, str | None]]:
    records = [
        failure(str(n), NOON + n, error_information=error, error_str=message)
        for n, (error, message, *_) in enumerate(CASES)
    ]
    root: Path = tmp_path_factory.mktemp("causes")
    with open_ledger(root) as books:
        books.load_bytes(lines([*records, failure("answered", NOON, status="success")]))
        found = books.rows("select request_id, cause, cause_basis from attempts")
    return {call: (cause, basis) for call, cause, basis in found}


@pytest.mark.parametrize("number", range(len(CASES)))
def test_evidence_becomes_a_cause(causes: dict[str, tuple[str | None, str | None]], number: int) -> None:
    assert causes[f"litellm:{number}"] == CASES[number][2:]


def test_answer_has_no_cause_whatever_its_error_fields_say(
    causes: dict[str, tuple[str | None, str | None]],
) -> None:
    assert causes["litellm:answered"] == (None, None)
