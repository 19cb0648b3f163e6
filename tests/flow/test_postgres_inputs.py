"""LiteLLM's table in a real PostgreSQL: every row once, late ones too, prompts never, whatever happens in between."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import postgres_server
import psycopg
import pytest
from psycopg import sql
from small_logs import Ledger, open_ledger

from readback import inputs, ledger, shipped, store
from readback.contracts import LedgerFile
from readback.definitions import input_fingerprint, run_in_process
from readback.errors import SettingsError
from readback.settings import SETTINGS_FILE, Input, Project, Settings, open_project

pytestmark = pytest.mark.skipif(
    not postgres_server.IS_INSTALLED, reason="needs Debian's package postgresql, which .ci/run installs"
)

LOADED_AT = datetime(2026, 11, 2, tzinfo=UTC)
CANARY = "canary of a prompt"
SPEND_LOGS = """create table "LiteLLM_SpendLogs" (
    request_id text primary key, call_type text not null, api_key text not null default '',
    spend double precision not null default 0, total_tokens integer not null default 0,
    prompt_tokens integer not null default 0, completion_tokens integer not null default 0,
    "startTime" timestamp(3) not null, "endTime" timestamp(3) not null, "completionStartTime" timestamp(3),
    request_duration_ms integer, model text not null default '', model_id text default '', model_group text default '',
    custom_llm_provider text default '', api_base text default '', "user" text default '', metadata jsonb default '{}',
    cache_hit text default '', cache_key text default '', request_tags jsonb default '[]', team_id text,
    organization_id text, end_user text, requester_ip_address text, messages jsonb default '{}',
    response jsonb default '{}', session_id text, status text, mcp_namespaced_tool_name text, agent_id text,
    proxy_server_request jsonb default '{}', litellm_call_id text, created_at timestamp(3) default now(),
    updated_at timestamp(3) default now()
)"""
PRIVATE = ("messages", "response", "proxy_server_request")

Row = dict[str, Any]


def sample_rows() -> list[Row]:
    """The rows of the bundled sample that such a table can hold."""
    text = (shipped.samples() / "litellm_spend" / "spend_logs.jsonl").read_text(encoding="utf-8")
    rows: list[Row] = [json.loads(line) for line in text.splitlines() if line.endswith("}")]
    return [found for found in rows if found.get("startTime")]


def row(call: str, at: str, **changed: Any) -> Row:
    """An ordinary row that began at some time of 5 October 2026."""
    moment = f"2026-10-05 {at}"
    return sample_rows()[0] | {
        "request_id": call, "litellm_call_id": call, "startTime": moment, "endTime": moment,
        "completionStartTime": moment,
    } | changed  # fmt: skip


@pytest.fixture(scope="module")
def socket() -> Iterator[Path]:
    with postgres_server.server() as folder:
        with psycopg.connect(postgres_server.dsn(folder), autocommit=True) as con:
            con.execute("create role reader login password 'r'")
        yield folder


class Gateway:
    """The proxy's database."""

    def __init__(self, socket: Path, name: str) -> None:
        self.socket, self.name = socket, name
        self.dsn = postgres_server.dsn(socket, database=name, more="?schema=public&connection_limit=5")
        self.con = psycopg.connect(postgres_server.dsn(socket, database=name), autocommit=True)
        self.con.execute(SPEND_LOGS)

    def write(self, *rows: Row) -> None:
        """Insert rows, each with prompts."""
        for given in rows:
            full = given | dict.fromkeys(PRIVATE, json.dumps({"content": CANARY}))
            self.con.execute(
                sql.SQL('insert into "LiteLLM_SpendLogs" ({}) values ({})').format(
                    sql.SQL(", ").join(map(sql.Identifier, full)), sql.SQL(", ").join([sql.Placeholder()] * len(full))
                ),
                [json.dumps(value) if isinstance(value, list | dict) else value for value in full.values()],
            )


@pytest.fixture
def gateway(socket: Path, request: pytest.FixtureRequest) -> Iterator[Gateway]:
    name = f"litellm_{abs(hash(request.node.name))}"
    with psycopg.connect(postgres_server.dsn(socket), autocommit=True) as con:
        con.execute(sql.SQL("create database {}").format(sql.Identifier(name)))
    found = Gateway(socket, name)
    yield found
    found.con.close()


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Ledger]:
    with open_ledger(tmp_path) as found:
        yield found
        assert ledger.imbalance(found.con) == []
        assert not found.project.scratch.exists() or list(found.project.scratch.iterdir()) == []


@contextmanager
def on_disk(root: Path) -> Iterator[Ledger]:
    """The ledger of a project's own warehouse."""
    project = Project(root, Settings())
    with store.warehouse(project) as con:
        ledger.create_tables(con)
        yield Ledger(con, project)


def named(project: Project, **keys: Any) -> Project:
    """The project with an input of some keys."""
    given = Input(**({"postgres": "LiteLLM_SpendLogs", "dsn_env": "GATEWAY_DB"} | keys))
    return replace(project, settings=Settings(inputs=(given,)))


def read(books: Ledger, dsn: str, loaded_at: datetime = LOADED_AT, **keys: Any) -> list[LedgerFile]:
    """What became of the new batches."""
    project = named(books.project, **keys)
    logs = inputs.named_logs(books.con, project, {"GATEWAY_DB": dsn}, loaded_at)
    return ledger.load(books.con, project, logs, loaded_at).new


def calls(books: Ledger) -> list[str]:
    return [call for (call,) in books.rows("select split_part(request_id, ':', 2) from attempts order by all")]


def test_table_gives_the_rows_of_its_export(gateway: Gateway, books: Ledger, tmp_path: Path) -> None:
    gateway.write(*sample_rows())
    allowed = [name for name in sample_rows()[0] if name not in PRIVATE]
    names = sql.SQL(", ").join(map(sql.Identifier, allowed))
    copy = sql.SQL('copy (select {} from "LiteLLM_SpendLogs" order by "startTime", request_id) to stdout csv header')
    with gateway.con.cursor().copy(copy.format(names)) as exported:
        (tmp_path / "export.csv").write_bytes(b"".join(bytes(block) for block in exported))
    (entry,) = read(books, gateway.dsn)
    assert (entry.source, entry.rows + entry.ignored_lines, entry.lines) == ("litellm_spend", *[len(sample_rows())] * 2)
    with open_ledger(tmp_path / "of-file") as other:
        (exported_entry,) = other.load(tmp_path / "export.csv")
        assert exported_entry.source == "litellm_spend"
        told = "select * exclude (file_id, line, user_hash), user_hash is null from attempts order by attempt_id"
        assert books.rows(told) == other.rows(told) != []


def test_second_run_reads_new_and_late_rows_only(gateway: Gateway, books: Ledger) -> None:
    gateway.write(*(row(f"c{hour:02}", f"{hour:02}:00:00") for hour in range(10)))
    read(books, gateway.dsn)
    gateway.write(row("late", "08:30:00"), row("new", "10:00:00"))
    (entry,) = read(books, gateway.dsn)
    # Asked again from 07:00 on, two hours before the newest row known: 07, 08, late, 09, new.
    assert (entry.lines, entry.row_lines, entry.duplicate_lines) == (5, 2, 3)
    assert entry.path.endswith("/LiteLLM_SpendLogs?after=2026-10-05T07:00:00")
    assert calls(books) == [*(f"c{hour:02}" for hour in range(10)), "late", "new"]


def test_run_without_a_new_row_leaves_the_ledger_as_it_is(gateway: Gateway, books: Ledger) -> None:
    gateway.write(*(row(f"c{hour:02}", f"{hour:02}:00:00") for hour in range(10)))
    read(books, gateway.dsn, overlap="0s")
    before = books.rows("select * from files order by all")
    for _ in range(2):
        read(books, gateway.dsn, overlap="0s")
    repeats = books.rows("select row_lines, duplicate_lines from files where path like '%after=%'")
    assert repeats == [(0, 1)]
    assert [file for file in books.rows("select * from files order by all") if file in before] == before


@pytest.mark.parametrize("batch_rows", [1, 2, 3, 7])
def test_rows_of_one_moment_are_read_whatever_the_size_of_a_batch(
    gateway: Gateway, books: Ledger, batch_rows: int
) -> None:
    gateway.write(*(row(f"c{number}", "08:00:00") for number in range(7)))
    entries = read(books, gateway.dsn, batch_rows=batch_rows)
    assert sum(entry.row_lines for entry in entries) == 7
    assert len(entries) == -(-7 // batch_rows)
    assert len({entry.path for entry in entries}) == len(entries)
    assert read(books, gateway.dsn, batch_rows=batch_rows, overlap="0s") == [] or len(calls(books)) == 7


def test_row_dated_ahead_waits_and_holds_up_nobody(gateway: Gateway, books: Ledger) -> None:
    gateway.write(row("ahead", "08:00:00", startTime="2026-12-24 00:00:00"), row("a", "08:00:00"))
    read(books, gateway.dsn)
    gateway.write(row("b", "08:01:00"))
    read(books, gateway.dsn)
    assert calls(books) == ["a", "b"]
    read(books, gateway.dsn, loaded_at=datetime(2026, 12, 25, tzinfo=UTC))
    assert calls(books) == ["a", "ahead", "b"]


def test_batch_that_is_refused_is_read_by_the_next_run(
    gateway: Gateway, books: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    gateway.write(*(row(f"c{hour}", f"0{hour}:00:00") for hour in range(6)))
    with monkeypatch.context() as patch:
        patch.setattr("readback.store.model", lambda name: "select cast(startTime as integer[]) from records")
        entries = read(books, gateway.dsn, batch_rows=2)
    assert [str(entry.state) for entry in entries] == ["failed"]
    read(books, gateway.dsn, batch_rows=2)
    assert len(calls(books)) == 6
    assert books.rows("select count(*) from files where state = 'failed'") == [(0,)]


def test_killed_between_rows_and_cursor_loses_and_doubles_nothing(gateway: Gateway, tmp_path: Path) -> None:
    gateway.write(*(row(f"c{hour}", f"0{hour}:00:00") for hour in range(6)))
    program = f"""
import os
from pathlib import Path
import test_postgres_inputs as flow
from readback.inputs.postgres import Batch
note, noted = Batch.note, []
def die_in_the_second_transaction(batch, con):
    note(batch, con)
    noted.append(batch)
    if len(noted) == 2:
        os._exit(9)
Batch.note = die_in_the_second_transaction
with flow.on_disk(Path({str(tmp_path)!r})) as books:
    flow.read(books, {gateway.dsn!r}, batch_rows=2)
"""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path])}
    killed = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, check=False)
    assert killed.returncode == 9, killed.stderr.decode()
    with on_disk(tmp_path) as books:
        assert books.rows("select row_lines from files") == [(2,)]
        assert books.rows("select last_at, last_key from ledger.cursors") == [("2026-10-05 01:00:00", "c1")]
        read(books, gateway.dsn, batch_rows=2)
        assert calls(books) == [f"c{hour}" for hour in range(6)]
        assert books.rows("select sum(row_lines) from files") == [(6,)]


def test_run_reads_the_table_that_the_settings_name(
    gateway: Gateway, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = '[[inputs]]\npostgres = "LiteLLM_SpendLogs"\ndsn_env = "GATEWAY_DB"\noverlap = "1h"\n'
    (tmp_path / SETTINGS_FILE).write_text(table, encoding="utf-8")
    monkeypatch.setenv("GATEWAY_DB", gateway.dsn)
    gateway.write(*sample_rows())
    project = open_project(tmp_path)
    first = run_in_process(project, loaded_at=LOADED_AT)
    told = input_fingerprint(project)
    second = run_in_process(project, loaded_at=LOADED_AT + timedelta(hours=1))
    assert (first.files_refused, second.files_refused) == (0, 0)
    assert input_fingerprint(project) == told
    with store.reader(project) as con:
        counted = con.execute("select count(*), (select count(*) from attempts) from requests").fetchall()
    rows = len([row for row in sample_rows() if "-attempt-" not in row["request_id"]])
    assert counted == [(rows, rows)]


def test_forgetting_everything_forgets_the_cursor(gateway: Gateway, books: Ledger) -> None:
    gateway.write(row("a", "01:00:00"), row("b", "09:00:00"))
    read(books, gateway.dsn)
    ledger.forget(books.con)
    (entry,) = read(books, gateway.dsn)
    assert entry.row_lines == 2


def test_prompts_never_leave_the_server(gateway: Gateway, books: Ledger) -> None:
    gateway.write(row("a", "08:00:00"))
    allowed = [name for name in sample_rows()[0] if name not in PRIVATE]
    gateway.con.execute(
        sql.SQL('grant select ({}) on "LiteLLM_SpendLogs" to reader').format(
            sql.SQL(", ").join(map(sql.Identifier, allowed))
        )
    )
    with pytest.raises(psycopg.errors.InsufficientPrivilege), psycopg.connect(_as_reader(gateway)) as con:
        con.execute('select messages from "LiteLLM_SpendLogs"')
    (entry,) = read(books, _as_reader(gateway))
    assert entry.row_lines == 1


def test_server_may_keep_its_own_habits_of_writing_times(gateway: Gateway, books: Ledger) -> None:
    for habit in ("timezone to 'Asia/Kolkata'", "datestyle to 'German'"):
        gateway.con.execute(sql.SQL("alter database {} set " + habit).format(sql.Identifier(gateway.name)))
    gateway.con.execute('alter table "LiteLLM_SpendLogs" alter "startTime" type timestamptz using "startTime"')
    gateway.write(row("a", "08:00:00", startTime="2026-10-05T10:00:00.123456+02:00"))
    read(books, gateway.dsn)
    read(books, gateway.dsn)
    moment = datetime(2026, 10, 5, 8, 0, 0, 123456, tzinfo=UTC)
    assert books.rows("select started_at from attempts") == [(moment,)]


def test_older_table_without_later_columns_is_read(gateway: Gateway, books: Ledger) -> None:
    for name in ("litellm_call_id", "request_duration_ms", "organization_id", "agent_id", "status"):
        gateway.con.execute(sql.SQL('alter table "LiteLLM_SpendLogs" drop {}').format(sql.Identifier(name)))
    older = row("a", "08:00:00")
    for name in ("litellm_call_id", "request_duration_ms", "status"):
        del older[name]
    gateway.write(older)
    (entry,) = read(books, gateway.dsn)
    assert entry.row_lines == 1


def test_table_of_outcomes_is_read_as_one(gateway: Gateway, books: Ledger) -> None:
    gateway.con.execute("create schema desk")
    gateway.con.execute(
        "create table desk.reviews (kind text, occurred_at timestamptz, source_system text, source_record_id bigint,"
        " request_id text, rework_type text, note text)"
    )
    for number in range(3):
        gateway.con.execute(
            "insert into desk.reviews values ('rework', '2026-10-05T12:00:00Z', 'desk', %s, 'litellm:a', 'corrected',"
            " 'line\nbreak')",
            [number],
        )
    keys: dict[str, Any] = {
        "postgres": "desk.reviews",
        "source": "outcomes",
        "cursor": ("occurred_at", "source_record_id"),
    }
    entries = read(books, gateway.dsn, batch_rows=2, **keys)
    assert [(entry.source, entry.row_lines) for entry in entries] == [("outcomes", 2), ("outcomes", 1)]
    assert books.rows("select source_record_id from outcomes order by all") == [("0",), ("1",), ("2",)]


def test_fingerprint_changes_with_a_new_row_and_with_a_late_one(gateway: Gateway, books: Ledger) -> None:
    found = inputs.places(named(books.project), {"GATEWAY_DB": gateway.dsn})
    told = []
    for new in (None, row("a", "08:00:00"), row("late", "07:00:00"), None):
        if new is not None:
            gateway.write(new)
        told.append(inputs.fingerprint(found, LOADED_AT))
    assert len(set(told[:3])) == 3
    assert told[2] == told[3]


@pytest.mark.parametrize(
    ("keys", "reason"),
    [
        ({"postgres": "litellm_spendlogs"}, "there is no table litellm_spendlogs; did you mean LiteLLM_SpendLogs?"),
        ({"postgres": "invoices"}, "there is no table invoices in this database"),
        ({"postgres": "other.LiteLLM_SpendLogs"}, "there is no table other.LiteLLM_SpendLogs; did you mean"),
        (
            {"cursor": ("created", "request_id")},
            "LiteLLM_SpendLogs has no column created, which litellm_spend or its cursor needs",
        ),
        (
            {"cursor": ("model", "request_id")},
            "column model of LiteLLM_SpendLogs is text; a cursor needs a timestamp",
        ),
        ({"postgres": '"; drop table x; --'}, 'there is no table "; drop table x; -- in this database'),
    ],
)
def test_table_that_cannot_be_read_is_a_refused_file(
    gateway: Gateway, books: Ledger, keys: dict[str, Any], reason: str
) -> None:
    (entry,) = read(books, gateway.dsn, **keys)
    assert (entry.state, (entry.reason or "")[: len(reason)]) == ("failed", reason)


def test_every_way_not_to_get_in_is_a_sentence_without_the_password(
    gateway: Gateway, books: Ledger, socket: Path
) -> None:
    gateway.write(row("a", "08:00:00"))
    wrong = {
        "cannot be reached: connection": postgres_server.dsn(socket, database=gateway.name, password="canary-wrong"),
        "cannot be reached: ": postgres_server.dsn(socket, database="nowhere"),
        "cannot be reached: connection ": "postgresql://litellm:canary@127.0.0.1:9/litellm",
    }
    for reason, dsn in wrong.items():
        (entry,) = read(books, dsn)
        assert (entry.state, (entry.reason or "")[: len(reason)]) == ("failed", reason)
        assert "canary" not in f"{entry.path}{entry.reason}"
        assert "\n" not in (entry.reason or "")
    read(books, gateway.dsn)
    assert calls(books) == ["a"]


def test_table_that_answers_again_is_no_fault_any_more(gateway: Gateway, books: Ledger) -> None:
    (entry,) = read(books, _as_reader(gateway))
    assert entry.reason == (
        "may not be read: permission denied for table LiteLLM_SpendLogs; "
        "grant select to the user of the connection string"
    )
    gateway.con.execute('grant select on "LiteLLM_SpendLogs" to reader')
    read(books, _as_reader(gateway))
    assert books.rows("select count(*) from files where state = 'failed'") == [(0,)]


def test_absent_variable_and_wrong_string_are_mistakes_in_the_settings(tmp_path: Path) -> None:
    project = named(Project(tmp_path, Settings()))
    with pytest.raises(SettingsError, match=r"inputs\.0\.dsn_env: the environment variable GATEWAY_DB is not set"):
        inputs.places(project, {})
    with pytest.raises(SettingsError, match=r"GATEWAY_DB holds no connection string of PostgreSQL: expected") as caught:
        inputs.places(project, {"GATEWAY_DB": "mysql://u:canary@host/db"})
    assert "canary" not in str(caught.value)


def _as_reader(gateway: Gateway) -> str:
    return postgres_server.dsn(gateway.socket, "reader", "r", gateway.name)
