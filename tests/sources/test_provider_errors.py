"""Error bodies as providers document them, through the one table that names causes."""

from pathlib import Path
from typing import Any

import pytest

from readback.contracts.vocabulary import Cause
from readback.provider_errors import ProviderError, judge, judged, read_providers

PROVIDERS = read_providers(Path(__file__).with_name("provider_errors.yaml"))


@pytest.mark.parametrize("provider", PROVIDERS)
def test_documented_error_has_its_cause(provider: str) -> None:
    """Those that the table was written for, and those that it named at first sight: they are named still."""
    errors = [error for error in PROVIDERS[provider].errors if error.at_first is None]
    assert [(one.error.body, one.cause, one.basis) for one in judged(provider, errors) if not one.is_right] == []


def test_first_sight_is_told_of_errors_that_were_held_out_and_where_it_was_wrong() -> None:
    shown = [error for provider in PROVIDERS.values() for error in provider.parted()[1]]
    known = [error for provider in PROVIDERS.values() for error in provider.parted()[0]]
    assert {error.at_first for error in known} == {None}
    assert all(error.at_first != error.cause for error in shown)
    assert len(shown) > 60


def test_most_mistakes_at_first_sight_have_been_learnt_from() -> None:
    wrong = [
        one
        for name, provider in PROVIDERS.items()
        for one in judged(name, [error for error in provider.errors if error.at_first])
    ]
    assert sum(one.is_right for one in wrong) * 2 > len(wrong)


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
