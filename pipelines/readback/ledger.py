"""Which files were read, what each line became, what was quarantined and why.

A file is known by its content. Each of its lines is exactly one of: a row, a duplicate of a row, ignored, quarantined;
`balance` proves it. Everything that one file gives is recorded in one transaction after its part was written, so a
killed run leaves at most an unregistered part, which the next run overwrites.
"""

import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import duckdb
import xxhash

from readback import store
from readback.contracts import BY_TABLE, LedgerFile, QuarantinedLine
from readback.contracts.ddl import column_names, literal
from readback.contracts.privacy import scrub, skeleton
from readback.contracts.vocabulary import FileState
from readback.errors import SettingsError
from readback.feed import BrokenLine, Shape, compression, prepare, sample, shape
from readback.landing import KEYS, Landed, land, prepare_session
from readback.settings import Project
from readback.sources import Source, nearest, recognize, sources

Progress = Callable[[Path], None]

CALL_OVERLAP_S = 7200
"""Longest time in seconds between two attempts of one call; an attempt near midnight makes two days dirty."""

_REFUSALS: dict[Shape, FileState] = {"empty": FileState.EMPTY, "damaged": FileState.FAILED}
_READ = (
    "files", "quarantine", "outcomes", "provider_incidents", "admin_changes", "source_counters", "ledger.parts",
    "ledger.dirty_days", "ledger.second_observers", "ledger.seen",
)  # fmt: skip
"""Everything that follows from what was read."""

_BLOCK = 1 << 22
_HEAD = 512
_CANDIDATES = 200
_COUNTS = (
    "bytes", "lines", "row_lines", "duplicate_lines", "ignored_lines", "quarantined_lines", "rows", "skipped_lines"
)  # fmt: skip


@dataclass
class Loaded:
    """What one loading did."""

    new: list[LedgerFile] = field(default_factory=list)
    known: list[Path] = field(default_factory=list)


@dataclass(frozen=True)
class _Identity:
    """A file's content hash, and the known file of which it is a grown copy."""

    file_id: str
    size: int
    continues: LedgerFile | None
    known: tuple[int, int]
    """Bytes and lines at its start that were read as part of that file."""


@dataclass(frozen=True)
class _Entry:
    """What a ledger row says whatever became of the file."""

    identity: _Identity
    path: str
    loaded_at: datetime

    def refused(self, state: FileState, reason: str | None) -> LedgerFile:
        """The row of a file that was not read."""
        return self._file(state=state, reason=reason and scrub(reason))

    def landed(self, source: Source, landed: Landed, duplicate_lines: int) -> LedgerFile:
        """The row of a file that was."""
        return self._file(
            source=source.name,
            state=FileState.LOADED,
            lines=landed.lines + duplicate_lines,
            row_lines=landed.row_lines,
            duplicate_lines=duplicate_lines,
            ignored_lines=landed.ignored_lines,
            quarantined_lines=len(landed.broken),
            ignored_rule=source.header.ignored if landed.ignored_lines else None,
            rows=landed.rows,
            first_at=landed.first_at,
            last_at=landed.last_at,
        )

    def _file(self, **facts: object) -> LedgerFile:
        blank = dict.fromkeys(LedgerFile.model_fields) | dict.fromkeys(_COUNTS, 0)
        return LedgerFile.model_validate(
            blank
            | {
                "file_id": self.identity.file_id,
                "path": self.path,
                "bytes": self.identity.size,
                "continues_file_id": self.identity.continues.file_id if self.identity.continues else None,
                "skipped_lines": self.identity.known[1],
                "loaded_at": self.loaded_at,
            }
            | facts
        )


def create_tables(con: store.Connection) -> None:
    """The ledger's own tables: parts of the lake, and days that await the steps after it."""
    con.execute("create schema if not exists ledger")
    con.execute(
        """create table if not exists ledger.parts (
            file_id varchar, path varchar, source varchar, rows bigint, first_at timestamptz, last_at timestamptz
        )"""
    )
    con.execute("create table if not exists ledger.dirty_days (day date)")
    con.execute("create table if not exists ledger.generations (number bigint)")
    con.execute(
        """create table if not exists ledger.seen (
            path varchar, bytes bigint, modified_ns bigint, file_id varchar, head varchar
        )"""
    )
    con.execute("create table if not exists ledger.second_observers (day date, source varchar, attempts bigint)")
    if not con.execute("select 1 from duckdb_views() where view_name = 'attempts'").fetchall():
        refresh_attempts(con)


def input_files(project: Project) -> list[tuple[Path, str | None]]:
    """Every file that the inputs of `readback.toml` name, with the source where one is given.

    Raises:
        SettingsError: an input that names an unknown source, or a path where nothing lies.
    """
    found: dict[Path, str | None] = {}
    for number, given in enumerate(project.settings.inputs):
        check_source(given.source, f"inputs.{number}.source", project.root / "readback.toml")
        for file in expand(project.root, given.path):
            found.setdefault(file, given.source)
    return list(found.items())


def expand(root: Path, pattern: str) -> list[Path]:
    """The files of a path: itself, all below it, or what a glob matches; sorted, hidden ones left out."""
    path = Path(pattern) if Path(pattern).is_absolute() else root / pattern
    if path.is_file():
        return [path]
    if path.is_dir():
        candidates: Iterable[Path] = path.rglob("*")
    else:
        anchor = Path(path.anchor)
        candidates = anchor.glob(str(path.relative_to(anchor)))
    return sorted(file for file in candidates if file.is_file() and not _is_hidden(file.relative_to(path.anchor), root))


def load(
    con: store.Connection,
    project: Project,
    files: Iterable[tuple[Path, str | None]],
    loaded_at: datetime,
    on_file: Progress = lambda file: None,
) -> Loaded:
    """Read every file that is not known yet; one bad file never stops the others."""
    prepare_session(con)
    _make_lake(project)
    result = Loaded()
    for file, name in files:
        on_file(file)
        entry = _load_one(con, project, file, name, loaded_at)
        if entry is None:
            result.known.append(file)
        else:
            result.new.append(entry)
    refresh_attempts(con)
    return result


def refresh_attempts(con: store.Connection) -> None:
    """Point the view `attempts` at the registered parts."""
    parts = con.execute("select path from ledger.parts order by first_at, path").fetchall()
    con.execute(store.attempts_view([path for (path,) in parts]))


def imbalance(con: store.Connection) -> list[tuple[str, int, int]]:
    """Files whose lines do not add up: path, lines read, lines accounted for. Empty when nothing was lost."""
    return con.execute(
        """select path, lines, row_lines + duplicate_lines + ignored_lines + quarantined_lines as accounted
        from files where lines <> row_lines + duplicate_lines + ignored_lines + quarantined_lines order by path"""
    ).fetchall()


def forget(con: store.Connection) -> None:
    """Start over: no file is known any more. The parts stay as long as the published snapshot may read them."""
    with store.transaction(con):
        for table in _READ:
            con.execute(f"delete from {table}")
        con.execute("insert into ledger.generations select count(*) + 1 from ledger.generations")
        refresh_attempts(con)


def find_lake(con: store.Connection, project: Project) -> None:
    """Look for the parts where the project lies now: it may have been moved."""
    con.execute(
        "update ledger.parts set path = $lake || parse_filename(path) where path <> $lake || parse_filename(path)",
        {"lake": f"{project.lake}/"},
    )
    refresh_attempts(con)


def sweep(con: store.Connection, project: Project) -> None:
    """Remove the parts that the published snapshot reads no more."""
    known = {Path(path) for (path,) in con.execute("select path from ledger.parts").fetchall()}
    for part in project.lake.glob("*.parquet"):
        if part not in known:
            part.unlink()


def _make_lake(project: Project) -> None:
    """The lake's folder, without what a killed run left half done; a stage may hold what must not stay."""
    project.lake.mkdir(parents=True, exist_ok=True)
    for stray in project.lake.iterdir():
        if stray.suffix != ".parquet":
            stray.unlink()


def _load_one(
    con: store.Connection, project: Project, file: Path, name: str | None, loaded_at: datetime
) -> LedgerFile | None:
    """What became of a file; None where its content was read before. One that was refused is tried again."""
    unnamed = _Identity(xxhash.xxh3_128(f"unread:{file}".encode()).hexdigest(), 0, None, (0, 0))
    entry = _Entry(unnamed, str(file), loaded_at)
    try:
        if _is_untouched(con, file):
            return None
        identity = _identify(con, file)
        if identity is None:
            return None
        entry = _Entry(identity, str(file), loaded_at)
        kind = shape(file)
        source, reason = _source_of(file, name, kind)
        if source is None:
            return _record(con, entry.refused(_REFUSALS.get(kind, FileState.UNKNOWN_FORMAT), reason))
        return _land_one(con, project, file, kind, source, entry)
    except OSError as error:
        if error.filename is None or Path(error.filename) != file:
            raise
        return _record(con, entry.refused(FileState.FAILED, f"cannot be opened: {error.strerror}"))
    except duckdb.DataError as error:
        return _record(con, entry.refused(FileState.FAILED, f"holds a value that cannot be read: {_first_line(error)}"))


def _land_one(
    con: store.Connection, project: Project, file: Path, kind: Shape, source: Source, entry: _Entry
) -> LedgerFile:
    ((generation,),) = con.execute("select count(*) from ledger.generations").fetchall()
    part = project.lake / f"{entry.identity.file_id}-{generation}.parquet"
    parameters = {
        "file_id": entry.identity.file_id,
        "hash_key": _hash_key(project),
        "loaded_at": entry.loaded_at,
    }
    with prepare(file, kind, part.with_suffix(".feed"), entry.identity.known) as feed:
        landed = land(con, source, feed, part, project.settings, parameters)
    with store.transaction(con):
        _finish_line(con, entry.identity)
        duplicates = _settle(con, source, landed)
        _quarantine(con, source, entry, landed.broken)
        return _record(con, entry.landed(source, landed, duplicates))


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
    con.execute(
        f"""create or replace temp table arriving as
        select * exclude (file_row_number) replace (coalesce(line, file_row_number + 1) as line)
        from read_parquet({literal(str(landed.part))}, file_row_number = true)
        where {key} is not null and {key} not in (select {key} from {table})
        qualify row_number() over (partition by {key} order by file_row_number) = 1"""
    )
    names = ", ".join(column_names(BY_TABLE[table]))
    con.execute(f"insert into {table} by name select {names} from arriving")
    ((new_lines, rows),) = con.execute("select count(distinct line), count(*) from arriving").fetchall()
    con.execute("drop table arriving")
    landed.part.unlink()
    return _retain(landed, new_lines, rows)


def _settle_attempts(con: store.Connection, source: Source, landed: Landed) -> int:
    repeated = _without_repeats(con, landed) if landed.rows else 0
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


def _without_repeats(con: store.Connection, landed: Landed) -> int:
    """Rewrite a part without the rows that it or an overlapping part already holds; how many lines only repeat."""
    part = literal(str(landed.part))
    others = con.execute(
        "select path from ledger.parts where last_at >= ? and first_at <= ?", [landed.first_at, landed.last_at]
    ).fetchall()
    if not _has_repeats(con, part, others):
        return 0
    known = f"select attempt_id from read_parquet([{', '.join(literal(path) for (path,) in others)}])" if others else ""
    unseen = f"and attempt_id not in ({known} where attempt_id is not null)" if others else ""
    kept = landed.part.with_suffix(".kept")
    con.execute(
        f"""copy (
            select * exclude (file_row_number) replace (coalesce(line, file_row_number + 1) as line)
            from read_parquet({part}, file_row_number = true) where attempt_id is not null {unseen}
            qualify row_number() over (partition by attempt_id order by file_row_number) = 1 order by line
        ) to {literal(str(kept))} (format parquet)"""
    )
    kept.replace(landed.part)
    ((new_lines, rows),) = con.execute(f"select count(distinct line), count(*) from read_parquet({part})").fetchall()
    return _retain(landed, new_lines, rows)


def _has_repeats(con: store.Connection, part: str, others: list[tuple[str]]) -> bool:
    own = f"select count(*) - count(distinct attempt_id) from read_parquet({part}) where attempt_id is not null"
    if con.execute(own).fetchall()[0][0]:
        return True
    if not others:
        return False
    paths = ", ".join(literal(path) for (path,) in others)
    shared = f"select 1 from read_parquet({part}) semi join read_parquet([{paths}]) using (attempt_id) limit 1"
    return bool(con.execute(shared).fetchall())


def _retain(landed: Landed, new_lines: int, rows: int) -> int:
    repeated = landed.row_lines - new_lines
    landed.row_lines, landed.rows = new_lines, rows
    return repeated


def _finish_line(con: store.Connection, identity: _Identity) -> None:
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
            path=entry.path,
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


def _source_of(file: Path, name: str | None, kind: Shape) -> tuple[Source | None, str | None]:
    """The connector of a file, or why there is none."""
    if kind == "empty":
        return None, "holds nothing"
    if kind == "damaged":
        return None, "the archive is damaged or cut off before its first line"
    if kind == "binary":
        return None, "is binary, not a log that readback knows"
    records = sample(file, kind)
    source = sources()[name] if name is not None else recognize(records)
    if source is not None:
        return source, None
    if not records:
        return None, "no record in it could be read as JSON, CSV or Parquet"
    return None, str(nearest(records) or "no record has a key that any format is recognized by")


def _identify(con: store.Connection, file: Path) -> _Identity | None:
    """Hash of the content; None when it is known. A known file that is its beginning is found in the same pass."""
    size = file.stat().st_size
    shorter = _shorter_files(con, file, size)
    hasher, position = xxhash.xxh3_128(), 0
    continues: tuple[LedgerFile, tuple[int, int]] | None = None
    lines, line_start = 0, 0
    with file.open("rb") as stream:
        for known in [*shorter, None]:
            end = known.bytes if known else size
            while position < end and (block := stream.read(min(_BLOCK, end - position))):
                hasher.update(block)
                if shorter:
                    lines += block.count(b"\n")
                    line_start = position + block.rfind(b"\n") + 1 if b"\n" in block else line_start
                position += len(block)
            if known is not None and hasher.hexdigest() == known.file_id:
                continues = (known, (line_start, lines))
    file_id = hasher.hexdigest()
    _remember(con, file, file_id)
    if con.execute("select 1 from files where file_id = ? and state in ('loaded', 'empty')", [file_id]).fetchall():
        return None
    if continues is None or shape(file) != "lines":
        return _Identity(file_id, size, None, (0, 0))
    return _Identity(file_id, size, *continues)


def _is_untouched(con: store.Connection, file: Path) -> bool:
    """Size and time are as when its content was last looked at, and it was read: it need not be read again."""
    facts = file.stat()
    found = con.execute(
        """select 1 from ledger.seen as s inner join files as f on s.file_id = f.file_id
        where s.path = ? and s.bytes = ? and s.modified_ns = ? and f.state in ('loaded', 'empty')""",
        [str(file), facts.st_size, facts.st_mtime_ns],
    )
    return bool(found.fetchall())


def _remember(con: store.Connection, file: Path, file_id: str) -> None:
    facts = file.stat()
    con.execute("delete from ledger.seen where path = ?", [str(file)])
    con.execute(
        "insert into ledger.seen values (?, ?, ?, ?, ?)",
        [str(file), facts.st_size, facts.st_mtime_ns, file_id, _head(file)],
    )


def _head(file: Path) -> str:
    """Hash of the first bytes: a file that grew begins as it did before."""
    with file.open("rb") as stream:
        return xxhash.xxh3_128(stream.read(_HEAD)).hexdigest()


def _shorter_files(con: store.Connection, file: Path, size: int) -> list[LedgerFile]:
    """Known plain files of the same folder that this one may have grown from, by size."""
    if compression(file) != "none":
        return []
    names = ", ".join(column_names(LedgerFile))
    found = con.execute(
        f"""select {names} from files where bytes < ? and bytes > 0 and state = 'loaded'
        and (path = ? or path[1:?] = ?)
        and (bytes < ? or file_id in (select file_id from ledger.seen where head = ?))
        order by path <> ?, bytes desc limit ?""",
        [size, str(file), len(str(file.parent)), str(file.parent), _HEAD, _head(file), str(file), _CANDIDATES],
    )
    shorter = [LedgerFile(**dict(zip(LedgerFile.model_fields, row, strict=True))) for row in found.fetchall()]
    return sorted(shorter, key=lambda known: known.bytes)


def check_source(name: str | None, key: str, file: Path | None) -> None:
    """Refuse a source that no connector has.

    Raises:
        SettingsError: there is none of that name.
    """
    if name is not None and name not in sources():
        raise SettingsError(f"unknown source {name!r}; expected one of {', '.join(sources())}", file=file, key=key)


def _is_hidden(file: Path, root: Path) -> bool:
    anchored = root.relative_to(root.anchor)
    below = file.relative_to(anchored) if file.is_relative_to(anchored) else file
    return any(part.startswith(".") for part in below.parts)
