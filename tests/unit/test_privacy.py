"""What must never be stored: the same scrubbing by Python and by SQL, and broken lines without their contents."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from readback import store
from readback.contracts.privacy import MESSAGE_LENGTH, scrub, scrub_macro, skeleton

SECRETS = [
    "Bearer ya29.a0AfH6SMBx",
    "bearer\u00a0abcdefgh",
    "BASIC dXNlcjpwYXNzd29yZA==",
    "sk-proj-abc123def456",
    "sk_live_abcdefgh",
    "ghp_16C7e42F292c6912E7710c838347Ae178B4a",
    "github_pat_11ABCDEFG0abcdef",
    "xoxb-123-456-abcdef",
    "AKIAIOSFODNN7EXAMPLE",
    "AIzaSyA1234567890abcdef",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln",
    "jane.doe+claims@example.co.uk",
    "jürgen@exämple.com",
    "password: hunter2,",
    "API_KEY='hunter2'",
    '"x-api-key": "hunter2"',
    "Authorization: Basic dXNlcjpwYXNz",
    "access_token=ya29abcdef",
    "postgres://bob:hunter2@db/claims",
    "deadbeef" * 5,
]
PIECES = ("hunter2", "abcdef", "deadbeef", "doe", "rgen", "ya29", "KIAIO", "zaSy", "eyJh", "dXNl", "C7e42", "bob")
PARTS = st.lists(
    st.one_of(
        st.sampled_from([*SECRETS, *"@.=:\x0b\x00\u2003İ", "sk-", "Bearer ", "secret", "ſk-abcd"]),
        st.text(max_size=8),
    ),
    max_size=8,
).map("".join)
MACRO = store.memory()
MACRO.execute(scrub_macro())


def by_sql(text: str) -> str:
    ((found,),) = MACRO.execute("select scrub(?)", [text]).fetchall()
    return str(found)


@pytest.mark.parametrize("secret", SECRETS)
def test_secret_is_scrubbed_wherever_it_stands(secret: str) -> None:
    kept = scrub(f"provider said ({secret}) no")
    assert kept.startswith("provider said (")
    for word in PIECES:
        assert word not in kept


@pytest.mark.parametrize(
    "message",
    [
        "Rate limit reached for gpt-4o in organization org-claims on tokens per min (TPM): Limit 30000, Used 29000.",
        "This model's maximum context length is 128000 tokens. However, you requested 140000 tokens.",
        "Error code: 403 - model `claude-3` is not enabled for basic plans",
    ],
)
def test_message_without_secrets_stays(message: str) -> None:
    assert scrub(message) == message


@given(PARTS)
@example("K" + "ey: sk-abc")
@settings(deadline=None, max_examples=300)
def test_sql_scrubs_like_python(text: str) -> None:
    assert by_sql(text) == scrub(text)


@given(PARTS)
@settings(deadline=None, max_examples=100)
def test_message_is_one_line_of_limited_length(text: str) -> None:
    kept = scrub(text * 40)
    assert len(kept) <= MESSAGE_LENGTH
    assert not any(character < " " for character in kept)


def test_skeleton_keeps_known_keys_and_no_value() -> None:
    line = b'{"id": "Jane", "jane_doe": 1, "status": "ok", "messages": [{"content": "pay 4111 now"}], "n": 4111'
    assert skeleton(line, {"id", "status"}) == (
        '{"id": "<4>", "<8>": 0, "status": "<2>", "<8>": [{"<7>": "<12>"}], "<1>": 0000'
    )


@given(st.binary(max_size=40), st.binary(max_size=40))
@settings(deadline=None, max_examples=200)
def test_skeleton_never_tells_the_prompt(before: bytes, after: bytes) -> None:
    kept = skeleton(before + b"CANARY-4111" + after, {"id"})
    assert "CANARY" not in kept
    assert "4111" not in kept


def test_tail_of_a_line_is_masked_too() -> None:
    assert skeleton(b'ed Jane \\"Doe\\" on 0151-4711", "role": "user"}', {"role"}).count("<") >= 5
    assert "Jane" not in skeleton(b'ed Jane \\"Doe\\" on 0151-4711", "role": "user"}', {"role"})
