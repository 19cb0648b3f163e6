"""One relation of PostgreSQL as it is found: its columns, its order, and the queries that read it.

Only columns that the connector names are asked for: a prompt beside them never leaves the server. Reading goes by time
and key, which the index that such tables have on both answers; a position is kept as PostgreSQL itself writes it.
"""

import difflib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, LiteralString, Self

from readback.errors import UnreadableFile
from readback.sources import sources

if TYPE_CHECKING:
    import psycopg
    from psycopg import sql

_FETCHED_ROWS = 2000
_TIMES = {"timestamp without time zone": "timestamp", "timestamp with time zone": "timestamptz"}


@dataclass(frozen=True)
class Position:
    """A place in the order of a relation's rows, its time and key as PostgreSQL writes them.

    Without a key it stands for all rows of its time: reading after it includes them, and so does reading up to it.
    """

    at: str
    key: str | None = None

    @classmethod
    def of(cls, moment: datetime) -> Self:
        """All rows of a moment."""
        return cls(f"{moment.astimezone(UTC):%Y-%m-%d %H:%M:%S.%f}")


@dataclass(frozen=True)
class Relation:
    """A table or view: its name, the columns to read, and the two that order its rows."""

    name: "sql.Identifier"
    columns: tuple[str, ...]
    at: str
    at_type: str
    key: str

    def before(self, link: "psycopg.Connection[Any]", position: Position, seconds: float) -> Position:
        """The position some seconds earlier."""
        query = self._sql("select (cast(%s as {at_type}) - make_interval(secs => %s))::text")
        with _session(link):
            return Position(*_row(link.execute(query, [position.at, seconds])))

    def last_of(
        self, link: "psycopg.Connection[Any]", after: Position | None, until: datetime, rows: int
    ) -> Position | None:
        """Where the next rows end, at most so many; None where there is none."""
        where, bounds = self._between(after, Position.of(until))
        query = self._sql(
            """select {at}::text, {key}::text from (
                select {at}, {key} from {name} where {where} order by {at}, {key} limit %s
            ) as ahead order by {at} desc, {key} desc limit 1""",
            where,
        )
        with _session(link):
            found = link.execute(query, [*bounds, rows]).fetchone()
        return Position(*found) if found else None

    def write(self, link: "psycopg.Connection[Any]", after: Position | None, last: Position, file: Path) -> None:
        """Rows as JSON lines; a line break between the tokens of a column's JSON becomes a blank."""
        where, bounds = self._between(after, last)
        query = self._sql(
            """select replace(row_to_json(told)::text, chr(10), ' ') from (
                select {columns} from {name} where {where} order by {at}, {key}
            ) as told""",
            where,
        )
        with _session(link), link.cursor(name="readback") as rows, file.open("wb") as out:
            rows.itersize = _FETCHED_ROWS
            rows.execute(query, bounds)
            for (line,) in rows:
                out.write(line.encode() + b"\n")

    def newest(self, link: "psycopg.Connection[Any]", until: datetime, seconds: float) -> tuple[str | None, int]:
        """Time of the newest row, and how many rows stand within some seconds before it."""
        where, bounds = self._between(None, Position.of(until))
        query = self._sql(
            """with newest as (select max({at}) as at from {name} where {where})
            select (select at::text from newest), count(*) from {name}
            where {at} >= (select at - make_interval(secs => %s) from newest)""",
            where,
        )
        with _session(link):
            at, count = _row(link.execute(query, [*bounds, seconds]))
        return at, count

    def _between(self, after: Position | None, last: Position | None) -> tuple["sql.Composable", list[str]]:
        """The condition that a row lies after one position and not after another, and its parameters."""
        from psycopg import sql

        parts: list[sql.Composable] = [sql.SQL("true")]
        bounds: list[str] = []
        for sign, sign_of_time, position in ((">", ">=", after), ("<=", "<=", last)):
            if position is None:
                continue
            if position.key is None:
                parts.append(self._sql("{at} {sign} cast(%s as {at_type})", sql.SQL(sign_of_time)))
            else:
                parts.append(self._sql("({at}, {key}) {sign} (cast(%s as {at_type}), %s)", sql.SQL(sign)))
            bounds += [position.at] if position.key is None else [position.at, position.key]
        return sql.SQL(" and ").join(parts), bounds

    def _sql(self, text: LiteralString, given: "sql.Composable | None" = None) -> "sql.Composed":
        """A text with the names of this relation in it; `given` is its condition or sign."""
        from psycopg import sql

        return sql.SQL(text).format(
            name=self.name,
            at=sql.Identifier(self.at),
            at_type=sql.SQL(_TIMES[self.at_type]),
            key=sql.Identifier(self.key),
            columns=sql.SQL(", ").join(map(sql.Identifier, self.columns)),
            where=given,
            sign=given,
        )


def find(
    link: "psycopg.Connection[Any]", schema: str | None, table: str, source: str, cursor: tuple[str, str]
) -> Relation:
    """The relation of a name, `table` or `schema.table`, with those of its columns that the connector reads.

    Raises:
        UnreadableFile: there is none of that name, or it lacks a column.
    """
    from psycopg import sql

    before, _, last = table.rpartition(".")
    name = sql.Identifier(*filter(None, (before or schema, last)))
    with _session(link):
        found = _columns(link, name)
        if not found:
            raise UnreadableFile(f"there is no table {table}{_suggestion(link, last)}")
    connector = sources()[source]
    if absent := [column for column in dict.fromkeys((*connector.header.required, *cursor)) if column not in found]:
        raise UnreadableFile(f"{table} has no column {' and no '.join(absent)}, which {source} or its cursor needs")
    at, key = cursor
    if found[at] not in _TIMES:
        raise UnreadableFile(f"column {at} of {table} is {found[at]}; a cursor needs a timestamp")
    return Relation(name, tuple(column for column in connector.columns if column in found), at, found[at], key)


def _columns(link: "psycopg.Connection[Any]", name: "sql.Identifier") -> dict[str, str]:
    """Column → type; empty where there is no such relation."""
    rows = link.execute(
        """select attname, format_type(atttypid, null) from pg_attribute
        where attrelid = to_regclass(%s) and attnum > 0 and not attisdropped""",
        [name.as_string(link)],
    )
    return dict(rows.fetchall())


def _suggestion(link: "psycopg.Connection[Any]", table: str) -> str:
    rows = link.execute(
        """select relname from pg_class where relkind in ('r', 'p', 'v', 'm', 'f')
        and relnamespace not in ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)"""
    )
    known = {name.lower(): name for (name,) in rows.fetchall()}
    near = difflib.get_close_matches(table.lower(), known, n=1)
    return f"; did you mean {known[near[0]]}?" if near else " in this database"


def _row(rows: "psycopg.Cursor[Any]") -> tuple[Any, ...]:
    """The only row of a query that always gives one."""
    ((*found,),) = rows.fetchall()
    return tuple(found)


@contextmanager
def _session(link: "psycopg.Connection[Any]") -> Iterator[None]:
    """One short transaction in which times are written in one way, whatever the server's own habits are."""
    with link.transaction():
        link.execute("set local timezone to 'UTC'")
        link.execute("set local datestyle to 'ISO'")
        yield
