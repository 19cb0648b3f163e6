"""The connectors: what `models/sources/` holds, which of them a file belongs to, and the SQL that reads it.

A connector is one SQL file. Its header says what the format is and how a record is recognized, its body maps typed
records to canonical rows. The folder is the registry.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Literal, Self

import orjson
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from readback import shipped
from readback.errors import SourceError
from readback.sql_header import read_sql

Emits = Literal["attempts", "outcomes", "provider_incidents", "admin_changes", "counter_readings"]
Capability = Literal[
    "error", "latency", "tokens", "cost", "served_model", "requested_model", "workflow", "chain", "complete", "outcomes"
]


class Header(BaseModel):
    """The `[source]` table of a connector's header."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    title: str
    file: str = Field(description="What file the user gets, and how.")
    emits: Emits
    grain: Literal["line", "nested"] = Field(
        default="line", description="line: one row a line. nested: a line holds any number of rows."
    )
    recognize: tuple[str, ...] = Field(
        description="Keys that all stand in a record; `key=value` asks for the value, `a|b` for either key, `.0` looks "
        "into a list, `.key` into an object or the text of one."
    )
    required: tuple[str, ...] = Field(description="Columns without which a record cannot be read.")
    reports: tuple[Capability, ...] = ()
    observer: Literal["gateway", "application", "provider"] = "gateway"
    system: str | None = Field(
        default=None, description="The software whose own ids of calls and traces several of its logs share."
    )
    counted_logs: tuple[str, ...] = Field(default=(), description="Log formats whose rows its counters speak of.")
    counted_providers: tuple[str, ...] = Field(
        default=(), description="Providers all of whose calls its counters speak of, whatever the gateway."
    )
    ignores: tuple[str, ...] = Field(default=(), description="A record with one of these keys holds nothing for us.")
    ignored: str = Field(default="holds nothing for readback", description="Why a well-formed line may give no row.")
    evidence: str = Field(description="What the connector was checked against.")
    limits: tuple[str, ...] = Field(default=(), description="What this format cannot tell.")


@dataclass(frozen=True)
class Mark:
    """One key by which a format is known: the path to it, or either of two, and the value that it must have."""

    key: str
    paths: tuple[tuple[str, tuple[str, ...]], ...]
    wanted: str

    @classmethod
    def of(cls, key: str) -> Self:
        """The parts of a key as a header writes it."""
        path, _, wanted = key.partition("=")
        return cls(key, tuple((either, tuple(either.split("."))) for either in path.split("|")), wanted)

    def stands_in(self, record: Mapping[str, Any]) -> bool:
        """Whether a record has the key, with its value where one is wanted."""
        return any(_stands(record, path, parts, self.wanted) for path, parts in self.paths)


@dataclass(frozen=True)
class Source:
    """One connector."""

    name: str
    header: Header
    columns: Mapping[str, str]
    body: str

    @cached_property
    def marks(self) -> tuple[Mark, ...]:
        """The recognizing keys, taken apart once: every record of every file is held against them."""
        return tuple(Mark.of(key) for key in self.header.recognize)

    def takes(self, record: Mapping[str, Any]) -> bool:
        """Whether a record is of this format."""
        return all(mark.stands_in(record) for mark in self.marks)

    def missing(self, record: Mapping[str, Any]) -> list[str]:
        """The recognizing keys that a record lacks; empty when it is of this format."""
        return [mark.key for mark in self.marks if not mark.stands_in(record)]


@dataclass(frozen=True)
class Candidate:
    """A connector and which of the records it takes, by their place."""

    source: Source
    taken: frozenset[int]


@dataclass(frozen=True)
class Guess:
    """The nearest connector for records that none recognizes, and what they lack."""

    source: str
    missing: tuple[str, ...]

    def __str__(self) -> str:
        return f"nearest is {self.source}, but no record has {', '.join(self.missing)}"


@dataclass(frozen=True)
class Ambiguity:
    """Two connectors that take the very same records: only the user knows whose they are."""

    sources: tuple[str, str]
    taken: int
    records: int

    def __str__(self) -> str:
        first, second = self.sources
        return (
            f"{self.taken} of {self.records} records may be {first} as well as {second}; decide with "
            f"`--source {first}` or `--source {second}` (`source = ` of the input in readback.toml)"
        )


@cache
def sources() -> Mapping[str, Source]:
    """Every connector by name, read from the folder."""
    files = sorted((shipped.models() / "sources").glob("*.sql"))
    return {file.stem: read_source(file) for file in files}


def read_source(file: Path) -> Source:
    """One connector from its file.

    Raises:
        SourceError: the header is not the TOML that a connector needs.
    """
    sql = read_sql(file)
    try:
        header = Header.model_validate(sql.facts["source"])
        columns = dict(sql.facts["columns"])
    except (ValidationError, KeyError) as error:
        raise SourceError(f"header is not a connector's: {str(error).splitlines()[0]}", file=file) from None
    return Source(file.stem, header, columns, sql.body)


def recognize(records: Iterable[Mapping[str, Any]]) -> Source | None:
    """The connector that takes most of the records; None where none does, or two take the same ones."""
    best = candidates(list(records))
    return None if not best or _is_tied(best) else best[0].source


def nearest(records: Iterable[Mapping[str, Any]]) -> Guess | Ambiguity | None:
    """Why `recognize` found nothing: the connector that lacks the smallest share of its keys, or two that lack none."""
    sampled = list(records)
    if (best := candidates(sampled)) and _is_tied(best):
        return Ambiguity((best[0].source.name, best[1].source.name), len(best[0].taken), len(sampled))
    guesses = [
        (len(missing) / len(source.header.recognize), source.name, tuple(missing))
        for record in sampled
        for source in sources().values()
        if len(missing := source.missing(record)) < len(source.header.recognize)
    ]
    return Guess(*min(guesses)[1:]) if guesses else None


def candidates(records: Sequence[Mapping[str, Any]]) -> list[Candidate]:
    """Every connector that takes any of the records, those that take most first.

    A file may hold records of several formats: they are no rivals, since each record has one taker.
    """
    found = [
        Candidate(source, frozenset(place for place, record in enumerate(records) if source.takes(record)))
        for source in sources().values()
    ]
    return sorted((one for one in found if one.taken), key=lambda one: (-len(one.taken), one.source.name))


def _is_tied(best: Sequence[Candidate]) -> bool:
    return len(best) > 1 and best[0].taken == best[1].taken


def reporting(capability: Capability) -> frozenset[str]:
    """Names of the connectors whose format can say something."""
    return frozenset(name for name, source in sources().items() if capability in source.header.reports)


def subjects() -> list[tuple[str, str, str | None, str | None]]:
    """What counters speak of: the format that counts, its subject's name, and the log format or one provider's name.

    A provider goes by several names; the first of them names the subject.
    """
    found: list[tuple[str, str, str | None, str | None]] = []
    for source in sources().values():
        providers = source.header.counted_providers
        found += [(source.name, log, log, None) for log in source.header.counted_logs]
        found += [(source.name, f"provider:{providers[0]}", None, provider) for provider in providers]
    return found


def _stands(record: Mapping[str, Any], path: str, parts: Sequence[str], wanted: str) -> bool:
    value: Any = record
    for part in (path,) if path in record else parts:
        if isinstance(value, list) and part == "0" and value:
            value = value[0]
            continue
        if isinstance(value, str) and value.startswith("{"):
            value = _opened(value)
        if not isinstance(value, dict) or part not in value:
            return False
        value = value[part]
    return not wanted or bool(value == wanted)


def _opened(text: str) -> Any:
    """An object that a cell of CSV holds as its text; None where it holds none."""
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
