"""Tables fit the terminal: whole words, columns that go by importance, records where rows are too wide."""

import io

import polars as pl
import pytest
from faces_project import AS_OF, HOSTILE
from rich.console import Console, RenderableType

from readback.faces import answers, questions, tables
from readback.faces.fitted import Column, Fitted
from readback.store import Connection


def lines(renderable: RenderableType, width: int) -> list[str]:
    console = Console(file=io.StringIO(), width=width)
    with console.capture() as captured:
        console.print(renderable)
    return captured.get().splitlines()


@pytest.mark.parametrize("width", [80, 120, 160])
@pytest.mark.parametrize(("by", "grain"), [("all", "all"), ("workflow", "month"), ("all", "week")])
def test_metrics_keep_to_the_width_with_whole_names(con: Connection, by: str, grain: str, width: int) -> None:
    values = answers.values(con, by, grain)
    told = lines(tables.values_table(values), width)
    assert all(len(line) <= width and line == line.rstrip() for line in told)
    text = "\n".join(told)
    assert all(metric in text for metric in values["metric"].head(100))
    assert "95% interval" in told[0]


def test_maturing_figures_say_so_on_a_narrow_terminal_too(con: Connection) -> None:
    told = "\n".join(lines(tables.values_table(answers.values(con, "all", "month")), 80)).split("rework_rate")[1]
    october, june = (next(line for line in told.splitlines() if month in line) for month in ("10-01", "06-01"))
    assert "%, maturing" in october
    assert "maturing" not in june


@pytest.mark.parametrize(("width", "gone"), [(80, ["files", "ignored"]), (120, []), (160, [])])
def test_status_drops_the_least_important_columns_and_says_so(con: Connection, width: int, gone: list[str]) -> None:
    told = lines(tables.ledger_table(questions.ledger(con), AS_OF), width)
    assert all(len(line) <= width for line in told)
    assert [name for name in ("files", "duplicates", "ignored") if name not in told[0]] == gone
    assert told[-1].startswith("Too narrow for files and ignored; --json") is bool(gone)


def test_only_columns_that_may_be_cut_are_cut() -> None:
    table = Fitted([Column("name", least=6), Column("n", is_number=True)])
    table.add("a-long-name-of-a-workflow", "1,234,567")
    assert lines(table, 20) == ["name               n", "a-long-n…  1,234,567"]


def test_row_that_fits_is_a_table_and_one_that_does_not_is_a_record() -> None:
    frame = pl.DataFrame({"name": ["a"], "text": ["x" * 60], "missing": [None]}, schema_overrides={"missing": pl.Int64})
    assert lines(tables.rows_table(frame), 100)[0].split() == ["name", "text", "missing"]
    assert lines(tables.rows_table(frame), 60)[:2] == ["row 1", "  name     a"]
    assert lines(tables.rows_table(frame), 60)[-1] == "  missing  NULL"


def test_many_wide_rows_end_with_how_many_are_left() -> None:
    frame = pl.DataFrame({"a": ["x" * 50] * 23, "b": ["y" * 50] * 23})
    told = lines(tables.rows_table(frame), 80)
    assert sum(line.startswith("row ") for line in told) == 20
    assert told[-1].startswith("… and 3 more rows")


def test_a_single_text_keeps_its_lines_and_nothing_else() -> None:
    assert lines(tables.rows_table(pl.DataFrame({"sql": ["select 1\nfrom x\x1b[31m"]})), 80) == ["select 1", "from x"]


def test_hostile_cells_reach_the_terminal_inert() -> None:
    for width in (40, 200):
        text = "\n".join(lines(tables.rows_table(pl.DataFrame({"a": [HOSTILE], "b": [HOSTILE]})), width))
        assert "\x1b" not in text
        assert "\u202e" not in text
        assert "[red]" in text


def test_no_row_is_said() -> None:
    assert lines(tables.rows_table(pl.DataFrame({"a": []})), 80) == ["No row."]
