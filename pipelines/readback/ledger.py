"""Which files were read, what each line became, what was quarantined and why.

Each line of a file is exactly one of: a row, a duplicate of a row, ignored, quarantined; `imbalance` names a file for
which that does not hold. Everything that one file gives is recorded in one transaction after its part was written, so a
killed run leaves at most an unregistered part, which the next run overwrites.
"""

import secrets
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import xxhash

from readback import store
from readback.contracts import BY_TABLE, LabelCandidate, LedgerFile, QuarantinedLine
from readback.contracts.ddl import column_names, literal
from readback.contracts.privacy import scrub, skeleton
from readback.contracts.vocabulary import FileState
from readback.errors import UnreadableFile
from readback.feed import BrokenLine, Feed, Shape, prepare, sample, shape
from readback.identity import Identity, identify, is_untouched
from readback.inputs.origins import Origin
from readback.label_census import label_census
from readback.lake import make_lake, refresh_attempts, retain, without_repeats
from readback.landing import KEYS, Landed, land, prepare_session
from readback.routing import is_mixed, parted
from readback.settings import Project, Settings
from readback.sources import Source, nearest, recognize, sources

Progress = Callable[[Origin], None]

CALL_OVERLAP_S = 7200
"""Longest time in seconds between two attempts of one call; an attempt near midnight makes two days dirty."""

LONGEST_COUNT_S = 129_600
"""Longest time in seconds between two scrapes that say something together: a day, and half of one for a late scrape."""

_REFUSALS: dict[Shape, FileState] = {"empty": FileState.EMPTY, "damaged": FileState.FAILED}
_READ = (
    "files", "quarantine", "outcomes", "provider_incidents", "admin_changes", "counter_readings", "source_counters",
    "reconciliation", "label_candidates", "ledger.parts", "ledger.dirty_days", "ledger.counted_days",
    "ledger.second_observers", "ledger.seen", "ledger.cursors",
)  # fmt: skip
"""Everything that follows from what was read."""

_MARK_COUNTED = f"""insert into ledger.counted_days
    select distinct cast(coalesce(from_at, read_at) - to_seconds(shift) as date)
    from arriving, (values (0), ({LONGEST_COUNT_S // 2}), ({LONGEST_COUNT_S})) as reach (shift)"""
"""A scrape changes what is known since the one before it, which lies at most so far back."""

_STAGES = ("investigating_at", "identified_at", "monitoring_at", "resolved_at", "postmortem_at")
_COUNTS = (
    "bytes", "lines", "row_lines", "duplicate_lines", "ignored_lines", "quarantined_lines", "rows", "skipped_lines"
)  # fmt: skip


@dataclass
class Loaded:
    """What one loading did."""

    new: list[LedgerFile] = field(default_factory=list)
    known: list[Origin] = field(default_factory=list)


@dataclass(frozen=True)
class _Entry:
    """What a ledger row says whatever became of the file."""

    identity: Identity
    origin: Origin
    loaded_at: datetime

    def refused(self, state: FileState, reason: str | None) -> LedgerFile:
        """The row of a file that was not read."""
        return self._file(state=state, reason=reason and scrub(reason))

    def landed(self, given: Sequence[tuple[Source, Landed]], duplicate_lines: int) -> LedgerFile:
        """The row of a file that was, by what each of its formats gave; the main one comes first."""
        parts = [landed for _, landed in given]
        rules = [source.header.ignored for source, landed in given if landed.ignored_lines]
        return self._file(
            source=given[0][0].name,
            other_sources=[source.name for source, _ in given[1:]],
            state=FileState.LOADED,
            lines=sum(landed.lines for landed in parts) + duplicate_lines,
            row_lines=sum(landed.row_lines for landed in parts),
            duplicate_lines=duplicate_lines,
            ignored_lines=sum(landed.ignored_lines for landed in parts),
            quarantined_lines=sum(len(landed.broken) for landed in parts),
            ignored_rule="; ".join(rules) or None,
            rows=sum(landed.rows for landed in parts),
            first_at=min((landed.first_at for landed in parts if landed.first_at), default=None),
            last_at=max((landed.last_at for landed in parts if landed.last_at), default=None),
        )

    def _file(self, **facts: object) -> LedgerFile:
        blank = dict.fromkeys(LedgerFile.model_fields) | dict.fromkeys(_COUNTS, 0) | {"other_sources": []}
        return LedgerFile.model_validate(
            blank
            | {
                "file_id": self.identity.file_id,
                "path": self.origin.address,
                "bytes": self.identity.size,
                "continues_file_id": self.identity.continues.file_id if self.identity.continues else None,
                "skipped_lines": self.identity.known[1],
                "loaded_at": self.loaded_at,
            }
            | facts
        )


@dataclass(frozen=True)
class _Format:
    """What a file's records are: of one format as far as its beginning tells, unless it is mixed."""

    main: Source
    is_told: bool = False
    """The user named it: no line is read as anything else."""
    is_mixed: bool = False


def create_tables(con: store.Connection) -> None:
    """The ledger's own tables: parts of the lake, and days that await the steps after it."""
    con.execute("create schema if not exists ledger")
    con.execute(
        """create table if not exists ledger.parts (
            file_id varchar, path varchar, source varchar, rows bigint, first_at timestamptz, last_at timestamptz
        )"""
    )
    con.execute("create table if not exists ledger.dirty_days (day date)")
    con.execute("create table if not exists ledger.counted_days (day date)")
    con.execute("create table if not exists ledger.generations (number bigint)")
    con.execute(
        """create table if not exists ledger.seen (
            path varchar, bytes bigint, modified_ns bigint, file_id varchar, head varchar
        )"""
    )
    con.execute("alter table ledger.seen add column if not exists etag varchar")
    con.execute(
        "create table if not exists ledger.cursors (place varchar primary key, last_at varchar, last_key varchar)"
    )
    con.execute("create table if not exists ledger.second_observers (day date, source varchar, attempts bigint)")
    if not con.execute("select 1 from duckdb_views() where view_name = 'attempts'").fetchall():
        refresh_attempts(con)


def load(
    con: store.Connection,
    project: Project,
    logs: Iterable[Origin],
    loaded_at: datetime,
    on_log: Progress = lambda log: None,
) -> Loaded:
    """Read every log that is not known yet; a bad one never stops the others."""
    prepare_session(con)
    make_lake(project)
    result = Loaded()
    for log in logs:
        on_log(log)
        entry = _load_one(con, project, log, loaded_at)
        if entry is None:
            result.known.append(log)
        else:
            result.new.append(entry)
    refresh_attempts(con)
    return result


def imbalance(con: store.Connection) -> list[tuple[str, int, int]]:
    """Files whose lines do not add up: path, lines read, lines accounted for. Empty when nothing was lost."""
    return con.execute(store.model("ledger/imbalance")).fetchall()


def forget(con: store.Connection) -> None:
    """Start over: no file is known any more. The parts stay as long as the published snapshot may read them."""
    with store.transaction(con):
        for table in _READ:
            con.execute(f"delete from {table}")
        con.execute("insert into ledger.generations select count(*) + 1 from ledger.generations")
        refresh_attempts(con)


def _load_one(con: store.Connection, project: Project, log: Origin, loaded_at: datetime) -> LedgerFile | None:
    """What became of a log; None where its content was read before. One that was refused is tried again."""
    unnamed = Identity(xxhash.xxh3_128(f"unread:{log.address}".encode()).hexdigest(), 0, None, (0, 0))
    entry = _Entry(unnamed, log, loaded_at)
    try:
        if is_untouched(con, log):
            return None
        with log.opened() as file:
            identity = identify(con, log, file)
            if identity is None:
                log.note(con)
                return None
            entry = _Entry(identity, log, loaded_at)
            kind = shape(file)
            found, reason = _format_of(file, log.source, kind)
            if found is None:
                return _record(con, entry.refused(_REFUSALS.get(kind, FileState.UNKNOWN_FORMAT), reason))
            return _land_one(con, project, file, kind, found, entry)
    except UnreadableFile as error:
        return _record(con, entry.refused(FileState.FAILED, error.message))
    except OSError as error:
        if error.filename is None or Path(error.filename) != Path(log.address):
            raise
        return _record(con, entry.refused(FileState.FAILED, f"cannot be opened: {error.strerror}"))
    except duckdb.DataError as error:
        return _record(con, entry.refused(FileState.FAILED, f"holds a value that cannot be read: {_first_line(error)}"))


def _land_one(
    con: store.Connection, project: Project, file: Path, kind: Shape, found: _Format, entry: _Entry
) -> LedgerFile:
    ((generation,),) = con.execute("select count(*) from ledger.generations").fetchall()
    part = project.lake / f"{entry.identity.file_id}-{generation}.parquet"
    parameters = {
        "file_id": entry.identity.file_id,
        "hash_key": _hash_key(project),
        "loaded_at": entry.loaded_at,
    }
    with prepare(file, kind, part.with_suffix(".feed"), entry.identity.known) as feed:
        given = list(_landings(con, feed, part, found, project.settings, parameters))
        labels = label_census(con, found.main, feed, project.settings, entry.identity.file_id)
    with store.transaction(con):
        con.execute("delete from label_candidates where file_id = ?", [entry.identity.file_id])
        store.insert_rows(con, LabelCandidate, labels)
        _finish_line(con, entry.identity)
        duplicates = sum(_settle(con, source, landed) for source, landed in given)
        for source, landed in given:
            _quarantine(con, source, entry, landed.broken)
        entry.origin.note(con)
        return _record(con, entry.landed(given, duplicates))


def _landings(
    con: store.Connection, feed: Feed, part: Path, found: _Format, settings: Settings, parameters: Mapping[str, Any]
) -> Iterator[tuple[Source, Landed]]:
    """One part of a file of one format; one per format of a mixed one, of which the main one comes first."""
    if not found.is_mixed:
        landed = land(con, found.main, feed, part, settings, parameters)
        if found.is_told or not any(line.is_foreign for line in landed.broken):
            yield found.main, landed
            return
        landed.part.unlink()
    with parted(feed, found.main, part) as feeds:
        for source, one in feeds:
            place = part.with_stem(f"{part.stem}-{source.name}")
            yield source, land(con, source, one, place, settings, parameters)


def _hash_key(project: Project) -> str:
    """The project's own secret, with which people are hashed; it never enters a database."""
    file = project.state / "hash.key"
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(secrets.token_hex(16))
    return file.read_text()


def _settle(con: store.Connection, source: Source, landed: Landed) -> int:
    """Register the rows of a part that are not known yet; the number of lines that only repeat known rows."""
    if source.header.emits == "attempts":
        return _settle_attempts(con, source, landed)
    table, key = source.header.emits, KEYS[source.header.emits]
    if table == "provider_incidents":
        _replace_incidents(con, landed)
    if table == "counter_readings":
        _replace_readings(con, landed)
    con.execute(
        f"""create or replace temp table arriving as
        select * exclude (file_row_number) replace (coalesce(line, file_row_number + 1) as line)
        from read_parquet({literal(str(landed.part))}, file_row_number = true)
        where {key} is not null and {key} not in (select {key} from {table})
        qualify row_number() over (partition by {key} order by file_row_number) = 1"""
    )
    names = ", ".join(column_names(BY_TABLE[table]))
    con.execute(f"insert into {table} by name select {names} from arriving")
    if table == "counter_readings":
        con.execute(_MARK_COUNTED)
    repeated = retain(con, "arriving", landed)
    con.execute("drop table arriving")
    landed.part.unlink()
    return repeated


def _replace_incidents(con: store.Connection, landed: Landed) -> None:
    """An incident is told again as it goes on: the telling that knows more of its stages holds."""
    stages = " + ".join(f"({{row}}.{stage} is not null)::integer" for stage in _STAGES)
    con.execute(
        f"""delete from provider_incidents as held using read_parquet({literal(str(landed.part))}) as told
        where held.incident_id = told.incident_id and {stages.format(row="held")} < {stages.format(row="told")}"""
    )


def _replace_readings(con: store.Connection, landed: Landed) -> None:
    """A bucket of a usage export is told again when more of its time was counted: the greater count holds."""
    con.execute(
        f"""delete from counter_readings as held using read_parquet({literal(str(landed.part))}) as told
        where held.reading_id = told.reading_id and held.total < told.total"""
    )


def _settle_attempts(con: store.Connection, source: Source, landed: Landed) -> int:
    repeated = without_repeats(con, landed) if landed.rows else 0
    if landed.rows:
        part = literal(str(landed.part))
        file_id = landed.part.stem.partition("-")[0]
        con.execute(
            "insert into ledger.parts values (?, ?, ?, ?, ?, ?)",
            [file_id, str(landed.part), source.name, landed.rows, landed.first_at, landed.last_at],
        )
        con.execute(
            f"""insert into ledger.dirty_days
            select distinct cast(started_at + to_seconds(shift) as date)
            from read_parquet({part}), (values (0), (-{CALL_OVERLAP_S}), ({CALL_OVERLAP_S})) as neighbours (shift)
            where attempt_id is not null"""
        )
    else:
        landed.part.unlink()
    return repeated


def _finish_line(con: store.Connection, identity: Identity) -> None:
    """A last line that was unfinished when the shorter file was read is read now: it is no longer that file's."""
    if identity.continues is None or identity.known[0] == identity.continues.bytes:
        return
    unfinished = [identity.continues.file_id, identity.known[1] + 1]
    if con.execute("delete from quarantine where file_id = ? and line = ? returning 1", unfinished).fetchall():
        con.execute(
            "update files set lines = lines - 1, quarantined_lines = quarantined_lines - 1 where file_id = ?",
            [identity.continues.file_id],
        )


def _quarantine(con: store.Connection, source: Source, entry: _Entry, broken: list[BrokenLine]) -> None:
    rows = [
        QuarantinedLine(
            file_id=entry.identity.file_id,
            path=entry.origin.address,
            line=line.line,
            byte_offset=line.offset,
            source=source.name,
            reason=scrub(line.reason),
            content=skeleton(line.content, source.columns),
        )
        for line in broken
    ]
    store.insert_rows(con, QuarantinedLine, rows)


def _record(con: store.Connection, file: LedgerFile) -> LedgerFile:
    """One row per content; a file that was refused before has its row replaced."""
    con.execute("delete from files where file_id = ? or (path = ? and state = 'failed')", [file.file_id, file.path])
    store.insert_rows(con, LedgerFile, [file])
    return file


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0]


def _format_of(file: Path, name: str | None, kind: Shape) -> tuple[_Format | None, str | None]:
    """The format of a file, or why there is none."""
    if kind == "empty":
        return None, "holds nothing"
    if kind == "damaged":
        return None, "the archive is damaged or cut off before its first line"
    if kind == "binary":
        return None, "is binary, not a log that readback knows"
    if name is not None:
        return _Format(sources()[name], is_told=True), None
    records = sample(file, kind)
    source = recognize(records)
    if source is not None:
        return _Format(source, is_mixed=is_mixed(records, source)), None
    if not records:
        return None, "no record in it could be read as JSON, CSV or Parquet"
    return None, str(nearest(records) or "no record has a key that any format is recognized by")
