"""Error bodies as providers document them, through the one table that names causes."""

from pathlib import Path
from typing import Any

import pytest

from readback.contracts.vocabulary import Cause
from readback.provider_errors import ProviderError, judge, judged, read_providers

PROVIDERS = read_providers(Path(__file__).with_name("provider_errors.yaml"))
KNOWN = [name for name, provider in PROVIDERS.items() if not provider.held_out]


@pytest.mark.parametrize("provider", KNOWN)
def test_documented_error_has_its_cause(provider: str) -> None:
    wrong = [
        (one.error.body, one.cause, one.basis)
        for one in judged(provider, PROVIDERS[provider].errors)
        if not one.is_right
    ]
    assert wrong == []


def test_mistake_on_an_unknown_provider_is_no_worse_than_not_to_know() -> None:
    """An error that nobody looked at may stay unknown; one provider's overload may be another's throttling."""
    held_out = [
        one for name, provider in PROVIDERS.items() if provider.held_out for one in judged(name, provider.errors)
    ]
    wrong = {(one.error.cause, one.cause) for one in held_out if not one.is_right}
    load = {Cause.PROVIDER_OUTAGE, Cause.PROVIDER_THROTTLED, Cause.LATENCY_BREACH}
    assert all(found == Cause.UNKNOWN or {told, found} <= load for told, found in wrong)


def test_corpus_holds_every_cause_that_a_provider_can_tell() -> None:
    told = {error.cause for provider in PROVIDERS.values() for error in provider.errors}
    assert set(Cause) - told == {Cause.LOW_CONFIDENCE, Cause.GATEWAY_LIMIT}


@pytest.mark.parametrize(
    ("name", "cause"),
    [
        # httpx, aiohttp, requests, urllib3, botocore, grpc, and the SDKs on top of them
        *(
            (name, Cause.PROVIDER_OUTAGE)
            for name in (
                "ReadError", "WriteError", "ConnectError", "NetworkError", "RemoteProtocolError", "ProxyError",
                "ClientConnectorError", "ClientOSError", "ServerDisconnectedError", "ClientPayloadError",
                "ConnectionResetError", "ConnectionRefusedError", "BrokenPipeError", "SSLError", "gaierror",
                "ChunkedEncodingError", "IncompleteRead", "EndpointConnectionError", "ConnectionClosedError",
                "APIConnectionError", "MidStreamFallbackError", "BadGatewayError", "UnknownHostException",
            )
        ),
        *(
            (name, Cause.LATENCY_BREACH)
            for name in (
                "Timeout", "APITimeoutError", "ReadTimeout", "ConnectTimeout", "PoolTimeout", "TimeoutError",
                "ConnectTimeoutError", "ReadTimeoutError", "ServerTimeoutError", "DeadlineExceeded",
            )
        ),
        ("ResourceExhausted", Cause.PROVIDER_THROTTLED), ("TooManyRequestsError", Cause.PROVIDER_THROTTLED),
        ("UnauthorizedError", Cause.AUTH), ("NoCredentialsError", Cause.AUTH), ("InvalidTokenError", Cause.AUTH),
        ("ValueError", Cause.UNKNOWN), ("BadRequestError", Cause.UNKNOWN), ("NotFoundError", Cause.UNKNOWN),
        ("UnprocessableEntityError", Cause.UNKNOWN), ("OutputParserException", Cause.UNKNOWN),
    ],
)  # fmt: skip
def test_exception_that_says_what_broke_on_the_way_names_the_cause(name: str, cause: Cause) -> None:
    (verdict,) = judge([{"error_type": name}])
    assert (verdict.cause, verdict.basis) == (cause, "none" if cause == Cause.UNKNOWN else "exception_type")


@pytest.mark.parametrize(
    ("code", "cause"),
    [("ECONNRESET", Cause.PROVIDER_OUTAGE), ("ENOTFOUND", Cause.PROVIDER_OUTAGE), ("ETIMEDOUT", Cause.LATENCY_BREACH),
     ("ECONNABORTED", Cause.LATENCY_BREACH), ("UND_ERR_CONNECT_TIMEOUT", Cause.LATENCY_BREACH),
     ("UND_ERR_SOCKET", Cause.PROVIDER_OUTAGE), ("ResourceNotFoundException", Cause.UNKNOWN)],
)  # fmt: skip
def test_code_of_a_broken_connection_names_the_cause(code: str, cause: Cause) -> None:
    (verdict,) = judge([{"error_code": code}])
    assert verdict.cause == cause


def test_bare_number_says_something_beside_its_provider_only() -> None:
    known, unknown = judge([{"provider": name, "error_code": "1113", "http_status": 429} for name in ("zai", "acme")])
    assert (known.cause, unknown.cause) == (Cause.COST_CEILING, Cause.PROVIDER_THROTTLED)


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
