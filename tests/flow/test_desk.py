"""The analyst's desk: every question that ships has an answer, and no statement gets out of the snapshot's rows."""

import io
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import openpyxl
import polars as pl
import pytest
from command_line import Command, command

import readback
from readback.cookbook import Question, shipped_questions
from readback.definitions import run_in_process
from readback.errors import QueryError
from readback.faces import download
from readback.faces.desk import Desk
from readback.settings import open_project
from readback.simulate import simulate

END = datetime(2026, 11, 1, tzinfo=UTC)
NOTHING_TO_TELL = {
    "admin_switches", "restated", "one_request", "unnamed", "open_episodes", "not_derivable", "overdue_reviews",
}  # fmt: skip
"""Questions to which this fleet may have no row for an answer."""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fleet")
    simulate(folder, 6000, 12.0, 5, END)
    run_in_process(open_project(folder), loaded_at=END)
    return folder


@pytest.fixture(scope="module")
def desk(project: Path) -> Iterator[Desk]:
    with readback.open(project) as found:
        yield found


@pytest.mark.parametrize("question", shipped_questions(), ids=lambda question: question.name)
def test_every_question_has_an_answer(desk: Desk, question: Question) -> None:
    rows = desk.sql(question.sql, **question.parameters)
    assert rows.width > 1
    assert rows.height > 0 or question.name in NOTHING_TO_TELL


def test_there_are_twenty_questions() -> None:
    assert len(shipped_questions()) >= 20
    assert all(question.ask.endswith("?") for question in shipped_questions())


HOSTILE = [
    "select * from read_text('/etc/passwd')",
    "select * from read_blob('/etc/passwd')",
    "select * from '/etc/passwd'",
    "select * from read_csv('/etc/passwd')",
    "select * from glob('/*')",
    "select * from sniff_csv('/etc/passwd')",
    "select * from read_json('http://127.0.0.1:9/x.json')",
    "select * from 's3://bucket/x.parquet'",
    "copy attempts to '/tmp/stolen.csv'",
    "export database '/tmp/stolen'",
    "attach '/tmp/other.duckdb' as other",
    "install httpfs",
    "load httpfs",
    "set memory_limit = '900GB'",
    "set global enable_external_access = true",
    "reset lock_configuration",
    "pragma database_list",
    "call pragma_version()",
    "select current_setting('home_directory')",
    "select system.main.current_setting('temp_directory')",
    "select 'temp_directory'.current_setting()",
    "with s as (select * from duckdb_settings/* */()) select * from s",
    "select * from duckdb_settings",
    "select (select count(*) from duckdb_secrets())",
    "select * from duckdb_databases()",
    "explain analyze select * from duckdb_settings()",
    "select * from query('select * from duckdb_settings()')",
    "select * from query_table('requests')",
    "select write_log('x')",
    "create temp table mine as select 1",
    "insert into requests select * from requests",
    "delete from requests",
    "update requests set workflow = 'mine'",
    "with gone as (delete from requests returning *) select * from gone",
    "begin transaction",
    "prepare p as select 1",
    "select 1; drop table requests",
    "secret",
    "",
    ";",
]


@pytest.mark.parametrize("statement", HOSTILE)
def test_hostile_statement_ends_in_one_sentence(desk: Desk, statement: str) -> None:
    secret = {"a": 1}
    before = desk.sql("select count(*) as n from requests")
    with pytest.raises(QueryError) as caught:
        desk.sql(statement)
    assert "\n" not in str(caught.value)
    assert desk.sql("select count(*) as n from requests").equals(before)
    assert secret == {"a": 1}


def test_variables_of_the_program_cannot_be_read(desk: Desk) -> None:
    inside = pl.DataFrame({"key": ["sk-1"]})
    with pytest.raises(QueryError, match="inside does not exist"):
        desk.sql("select * from inside")
    assert inside.height == 1


def test_long_statement_is_stopped(project: Path) -> None:
    with (project / "readback.toml").open("a", encoding="utf-8") as file:
        file.write('\n[sql]\ntimeout = "200ms"\n')
    opened = open_project(project)
    with Desk(opened) as quick, pytest.raises(QueryError, match=r"stopped after 0\.2 s; narrow it"):
        quick.sql("select count(*) from range(1000000000) a, range(1000) b where a.range % 7 = b.range")
    with Desk(opened) as again:
        assert again.sql("select 1 as one").item() == 1


def test_parameters_are_values_and_never_sql(desk: Desk) -> None:
    name = "'; drop table requests; --"
    assert desk.sql("select $name as name", name=name).item() == name


@pytest.mark.parametrize(
    ("given", "told"), [({}, r"has no value for \$a"), ({"a": 1, "b": 2}, r"does not name \$b, for which")]
)
def test_parameters_fit_the_statement(desk: Desk, given: dict[str, int], told: str) -> None:
    with pytest.raises(QueryError, match=told):
        desk.sql("select $a as a", **given)


FORMULAS = ["=1+1", "+cmd|' /C calc'!A0", "-2", "@SUM(A1)", "\t=1", "plain", "http://evil.example"]


def test_no_cell_becomes_a_formula_or_a_link() -> None:
    frame = pl.DataFrame({"told": FORMULAS, "list": [["=1"]] * len(FORMULAS), "at": [END] * len(FORMULAS)})
    sheet = openpyxl.load_workbook(io.BytesIO(download.xlsx(frame)))["rows"]
    cells = [sheet.cell(row, 1) for row in range(2, len(FORMULAS) + 2)]
    assert [cell.value for cell in cells] == FORMULAS
    assert {cell.data_type for cell in cells} == {"s"}
    assert all(cell.hyperlink is None for cell in cells)
    read = pl.read_csv(io.BytesIO(download.csv(frame)))["told"].to_list()
    assert not any(text.startswith(("=", "+", "-", "@", "\t")) for text in read)


@pytest.fixture
def sql(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    return partial(command(capsys, monkeypatch), "sql")


READERS: dict[str, Callable[[Path], list[tuple[Any, ...]]]] = {
    ".csv": lambda file: pl.read_csv(file).rows(),
    ".json": lambda file: pl.read_json(file).rows(),
    ".parquet": lambda file: pl.read_parquet(file).rows(),
    ".xlsx": lambda file: list(openpyxl.load_workbook(file)["rows"].iter_rows(min_row=2, values_only=True)),
}


@pytest.mark.parametrize("suffix", list(download.WRITERS))
def test_rows_are_written_in_every_form(desk: Desk, project: Path, tmp_path: Path, suffix: str, sql: Command) -> None:
    statement, file = tmp_path / "mine.sql", tmp_path / f"mine{suffix}"
    statement.write_text("select workflow, count(*)::bigint as n from requests where source = $s group by 1 order by 1")
    options = ("--project", project, "-f", statement, "-p", "s=litellm", "-o", file)
    assert sql(*options)[0] == 0
    assert READERS[suffix](file) == desk.sql(statement.read_text(), s="litellm").rows()


def test_own_question_is_asked_by_its_name(project: Path, sql: Command) -> None:
    (project / "queries").mkdir()
    (project / "queries/mine.sql").write_text("-- [question]\n-- ask = 'Mine?'\nselect 7 as seven")
    assert "Mine?" in sql("--project", project, "--questions")[1]
    assert sql("--project", project, "--question", "mine", "--csv") == (0, "seven\n7\n", "")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ((), "give one statement"),
        (("--question", "nobody"), "no question is called 'nobody'"),
        (("-f", "absent.sql"), "absent.sql: no such file"),
        (("select 1", "-o", "x.doc"), "expected a file that ends in .csv"),
        (("select 1", "-p", "novalue"), "'novalue' is no name=value"),
    ],
)
def test_mistakes_end_in_one_sentence(project: Path, arguments: tuple[str, ...], told: str, sql: Command) -> None:
    code, _, said = sql(*arguments, "--project", project)
    (line,) = said.splitlines()
    assert code == 1
    assert told in line
