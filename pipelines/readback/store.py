"""The only file that opens DuckDB: the writer's warehouse, the reader's snapshot, and publishing one as the other."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

import duckdb
import pyarrow as pa

from readback import shipped, statements
from readback.contracts import BY_TABLE, PUBLISHED, Attempt, Row, columns
from readback.contracts.ddl import column_names, comments, create_table, dictionary
from readback.errors import NotPublished, ProjectBusy, ProjectError, QueryError
from readback.settings import Project

Connection = duckdb.DuckDBPyConnection
Relation = duckdb.DuckDBPyRelation
Found = TypeVar("Found")

VIEWS = frozenset({"attempts", "run_status"})
"""Published names that are views: attempts lie in the lake, run_status follows from what the clock of the logs says."""

_LINE = "coalesce(line, file_row_number + 1) as line"
_OFFLINE: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "python_enable_replacements": "false",
}
"""A reader fetches nothing, and sees no variable of the program that it runs in."""

_PARAMETER = re.compile(r"\$([a-z_]+)")
_KEPT_SNAPSHOTS = 2


def memory() -> Connection:
    """A database of its own in memory, with the session settings that every model is written for."""
    return _configured(duckdb.connect())


@contextmanager
def warehouse(project: Project) -> Iterator[Connection]:
    """The pipeline's own database, opened for writing by one process at a time.

    Raises:
        ProjectBusy: another process has it open.
        ProjectError: the folder cannot be written.
    """
    _make_folder(project.state)
    con = _connect_for_writing(project.warehouse)
    try:
        _configured(con)
        _limit(con, project)
        create_tables(con)
        _add_new_columns(con, project)
        yield con
    finally:
        con.close()


@contextmanager
def in_order(con: Connection) -> Iterator[None]:
    """Rows are written in the order in which they are read, by however many threads.

    A join forgets that order, and DuckDB makes one of every list of words that a value is compared with: not here. The
    comparisons themselves are faster, too.
    """
    ((before, disabled),) = con.execute(
        "select current_setting('preserve_insertion_order'), current_setting('disabled_optimizers')"
    ).fetchall()
    con.execute("set preserve_insertion_order = true")
    con.execute("set disabled_optimizers = 'in_clause'")
    try:
        yield
    finally:
        con.execute(f"set preserve_insertion_order = {before}")
        con.execute(f"set disabled_optimizers = '{disabled}'")


def create_tables(con: Connection) -> None:
    """Every table of the contracts, where it does not exist yet."""
    for row in PUBLISHED:
        if row.table not in VIEWS:
            con.execute(create_table(row))


def _add_new_columns(con: Connection, project: Project) -> None:
    """Bring tables that an older readback made up to the contracts: a new column is absent from what it wrote.

    Raises:
        ProjectError: a table holds what no added column can mend.
    """
    for row in PUBLISHED:
        held = _held_columns(con, row)
        new = [column for column in columns(row) if column.name not in held] if held else []
        kept = {column.name: column.sql_type for column in columns(row) if column.name in held}
        if held != kept or not all(column.is_nullable or column.sql_type.endswith("[]") for column in new):
            told = f"table {row.table} was made by another version of readback; move {project.state.name} aside and run"
            raise ProjectError(f"{told} again, which reads all logs anew", file=project.warehouse)
        for column in new:
            default = "null" if column.is_nullable else "[]"
            con.execute(f"alter table {row.table} add column {column.name} {column.sql_type} default {default}")


def _held_columns(con: Connection, row: type[Row]) -> dict[str, str]:
    """Names and types of the columns of a table as it stands; empty for a view."""
    found = con.execute(
        "select column_name, data_type from duckdb_columns() where table_name = ? and schema_name = 'main'", [row.table]
    )
    return {} if row.table in VIEWS else dict(found.fetchall())


def attempts_view(parts: Sequence[str]) -> str:
    """Definition of `attempts` over immutable Parquet parts; a part's row order is its file's line order."""
    names = ", ".join(_LINE if name == "line" else name for name in column_names(Attempt))
    if not parts:
        empty = ", ".join(f"cast(null as {column.sql_type}) as {column.name}" for column in columns(Attempt))
        return f"create or replace view attempts as select {empty} where false"
    files = ", ".join("'" + part.replace("'", "''") + "'" for part in parts)
    scan = f"read_parquet([{files}], file_row_number = true)"
    return f"create or replace view attempts as select {names} from {scan} where attempt_id is not null"


def model(name: str) -> str:
    """Text of a SQL model, such as `continuity/requests`."""
    return (shipped.models() / f"{name}.sql").read_text(encoding="utf-8")


def query(con: Connection, sql: str, parameters: Mapping[str, Any] | None = None) -> Relation:
    """The rows of one query; only the parameters that it names are bound."""
    return con.sql(sql, params=bound(sql, parameters))


def bound(sql: str, parameters: Mapping[str, Any] | None) -> dict[str, Any]:
    """The parameters that a text names, since DuckDB refuses any other."""
    named = set(_PARAMETER.findall(sql))
    return {name: value for name, value in (parameters or {}).items() if name in named}


def read_rows(
    con: Connection, kind: Callable[..., Found], sql: str, parameters: Mapping[str, Any] | None = None
) -> list[Found]:
    """The rows of one query as objects whose fields are its columns."""
    relation = query(con, sql, parameters)
    return [kind(**dict(zip(relation.columns, row, strict=True))) for row in relation.fetchall()]


def insert_model(con: Connection, table: str, sql: str, parameters: Mapping[str, Any] | None = None) -> None:
    """Append the rows of a query to a table, column by name."""
    con.execute(f"insert into {table} by name\n{sql}", bound(sql, parameters))


def temp_table(con: Connection, table: str, name: str, parameters: Mapping[str, Any] | None = None) -> None:
    """Put the rows of a model into a table of this session, whatever stood there."""
    sql = model(name)
    con.execute(f"create or replace temp table {table} as\n{sql}", bound(sql, parameters))


def insert_rows(con: Connection, row: type[Row], rows: Iterable[Row]) -> None:
    """Append contract rows to their table."""
    dumped = [item.model_dump(mode="python") for item in rows]
    if dumped:
        incoming = pa.Table.from_pylist(dumped, schema=arrow_schema(con, row))
        con.register("incoming", incoming)
        con.execute(f"insert into {row.table} by name select * from incoming")
        con.unregister("incoming")


def replace_rows(con: Connection, row: type[Row], rows: Iterable[Row]) -> None:
    """Make contract rows the whole content of their table."""
    con.execute(f"delete from {row.table}")
    insert_rows(con, row, rows)


def arrow_schema(con: Connection, row: type[Row]) -> pa.Schema:
    """The Arrow types of a contract."""
    select = ", ".join(f"cast(null as {column.sql_type}) as {column.name}" for column in columns(row))
    return con.sql(f"select {select}").to_arrow_table().schema


@contextmanager
def transaction(con: Connection) -> Iterator[None]:
    """All or nothing."""
    con.execute("begin transaction")
    try:
        yield
    except BaseException:
        con.execute("rollback")
        raise
    con.execute("commit")


def describe_database(con: Connection) -> None:
    """Comments on every table and column, and the dictionary of them all."""
    for row in PUBLISHED:
        for statement in comments(row, "view" if row.table in VIEWS else "table"):
            con.execute(statement)
    dictionary_row = BY_TABLE["data_dictionary"]
    replace_rows(con, dictionary_row, [dictionary_row(**entry) for entry in dictionary(PUBLISHED)])


def publish(con: Connection, project: Project, snapshot_id: str) -> Path:
    """Copy the warehouse to an immutable snapshot and point every new reader at it, atomically.

    A crash leaves either the old snapshot published or the new one, never half of one.
    """
    folder = project.published.parent
    _make_folder(folder)
    con.execute("checkpoint")
    snapshot = folder / f"snapshot-{snapshot_id}.duckdb"
    unfinished = snapshot.with_suffix(".partial")
    _copy(project.warehouse, unfinished)
    unfinished.replace(snapshot)
    link = folder / ".next"
    link.unlink(missing_ok=True)
    link.symlink_to(snapshot.name)
    link.replace(project.published)
    _forget_old(folder, snapshot)
    return snapshot


_COPY = """
import shutil, sys
try:
    shutil.copyfile(*sys.argv[1:])
except OSError as error:
    sys.exit(error.errno)
"""


def _copy(source: Path, target: Path) -> None:
    """Copy a file that this process has locked, in another one: whoever closes a file gives up all locks on it.

    Raises:
        OSError: the copy could not be written, as on a full disk.
    """
    done = subprocess.run([sys.executable, "-I", "-S", "-c", _COPY, str(source), str(target)], check=False)
    if done.returncode:
        raise OSError(done.returncode, os.strerror(done.returncode), str(target))


@contextmanager
def reader(project: Project) -> Iterator[Connection]:
    """The newest snapshot, read-only, without access to other files or the network.

    Raises:
        NotPublished: no run has finished yet.
    """
    con = connect_published(project)
    try:
        yield con
    finally:
        con.close()


def connect_published(project: Project) -> Connection:
    """A connection to the newest snapshot; it keeps its rows when a newer one is published."""
    if not project.published.exists():
        told = f"nothing published yet; `readback run --project {project.root}` makes it"
        raise NotPublished(told, file=project.root)
    config = _OFFLINE | {"memory_limit": project.settings.sql.memory_limit}
    con = duckdb.connect(str(project.published.resolve()), read_only=True, config=config)
    _confine(con, project)
    return con


def _confine(con: Connection, project: Project) -> None:
    """Only the lake may be read, for good. The settings hold for the whole process, which may have made them before."""
    ((is_locked,),) = con.execute("select current_setting('lock_configuration')").fetchall()
    if not is_locked:
        con.execute("set global TimeZone = 'UTC'")
        con.execute(f"set allowed_directories = ['{project.lake.as_posix()}/']")
        con.execute("set enable_external_access = false")
        con.execute("set lock_configuration = true")


def select(con: Connection, sql: str, parameters: Mapping[str, Any] | None = None) -> Relation:
    """The rows of one ad hoc statement that only reads; `$name` in it stands for a parameter.

    Raises:
        QueryError: not one statement, not a reading one, or one that cannot run.
    """
    given = dict(parameters or {})
    try:
        statements.check(con, sql, given)
        return con.sql(sql, params=given or None)
    except (duckdb.InterruptException, duckdb.OutOfMemoryException):
        raise
    except duckdb.Error as error:
        raise QueryError(str(error).splitlines()[0]) from None


def _connect_for_writing(file: Path) -> Connection:
    try:
        return duckdb.connect(str(file))
    except duckdb.IOException as error:
        if "lock" in str(error).lower():
            raise ProjectBusy("another readback process is writing; wait for it or stop it", file=file) from None
        raise ProjectError(f"cannot be opened for writing: {str(error).splitlines()[0]}", file=file) from None


def _configured(con: Connection) -> Connection:
    con.execute("set TimeZone = 'UTC'")
    con.execute("set enable_progress_bar = false")
    con.execute("set autoinstall_known_extensions = false")
    con.execute("set autoload_known_extensions = false")
    return con


def _limit(con: Connection, project: Project) -> None:
    """What the machine may give. Rows of tables have no order, which saves a copy; who needs one asks `in_order`."""
    con.execute("set preserve_insertion_order = false")
    con.execute("set checkpoint_threshold = '1GB'")
    con.execute(f"set memory_limit = '{project.settings.engine.memory_limit}'")
    if project.settings.engine.threads is not None:
        con.execute(f"set threads = {project.settings.engine.threads}")


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ProjectError(f"cannot be made: {error.strerror}", file=folder) from None


def _forget_old(folder: Path, newest: Path) -> None:
    """Older snapshots go, save the one before, which a reader may be about to open."""
    snapshots = sorted(folder.glob("snapshot-*.duckdb"), key=lambda file: file.stat().st_mtime, reverse=True)
    for file in [other for other in snapshots if other != newest][_KEPT_SNAPSHOTS - 1 :]:
        file.unlink(missing_ok=True)
    for partial in folder.glob("*.partial"):
        partial.unlink(missing_ok=True)
