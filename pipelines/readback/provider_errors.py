"""Error bodies as providers document them, and what the one rule table makes of each.

The corpus stands beside the tests; what it shows is published in `docs/causes.md`.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import yaml
from pydantic import BaseModel, ConfigDict, Field

from readback import store
from readback.contracts.records import record_columns
from readback.contracts.vocabulary import Cause, CauseBasis
from readback.landing import prepare_session

SEEN_AT = datetime(2026, 10, 5, tzinfo=UTC)


class ProviderError(BaseModel):
    """One error that a provider documents."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    status: int
    body: Any
    cause: Cause
    held_out: bool = Field(default=False, description="Found after the rule table, which had never seen it.")
    at_first: Cause | None = Field(
        default=None, description="What the table took it for when it was first shown to it, where that was wrong."
    )

    @property
    def evidence(self) -> dict[str, Any]:
        """The body as the connectors read one: its status, its code (else its type), its type and its text."""
        error = self.body.get("error", self.body) if isinstance(self.body, Mapping) else {"message": self.body}
        if isinstance(error, str):
            error = {"code": self.body.get("code", self.body.get("error_type")), "message": error}
        words = (error.get(key) for key in ("code", "status", "__type", "error_code", "type"))
        text = error.get("message", error.get("detail"))
        return {
            "http_status": self.status,
            "error_code": next((word for word in words if isinstance(word, str) and not _is_status(word)), None),
            "error_type": error.get("type"),
            "error_message": text if isinstance(text, str) or text is None else json.dumps(text),
        }


class Provider(BaseModel):
    """The errors of one provider, and where it tells of them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    documented: str
    held_out: bool = Field(default=False, description="Nothing of it had been seen when its errors were written.")
    errors: tuple[ProviderError, ...]

    def parted(self) -> tuple[list[ProviderError], list[ProviderError]]:
        """The errors that the rule table was written for, and those that it was shown afterwards."""
        shown = [error for error in self.errors if error.held_out or self.held_out]
        return [error for error in self.errors if error not in shown], shown


@dataclass(frozen=True)
class Verdict:
    """The cause that a piece of evidence was given, and what it rests on."""

    cause: Cause
    basis: CauseBasis


@dataclass(frozen=True)
class JudgedError(Verdict):
    """What the rule table made of one documented error."""

    error: ProviderError

    @property
    def is_right(self) -> bool:
        """Whether it is the cause that the provider's documentation tells of."""
        return self.cause == self.error.cause


def _is_status(word: str) -> bool:
    """Whether a code only repeats the status of HTTP, as Azure writes it."""
    return word.isdigit() and len(word) == 3


def read_providers(file: Path) -> dict[str, Provider]:
    """The corpus, by provider."""
    corpus = yaml.safe_load(file.read_text(encoding="utf-8"))
    return {name: Provider.model_validate(provider) for name, provider in corpus.items()}


def judged(name: str, errors: Sequence[ProviderError]) -> list[JudgedError]:
    """What the rule table makes of errors that a provider documents."""
    verdicts = judge([error.evidence | {"provider": name} for error in errors]) if errors else []
    return [JudgedError(verdict.cause, verdict.basis, error) for verdict, error in zip(verdicts, errors, strict=True)]


def judge(evidence: Sequence[Mapping[str, Any]]) -> list[Verdict]:
    """What the rule table makes of failed attempts of which only this is known, one by one."""
    con = store.memory()
    try:
        prepare_session(con)
        _state(con, evidence)
        parameters = {"source": "corpus", "file_id": "corpus", "hash_key": "", "loaded_at": SEEN_AT}
        attempts = store.model("continuity/attempts")
        found = con.execute(f"select cause, cause_basis from ({attempts}) order by line", parameters).fetchall()
    finally:
        con.close()
    return [Verdict(Cause(cause), CauseBasis(basis)) for cause, basis in found]


def _state(con: store.Connection, evidence: Iterable[Mapping[str, Any]]) -> None:
    """The relation `canonical` that the rule table reads: one failed attempt a row."""
    columns = record_columns("attempts") | {"workflow": "VARCHAR", "run_id": "VARCHAR"}
    con.execute(f"create temp table canonical ({', '.join(f'{name} {type_}' for name, type_ in columns.items())})")
    key = {"request_key": "corpus", "started_at": SEEN_AT, "status": "error"}
    rows = [key | {"line": number, "attempt_key": str(number)} | dict(told) for number, told in enumerate(evidence, 1)]
    con.register(
        "evidence", pa.table({name: [row.get(name) for row in rows] for name in columns if _is_told(name, rows)})
    )
    con.execute("insert into canonical by name select * from evidence")


def _is_told(name: str, rows: Sequence[Mapping[str, Any]]) -> bool:
    return any(row.get(name) is not None for row in rows)
