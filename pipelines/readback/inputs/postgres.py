"""A table of PostgreSQL as an input: rows after a cursor, in batches that the ledger reads as files of JSON lines.

The cursor is the time and the key of the last row that was read. It moves in the transaction that records the batch,
so a kill in between loses nothing and doubles nothing. Every reading begins a little before it, for rows that were
written late; what is told again repeats known rows.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import xxhash

from readback import store
from readback.errors import UnreadableFile
from readback.inputs.connection_string import ConnectionString
from readback.inputs.origins import Origin, Place, Unreachable
from readback.inputs.relation import Position, Relation, find

if TYPE_CHECKING:
    import psycopg

_CONNECT_S = 10


@dataclass(frozen=True)
class Table(Place):
    """A table, or a view, that grows by rows with a time and a key."""

    server: ConnectionString
    table: str
    source: str
    cursor: tuple[str, str]
    overlap_s: float
    batch_rows: int
    scratch: Path

    @property
    def address(self) -> str:
        """`postgres://host/database/table`."""
        return f"{self.server.address}/{quote(self.table, safe='.')}"

    def logs(self, con: store.Connection, until: datetime) -> Iterator[Origin]:
        """Batches in the order of their rows; none after one that was refused, so that the next run reads it again."""
        import psycopg

        try:
            with self._connect() as link:
                yield from self._batches(con, link, self._relation(link), until)
        except UnreadableFile as error:
            yield Unreachable(self.address, self.source, error.message)
        except psycopg.Error as error:
            yield Unreachable(self.address, self.source, _sentence(error))

    def facts(self, until: datetime) -> Iterator[str]:
        """Time of the newest row, and how many stand within the overlap before it."""
        import psycopg

        try:
            with self._connect() as link:
                yield f"{self.address}\0{self._relation(link).newest(link, until, self.overlap_s)}\n"
        except UnreadableFile as error:
            yield f"{self.address}\0{error.message}\n"
        except psycopg.Error as error:
            yield f"{self.address}\0{_sentence(error)}\n"

    def _batches(
        self, con: store.Connection, link: "psycopg.Connection[Any]", found: Relation, until: datetime
    ) -> Iterator[Origin]:
        known = _cursor(con, self.address)
        after = found.before(link, known, self.overlap_s) if known else None
        while last := found.last_of(link, after, until, self.batch_rows):
            yield Batch(_address(self.address, after), self.source, link, found, after, last, self)
            if _cursor(con, self.address) != last:
                return
            after = last

    def _relation(self, link: "psycopg.Connection[Any]") -> Relation:
        return find(link, self.server.schema, self.table, self.source, self.cursor)

    def _connect(self) -> "psycopg.Connection[Any]":
        import psycopg

        # Neither prepared statements nor start-up options: a pooler between us and the server may know neither.
        dsn = self.server.dsn.get_secret_value()
        link = psycopg.connect(dsn, prepare_threshold=None, connect_timeout=_CONNECT_S, client_encoding="utf8")
        link.read_only = True
        return link


@dataclass(frozen=True)
class Batch(Origin):
    """The rows after one position up to and with another."""

    link: "psycopg.Connection[Any]" = field(repr=False)
    relation: Relation
    after: Position | None
    last: Position
    place: Table

    def stamp(self) -> None:
        """Its rows are asked for each time."""

    @contextmanager
    def opened(self) -> Iterator[Path]:
        """Its rows as JSON lines.

        Raises:
            UnreadableFile: the server does not give them.
        """
        import psycopg

        self.place.scratch.mkdir(mode=0o700, parents=True, exist_ok=True)
        rows = self.place.scratch / f"{xxhash.xxh3_128_hexdigest(self.address.encode())}.rows"
        try:
            self.relation.write(self.link, self.after, self.last, rows)
            yield rows
        except psycopg.Error as error:
            raise UnreadableFile(_sentence(error), file=self.address) from None
        finally:
            rows.unlink(missing_ok=True)

    def note(self, con: store.Connection) -> None:
        """Move the cursor to its last row."""
        row = [self.place.address, self.last.at, self.last.key]
        con.execute("insert or replace into ledger.cursors values (?, ?, ?)", row)


def _cursor(con: store.Connection, place: str) -> Position | None:
    found = con.execute("select last_at, last_key from ledger.cursors where place = ?", [place]).fetchall()
    return Position(*found[0]) if found else None


def _address(place: str, after: Position | None) -> str:
    if after is None:
        return place
    key = f",{quote(after.key, safe='')}" if after.key is not None else ""
    return f"{place}?after={quote(after.at.replace(' ', 'T'), safe=':')}{key}"


def _sentence(error: "psycopg.Error") -> str:
    """What the server, or the way to it, said first; neither ever repeats a password."""
    import psycopg

    told = " ".join((str(error).strip() or type(error).__name__).splitlines()[0].split())
    if isinstance(error, psycopg.errors.InsufficientPrivilege):
        return f"may not be read: {told}; grant select to the user of the connection string"
    return f"cannot be reached: {told}" if isinstance(error, psycopg.OperationalError) else f"cannot be read: {told}"
