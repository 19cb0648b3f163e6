"""One input file → one Parquet part of canonical rows, and the lines that could not be read.

The fast path reads typed columns with DuckDB's JSON reader, so prompts are never parsed into columns, and writes the
part in the same pass. A line that the reader cannot read becomes a row without a key; a second pass over the raw
bytes looks at those lines only and finds the exact reason.
"""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import orjson
import pyarrow as pa

from readback import store
from readback.contracts.ddl import literal
from readback.contracts.privacy import scrub_macro
from readback.contracts.records import record_columns
from readback.errors import SourceError
from readback.feed import KEPT_BYTES, MAXIMUM_LINE, BrokenArchive, BrokenLine, Feed, open_plain, rewritten
from readback.labels import names, with_labels
from readback.line_index import LineIndex
from readback.routing import format_of, format_of_line
from readback.settings import Settings
from readback.sources import Source

KEYS = {
    "attempts": "attempt_id",
    "outcomes": "outcome_id",
    "provider_incidents": "incident_id",
    "admin_changes": "change_id",
    "counter_readings": "reading_id",
}
"""The column that is NULL exactly when a record could not be read."""

TIMES = {
    "attempts": "started_at",
    "outcomes": "occurred_at",
    "provider_incidents": "started_at",
    "admin_changes": "seen_at",
    "counter_readings": "read_at",
}

_ABSENT = ("", "none", "null", "unknown", "n/a", "undefined")
"""Words that gateways write for nothing. Looked up in a list: DuckDB makes a join of a long `in`."""
_LONGEST_ABSENT = max(map(len, _ABSENT))


@dataclass
class Landed:
    """What one file gave."""

    part: Path
    records: int = 0
    row_lines: int = 0
    rows: int = 0
    ignored_lines: int = 0
    first_at: datetime | None = None
    last_at: datetime | None = None
    broken: list[BrokenLine] = field(default_factory=list)

    @property
    def lines(self) -> int:
        """Lines that are not blank."""
        return self.row_lines + self.ignored_lines + len(self.broken)


def prepare_session(con: store.Connection) -> None:
    """The functions that the landing models use."""
    con.execute(scrub_macro())
    con.execute(
        """create or replace temp macro tagged(tags, prefix) as
            substr(list_filter(tags, lambda tag: starts_with(tag, prefix))[1], length(prefix) + 1)"""
    )
    words = ", ".join(map(literal, _ABSENT))
    con.execute(
        "create or replace temp macro absent(word) as "
        f"case when strlen(word) > {_LONGEST_ABSENT} or not list_contains([{words}], lower(word)) then word end"
    )


def land(
    con: store.Connection, source: Source, feed: Feed, part: Path, settings: Settings, parameters: Mapping[str, Any]
) -> Landed:
    """Write the rows of one file to a Parquet part; the parameters are `file_id` and `hash_key`.

    A file that the reader refuses as a whole (a line beyond its limit, a broken archive) is rewritten line by line
    and read again, so that the fault costs its own line only.
    """
    named = dict(parameters) | {"source": source.name}
    try:
        return _read(con, source, feed, part, settings, named)
    except (duckdb.Error, BrokenArchive):
        if feed.is_scratch:
            raise
    with rewritten(feed.path, part.with_suffix(".lines")) as second:
        return _read(con, source, second, part, settings, named)


def _read(
    con: store.Connection, source: Source, feed: Feed, part: Path, settings: Settings, parameters: Mapping[str, Any]
) -> Landed:
    read = _read_lines if source.header.grain == "line" else _read_nested
    with ThreadPoolExecutor(1) as pool, store.in_order(con):
        census = pool.submit(LineIndex.of, feed.path)
        landed, unread = read(con, source, feed, part, settings, parameters)
        index = census.result()
    numbers = _line_numbers(feed, has_blank_lines=index.lines > landed.records)
    if numbers is not None:
        _number_lines(con, part, numbers)
    broken = _explained(feed, source, unread, numbers, index)
    landed.broken = sorted(broken, key=lambda line: line.line)
    landed.ignored_lines += len(feed.broken) + len(unread) - len(broken)
    return landed


def _read_lines(
    con: store.Connection, source: Source, feed: Feed, part: Path, settings: Settings, parameters: Mapping[str, Any]
) -> tuple[Landed, dict[int, str | None]]:
    """One row a line: the part's row order is the file's line order."""
    sql = landing_sql(source, records_of(source, feed), settings)
    _copy(con, sql, part, parameters)
    key, time = KEYS[source.header.emits], TIMES[source.header.emits]
    records, rows, ignored, first, last = con.execute(
        f"""select count(*), count({key}), count(*) filter (where is_ignored and {key} is null), {_span(key, time)}
        from read_parquet({literal(str(part))})""",
        {"loaded_at": parameters["loaded_at"]},
    ).fetchall()[0]
    unread: dict[int, str | None] = {}
    if rows + ignored < records:
        found = con.execute(
            f"""select file_row_number, problem from read_parquet({literal(str(part))}, file_row_number = true)
            where {key} is null and is_ignored is not true"""
        )
        unread = dict(found.fetchall())
    return Landed(part, records, rows, rows, ignored, first, last), unread


def _read_nested(
    con: store.Connection, source: Source, feed: Feed, part: Path, settings: Settings, parameters: Mapping[str, Any]
) -> tuple[Landed, dict[int, str | None]]:
    """Any number of rows a line: typed records are staged first, which gives each its line."""
    stage = part.with_suffix(".stage")
    try:
        _copy(con, records_of(source, feed), stage, {})
        staged = f"read_parquet({literal(str(stage))}, file_row_number = true)"
        readable = " and ".join(f'"{name}" is not null' for name in source.header.required)
        records = f"select * exclude (file_row_number), file_row_number + 1 as line from {staged} where {readable}"
        _copy(con, landing_sql(source, records, settings), part, parameters)
        found = con.execute(f"select file_row_number from {staged} where not ({readable})").fetchall()
        (count,) = con.execute(f"select count(*) from {staged}").fetchall()[0]
    finally:
        stage.unlink(missing_ok=True)
    key, time = KEYS[source.header.emits], TIMES[source.header.emits]
    problems = con.execute(
        f"""select distinct line - 1, problem from read_parquet({literal(str(part))})
        where {key} is null and problem is not null"""
    ).fetchall()
    unread: dict[int, str | None] = dict.fromkeys((ordinal for (ordinal,) in found), None)
    unread.update(problems)
    lines = con.execute(
        f"select distinct line - 1 from read_parquet({literal(str(part))}) where {key} is not null"
    ).fetchall()
    row_lines = sum(ordinal not in unread for (ordinal,) in lines)
    rows, first, last = con.execute(
        f"select count({key}), {_span(key, time)} from read_parquet({literal(str(part))})",
        {"loaded_at": parameters["loaded_at"]},
    ).fetchall()[0]
    ignored = count - row_lines - len(unread)
    return Landed(part, count, row_lines, rows, ignored, first, last), unread


def _span(key: str, time: str) -> str:
    """Earliest and latest time of the rows; an announced maintenance lies in the future, and makes no log newer."""
    is_past = f"{key} is not null and {time} <= $loaded_at + interval 1 day"
    return f"min({time}) filter (where {is_past}), max({time}) filter (where {is_past})"


def _copy(con: store.Connection, sql: str, part: Path, parameters: Mapping[str, Any]) -> None:
    target = f"{literal(str(part))} (format parquet, parquet_version v2)"
    con.execute(f"copy (\n{sql}\n) to {target}", store.bound(sql, parameters))


def records_of(source: Source, feed: Feed) -> str:
    """The typed scan of a feed: only the columns that the header names are parsed."""
    typed = ", ".join(f'"{name}": {literal(sql_type)}' for name, sql_type in source.columns.items())
    return (
        f"select * from read_json({literal(str(feed.path))}, columns = {{{typed}}}, format = 'newline_delimited', "
        "records = true, ignore_errors = true, "
        f"maximum_object_size = {MAXIMUM_LINE}, compression = '{feed.compression}')"
    )


def landing_sql(source: Source, records: str, settings: Settings) -> str:
    """The whole way from records to the contract's rows as one query, so that DuckDB streams it."""
    rows = with_labels(source.body, settings, columns_given(source))
    return (
        f"with records as not materialized ({records}),\n"
        f"canonical as not materialized (select {_canonical_columns(source, settings)} from {rows})\n"
        f"select * from (\n{store.model('continuity/' + source.header.emits)}\n)"
    )


def _canonical_columns(source: Source, settings: Settings) -> str:
    """Every column that a record may have, NULL where the body leaves it out, and the configured names."""
    given = set(columns_given(source))
    known = record_columns(source.header.emits)
    if strange := given - set(known):
        told = ", ".join(sorted(strange))
        raise SourceError(f"gives unknown columns: {told}", file=f"models/sources/{source.name}.sql")
    filled = {
        name: f"cast({name if name in given else 'null'} as {sql_type}) as {name}" for name, sql_type in known.items()
    }
    if source.header.emits == "attempts":
        filled |= {name: f"{told} as {name}" for name, told in names(settings, given).items()}
    return ",\n    ".join(filled.values())


def columns_given(source: Source) -> tuple[str, ...]:
    """The names that a connector's body selects."""
    columns = dict(source.columns) | ({"line": "BIGINT"} if source.header.grain == "nested" else {})
    return _columns_of(source.body, tuple(columns.items()))


@cache
def _columns_of(body: str, columns: tuple[tuple[str, str], ...]) -> tuple[str, ...]:
    """The names that a body selects: DuckDB tells them without any record, once for all files of a format."""
    empty = ", ".join(f'cast(null as {sql_type}) as "{name}"' for name, sql_type in columns)
    con = store.memory()
    prepare_session(con)
    return tuple(con.sql(f"with records as (select {empty} where false) select * from ({body})").columns)


def _line_numbers(feed: Feed, *, has_blank_lines: bool) -> list[int] | None:
    """Line of each record in order; None when it is simply its place."""
    if feed.line_numbers is not None or not has_blank_lines:
        return feed.line_numbers
    with open_plain(feed.path) as stream:
        return [number for number, line in enumerate(stream, start=1) if line.strip()]


def _number_lines(con: store.Connection, part: Path, numbers: list[int]) -> None:
    """Give each row of a part its line, where that is not simply its place."""
    con.register("line_numbers", pa.table({"ordinal": range(len(numbers)), "number": numbers}))
    unnumbered = part.with_suffix(".unnumbered")
    part.rename(unnumbered)
    con.execute(
        f"""copy (
            select p.* exclude (file_row_number) replace (n.number as line)
            from read_parquet({literal(str(unnumbered))}, file_row_number = true) as p
            inner join line_numbers as n on n.ordinal = coalesce(p.line - 1, p.file_row_number)
            order by p.file_row_number
        ) to {literal(str(part))} (format parquet)"""
    )
    con.unregister("line_numbers")
    unnumbered.unlink()


def _explained(
    feed: Feed, source: Source, unread: Mapping[int, str | None], numbers: list[int] | None, index: LineIndex
) -> list[BrokenLine]:
    """The reason for every record that was not read, by a pass over the raw bytes; a record to ignore has none."""
    broken = {line.line: line for line in feed.broken}
    for ordinal, offset, line in _raw(feed, sorted(unread), numbers, index):
        number = ordinal + 1 if numbers is None else numbers[ordinal]
        place = offset if feed.offsets is None else feed.offsets[ordinal]
        if reason := unread[ordinal] or why_unreadable(line, source):
            is_foreign = format_of_line(line, source) is not source
            broken.setdefault(number, BrokenLine(number, place, reason, line[:KEPT_BYTES], is_foreign))
    return list(broken.values())


def _raw(
    feed: Feed, ordinals: list[int], numbers: list[int] | None, index: LineIndex
) -> Iterator[tuple[int, int, bytes]]:
    """The bytes of some records: found by the index where every record is simply a line of a plain file."""
    if feed.compression == "none" and numbers is None:
        yield from index.read(ordinals)
        return
    wanted, ordinal, offset = set(ordinals), -1, 0
    with open_plain(feed.path) as stream:
        for line in stream if wanted else ():
            if line.strip():
                ordinal += 1
                if ordinal in wanted:
                    yield ordinal, offset, line
            offset += len(line)


def why_unreadable(line: bytes, source: Source) -> str | None:
    """One sentence on why a line gave no row; None where its format says that such a record holds nothing."""
    try:
        line.decode("utf-8")
        record = orjson.loads(line)
    except UnicodeDecodeError as error:
        return f"not UTF-8 at byte {error.start + 1}"
    except orjson.JSONDecodeError as error:
        return f"not valid JSON: {error}"
    if not isinstance(record, dict):
        return f"expected a JSON object, found {_KINDS.get(type(record), 'a number')}"
    if any(key in record for key in source.header.ignores):
        return None
    absent = [name for name in source.header.required if record.get(name) is None]
    if absent:
        other = format_of(record, source)
        found = "" if other is source else f"; it is a record of {other.name}"
        return f"{', '.join(absent)} absent, which a {source.name} record needs{found}"
    return f"a required value is not what {source.name} writes: {', '.join(source.header.required)}"


_KINDS = {list: "a list", str: "a string", type(None): "null", bool: "a boolean"}
