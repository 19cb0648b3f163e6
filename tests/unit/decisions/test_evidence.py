"""Names from logs are inert in the SQL and the JSON of evidence."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from readback import store
from readback.decisions.evidence import as_json, literal, pasted

HOSTILE = [
    "'; drop table requests; --",
    "$workflow_class",
    '`reboot` $(reboot) "!!" \\',
    "line\nbreak\ttab\x00nul\x1b[31mred",
    "\u202egnp.exe\u2066",
    "O'Brien é 漢字 🙂",
    "",
]


@pytest.fixture(scope="module")
def con() -> store.Connection:
    return store.memory()


@pytest.mark.parametrize("name", HOSTILE)
def test_a_literal_is_one_harmless_value(con: store.Connection, name: str) -> None:
    text = literal(name)
    assert con.sql(f"select {text}").fetchall() == [(name,)]
    assert not set(text) & set('$`"\\!')
    assert all(char.isprintable() for char in text)


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=30))
def test_any_text_comes_back_as_it_was(name: str) -> None:
    con = store.memory()
    assert con.sql(f"select {literal(name)}").fetchall() == [(name,)]
    con.close()


def test_a_time_is_told_in_utc(con: store.Connection) -> None:
    at = datetime(2026, 10, 31, 12, 0, 0, 5, tzinfo=UTC)
    assert con.sql(f"select {literal(at)}").fetchall() == [(at,)]


def test_a_value_that_looks_like_a_parameter_is_not_filled_in() -> None:
    text = pasted("silent_downgrades", {"workflow": "$from_at", "from_at": None, "to_at": None})
    assert "(chr(36) || 'from_at')" in text
    assert text.count("null") == 2
    assert "--" not in text


@pytest.mark.parametrize("name", HOSTILE)
def test_json_is_ascii_sorted_and_whole(name: str) -> None:
    text = as_json({"b": name, "a": 1})
    assert text.isascii()
    assert list(json.loads(text).items()) == [("a", 1), ("b", name)]


def test_json_refuses_what_is_no_number() -> None:
    with pytest.raises(ValueError, match="Out of range"):
        as_json({"x": float("nan")})
