"""How evidence is gathered and shown again: rows of a model as objects, JSON, and SQL that can be pasted anywhere.

Nothing here decides. Names in evidence come from logs, so they are rendered inert for SQL and for a shell.
"""

import hashlib
import json
import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any, TypeVar

import polars as pl

from readback import store

WINDOW_DAYS = 28
"""How far back decisions look, in whole days of UTC; the day of the watermark is one of them."""

_PARAMETER = re.compile(r"\$([a-z_]+)")
_ACTIVE_IN_A_SHELL = frozenset('$`"\\!')

Found = TypeVar("Found")


def window(as_of: datetime) -> dict[str, Any]:
    """The parameters `from_at` and `as_of` of the days that decisions look at.

    >>> window(datetime(2026, 10, 31, 12, tzinfo=UTC))["from_at"].isoformat()
    '2026-10-04T00:00:00+00:00'
    """
    today = datetime.combine(as_of.astimezone(UTC).date(), time(), UTC)
    return {"from_at": today - timedelta(days=WINDOW_DAYS - 1), "as_of": as_of}


def gather(
    con: store.Connection, name: str, kind: type[Found], parameters: Mapping[str, Any] | None = None
) -> list[Found]:
    """The rows of a model, that of `models/decisions/` by its bare name, as objects whose fields are the columns."""
    return store.read_rows(con, kind, store.model(name if "/" in name else f"decisions/{name}"), parameters)


def gather_frame(con: store.Connection, name: str, parameters: Mapping[str, Any]) -> pl.DataFrame:
    """The rows of a model of `models/decisions/` as a frame, where there are too many for objects."""
    found: pl.DataFrame = store.query(con, store.model(f"decisions/{name}"), parameters).pl()
    return found


def pasted(name: str, parameters: Mapping[str, Any]) -> str:
    """The query of `models/decisions/<name>_rows.sql` with its values written in: one statement, no comment."""
    body = "\n".join(line for line in store.model(f"decisions/{name}_rows").splitlines() if not line.startswith("--"))
    return _PARAMETER.sub(lambda match: literal(parameters[match[1]]), body).strip()


def literal(value: str | datetime | None) -> str:
    r"""A SQL expression for a value; characters that a shell, a terminal or a reader may act on are spelled by code.

    >>> print(literal("claims"), literal("it's"), literal("a$b"))
    'claims' 'it''s' ('a' || chr(36) || 'b')
    """
    if value is None:
        return "null"
    if isinstance(value, datetime):
        return f"timestamptz '{value.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}+00'"
    parts = [_spelled(run) for run in re.split(r"([^\w .,:;/()\[\]{}<>=+*%&#@?|~^'-])", value) if run]
    joined = " || ".join(parts) if parts else "''"
    return f"({joined})" if len(parts) > 1 else joined


def as_json(facts: Mapping[str, Any]) -> str:
    """JSON with sorted keys and ASCII only; times as ISO 8601, words of a closed set as text."""
    return json.dumps(facts, sort_keys=True, allow_nan=False, default=_plain)


def digest(*parts: str | int | None) -> str:
    """The same 16 characters for the same parts, whatever the process.

    >>> digest("rule", 1, None) == digest("rule", 1, None) != digest("rule", 1, "")
    True
    """
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


def _spelled(run: str) -> str:
    is_code = len(run) == 1 and (run in _ACTIVE_IN_A_SHELL or not _is_visible(run))
    return f"chr({ord(run)})" if is_code else "'" + run.replace("'", "''") + "'"


def _is_visible(char: str) -> bool:
    return char == " " or unicodedata.category(char)[0] not in "CZ"


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    raise TypeError(f"no JSON for {type(value).__name__}")
