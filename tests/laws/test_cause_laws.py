"""What must hold of causes whatever a provider writes into its texts."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from readback.provider_errors import Verdict, judge, read_providers

CORPUS = Path(__file__).parents[1] / "sources" / "provider_errors.yaml"
STATUS_IN_WORDS = {
    "RESOURCE_EXHAUSTED", "PERMISSION_DENIED", "PermissionDenied", "AccessDeniedException", "AccessDenied",
    "permission_error", "api_error",
}  # fmt: skip
"""Codes that say no more than their HTTP status: a text may tell what they leave open."""

HOSTILE = (
    "",
    "insufficient_quota",
    "Error code: 403 - disabled",
    "context_length_exceeded",
    "content_filter",
    "' or 1 --",
)
ERRORS = [error for provider in read_providers(CORPUS).values() for error in provider.errors]
TEXTS = [*HOSTILE, *{error.evidence["error_message"] for error in ERRORS if error.evidence["error_message"]}]


def coded() -> Iterator[dict[str, Any]]:
    """Every error of the corpus with a code, without its text."""
    for error in ERRORS:
        if error.evidence["error_code"] not in {None, *STATUS_IN_WORDS}:
            yield error.evidence | {"error_message": None}


def decided() -> list[tuple[dict[str, Any], Verdict]]:
    """The ones of them that their code alone decides."""
    found = list(coded())
    return [(one, verdict) for one, verdict in zip(found, judge(found), strict=True) if verdict.basis == "error_code"]


def test_no_text_outranks_a_code_that_decides() -> None:
    pairs = [(evidence | {"error_message": text}, verdict) for evidence, verdict in decided() for text in TEXTS]
    assert len(pairs) > 5000
    assert judge([evidence for evidence, _ in pairs]) == [verdict for _, verdict in pairs]


def test_no_text_outranks_a_reason_that_the_log_states() -> None:
    stated = [{"stated_cause": "low_confidence", "http_status": 429, "error_message": text} for text in TEXTS]
    assert {verdict.cause for verdict in judge(stated)} == {"low_confidence"}


def test_text_alone_never_claims_to_be_a_code() -> None:
    assert {verdict.basis for verdict in judge([{"error_message": text} for text in TEXTS])} <= {
        "message_pattern",
        "none",
    }


def test_order_in_which_errors_are_judged_changes_nothing() -> None:
    evidence = [error.evidence for error in ERRORS]
    assert judge(evidence[::-1])[::-1] == judge(evidence)
