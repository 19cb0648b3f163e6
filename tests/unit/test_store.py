"""DuckDB behind one door: what writers and readers may do, and all or nothing."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from readback import store
from readback.contracts import LedgerFile
from readback.errors import NotPublished, ProjectError, QueryError
from readback.settings import Project, Settings


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path, Settings())


@pytest.fixture
def published(project: Project) -> Iterator[store.Connection]:
    with store.warehouse(project) as con:
        con.execute("create table told (number bigint)")
        con.execute("insert into told values (1), (2)")
        store.publish(con, project, "one")
    with store.reader(project) as reader:
        yield reader


def test_nothing_published_says_what_to_do(project: Project) -> None:
    with pytest.raises(NotPublished, match="nothing published yet; `readback run --project"), store.reader(project):
        pass


def test_reader_sees_what_was_published(published: store.Connection) -> None:
    assert store.select(published, "select sum(number)::bigint from told").fetchall() == [(3,)]


@pytest.mark.parametrize(
    "sql",
    [
        "insert into told values (3)",
        "drop table told",
        "create table other (x int)",
        "attach ':memory:' as x",
        "copy told to '/tmp/told.csv'",
        "set enable_external_access = true",
        "install httpfs",
        "pragma database_list; select 1",
        "select 1; select 2",
        "",
        "not sql at all",
        "select * from read_csv('/etc/passwd')",
        "select * from read_text('/etc/passwd')",
        "select * from '/etc/passwd.csv'",
        "select no_such_column from told",
    ],
)
def test_reader_refuses_whatever_does_not_only_read(published: store.Connection, sql: str) -> None:
    with pytest.raises(QueryError) as caught:
        store.select(published, sql).fetchall()
    assert "\n" not in str(caught.value)
    assert published.execute("select count(*) from told").fetchall() == [(2,)]


def test_writer_keeps_its_lock_while_it_publishes(project: Project) -> None:
    """Closing any copy of a locked file in the process that locked it would let another writer in."""
    program = f"import duckdb; duckdb.connect({str(project.warehouse)!r})"
    with store.warehouse(project) as con:
        store.publish(con, project, "one")
        second = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert "Conflicting lock is held" in second.stderr


def test_open_reader_keeps_its_snapshot(project: Project, published: store.Connection) -> None:
    with store.warehouse(project) as con:
        con.execute("insert into told values (3)")
        store.publish(con, project, "two")
    assert published.execute("select count(*) from told").fetchall() == [(2,)]
    with store.reader(project) as newer:
        assert newer.execute("select count(*) from told").fetchall() == [(3,)]


def test_old_snapshots_go_but_the_one_before(project: Project) -> None:
    with store.warehouse(project) as con:
        for name in ("a", "b", "c", "d"):
            store.publish(con, project, name)
    assert len(list(project.published.parent.glob("snapshot-*.duckdb"))) == 2
    assert project.published.resolve().name == "snapshot-d.duckdb"


def test_transaction_is_all_or_nothing() -> None:
    con = store.memory()
    con.execute("create table told (number bigint)")
    with pytest.raises(duckdb.ConversionException), store.transaction(con):
        con.execute("insert into told values (1); insert into told values ('half way')")
    assert con.execute("select count(*) from told").fetchall() == [(0,)]


def test_only_named_parameters_are_bound() -> None:
    con = store.memory()
    assert store.query(con, "select $a + 1", {"a": 1, "b": 2}).fetchall() == [(2,)]


def test_session_is_in_utc_and_fetches_nothing() -> None:
    con = store.memory()
    settings = "current_setting('TimeZone'), current_setting('autoinstall_known_extensions')"
    assert con.execute(f"select {settings}").fetchall() == [("UTC", False)]


def test_attempts_without_parts_have_every_column_and_no_row() -> None:
    con = store.memory()
    con.execute(store.attempts_view([]))
    assert con.execute("select count(*), count(attempt_id) from attempts").fetchall() == [(0, 0)]


def test_rows_keep_their_types_when_all_are_absent() -> None:
    con = store.memory()
    store.create_tables(con)
    blank = (
        dict.fromkeys(LedgerFile.model_fields)
        | {"other_sources": []}
        | dict.fromkeys(
            (
                "bytes",
                "lines",
                "row_lines",
                "duplicate_lines",
                "ignored_lines",
                "quarantined_lines",
                "rows",
                "skipped_lines",
            ),
            0,
        )
    )
    told = {"file_id": "f", "path": "it's", "state": "loaded", "loaded_at": "2026-10-05T12:00:00Z"}
    store.insert_rows(con, LedgerFile, [LedgerFile.model_validate(blank | told)])
    assert con.execute("select path, source, first_at from files").fetchall() == [("it's", None, None)]


def test_column_of_a_newer_contract_is_absent_from_older_rows(project: Project) -> None:
    with store.warehouse(project) as con:
        con.execute("alter table files drop column reason")
        con.execute("alter table files drop column other_sources")
        con.execute("insert into files by name select 'one' as file_id, 'a' as path, 'loaded' as state, "
                    "0 as bytes, 0 as lines, 0 as row_lines, 0 as duplicate_lines, 0 as ignored_lines, "
                    "0 as quarantined_lines, 0 as rows, 0 as skipped_lines, now() as loaded_at")  # fmt: skip
    with store.warehouse(project) as con:
        assert con.execute("select reason, other_sources from files").fetchall() == [(None, [])]


def test_table_of_another_version_says_what_to_do(project: Project) -> None:
    with store.warehouse(project) as con:
        con.execute("alter table files alter bytes type varchar")
    with pytest.raises(ProjectError, match="table files was made by another version"), store.warehouse(project):
        pass
