"""Error bodies as providers document them, through the one table that names causes."""

from pathlib import Path
from typing import Any

import pytest

from readback.contracts.vocabulary import Cause
from readback.provider_errors import ProviderError, judged, read_providers

PROVIDERS = read_providers(Path(__file__).with_name("provider_errors.yaml"))
KNOWN = [name for name, provider in PROVIDERS.items() if not provider.held_out]


@pytest.mark.parametrize("provider", KNOWN)
def test_documented_error_has_its_cause(provider: str) -> None:
    wrong = [(one.error.body, one.cause, one.basis) for one in judged(PROVIDERS[provider].errors) if not one.is_right]
    assert wrong == []


def test_mistake_on_an_unknown_provider_is_no_worse_than_not_to_know() -> None:
    """An error that nobody looked at may stay unknown; one provider's overload may be another's throttling."""
    held_out = [error for provider in PROVIDERS.values() if provider.held_out for error in provider.errors]
    wrong = {(one.error.cause, one.cause) for one in judged(held_out) if not one.is_right}
    load = {Cause.PROVIDER_OUTAGE, Cause.PROVIDER_THROTTLED, Cause.LATENCY_BREACH}
    assert all(found == Cause.UNKNOWN or {told, found} <= load for told, found in wrong)


def test_corpus_holds_every_cause_that_a_provider_can_tell() -> None:
    told = {error.cause for provider in PROVIDERS.values() for error in provider.errors}
    assert set(Cause) - told == {Cause.LOW_CONFIDENCE, Cause.GATEWAY_LIMIT}


@pytest.mark.parametrize(
    ("body", "code", "text"),
    [
        ({"error": {"code": "429", "message": "slow down"}}, None, "slow down"),
        ({"error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "message": "m"}}, "RESOURCE_EXHAUSTED", "m"),
        ({"error": {"code": None, "type": "server_error", "message": "m"}}, "server_error", "m"),
        ({"code": "a sentence", "error": "m"}, "a sentence", "m"),
        ({"__type": "ThrottlingException", "message": "m"}, "ThrottlingException", "m"),
        ({"detail": [{"loc": ["body"]}]}, None, '[{"loc": ["body"]}]'),
        ("upstream connect error", None, "upstream connect error"),
    ],
)
def test_body_is_read_as_connectors_read_one(body: Any, code: str | None, text: str) -> None:
    evidence = ProviderError(status=500, body=body, cause=Cause.UNKNOWN).evidence
    assert (evidence["error_code"], evidence["error_message"]) == (code, text)
