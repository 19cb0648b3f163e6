"""A file of several formats is read line by line: each line as what it is, and all of them accounted for."""

import gzip
import itertools
import json
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from small_logs import NOON, Ledger, Record, answer, lines, open_ledger

from readback import ledger, shipped

FORMATS = ("litellm", "otlp", "bedrock", "portkey_export", "outcomes", "pagerduty", "helicone")
SPAN: Record = {"resourceSpans": [{"scopeSpans": []}]}


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Ledger]:
    with open_ledger(tmp_path) as found:
        yield found
        assert ledger.imbalance(found.con) == []
        assert [file for file in found.project.lake.glob("*") if file.suffix != ".parquet"] == []


def sample(source: str) -> list[bytes]:
    """The lines of a format's samples."""
    files = sorted((shipped.samples() / source).glob("*.jsonl"))
    return [line for file in files for line in file.read_bytes().splitlines() if line.strip()]


def held(books: Ledger) -> dict[str, list[tuple[object, ...]]]:
    """Every row that was read, without where it was read from."""
    tables = {"attempts": "attempt_id", "outcomes": "outcome_id"}
    return {
        table: books.rows(f"select * exclude (file_id, line) from {table} order by {key}")
        for table, key in tables.items()
    }


def test_mixed_file_gives_the_rows_of_its_formats_apart(tmp_path: Path) -> None:
    samples = {source: sample(source) for source in FORMATS}
    mixed = [line for lines in itertools.zip_longest(*samples.values()) for line in lines if line is not None]
    for name in ("apart", "mixed"):
        state = tmp_path / name / ".readback"
        state.mkdir(parents=True)
        (state / "hash.key").write_text("the same")
    with open_ledger(tmp_path / "apart") as apart, open_ledger(tmp_path / "mixed") as together:
        for source, found in samples.items():
            apart.load_bytes(b"\n".join(found), f"{source}.jsonl")
        entry = together.load_bytes(b"\n".join(mixed), "mixed.jsonl")
        assert held(together) == held(apart)
        assert {entry.source, *entry.other_sources} == set(FORMATS)
        assert entry.lines == len(mixed)
        counts = "sum(row_lines), sum(duplicate_lines), sum(ignored_lines), sum(quarantined_lines)"
        assert together.rows(f"select {counts} from files") == apart.rows(f"select {counts} from files")


def test_each_row_keeps_the_line_of_the_mixed_file(books: Ledger) -> None:
    entry = books.load_bytes(lines([answer("a"), SPAN]) + b"\n\n" + lines([answer("b", NOON + 1)]))
    assert (entry.source, entry.other_sources, entry.lines) == ("litellm", ["otlp"], 3)
    assert books.rows("select request_id, line from attempts order by line") == [("litellm:a", 1), ("litellm:b", 5)]


def test_format_that_only_comes_late_in_a_file_is_found(books: Ledger) -> None:
    calls = [answer(f"c{number}", NOON + number) for number in range(1500)]
    late = sample("bedrock")[:1]
    entry = books.load_bytes(lines(calls) + late[0] + b"\n")
    assert entry.other_sources == ["bedrock"]
    assert books.rows("select source, count(*), max(line) from attempts group by all order by all") == [
        ("bedrock", 1, 1501),
        ("litellm", 1500, 1500),
    ]


def test_bad_line_of_a_mixed_file_is_found_at_its_place(books: Ledger) -> None:
    content = lines([answer("a"), SPAN]) + b"{bad\n" + lines([answer("b", NOON + 1)])
    books.load_bytes(content)
    ((number, offset, reason),) = books.rows("select line, byte_offset, reason from quarantine")
    assert number == 3
    assert content[offset:].startswith(b"{bad\n")
    assert reason.startswith("not valid JSON")


def test_packed_mixed_file_that_is_cut_off_gives_what_was_unpacked(books: Ledger) -> None:
    records = [answer(f"c{number}", NOON + number) for number in range(400)]
    for number in range(0, 400, 40):
        records.insert(number, SPAN)
    random.Random(3).shuffle(records)
    packed = gzip.compress(lines(records))
    entry = books.load_bytes(packed[: len(packed) * 2 // 3], "mixed.jsonl.gz")
    assert entry.source == "litellm"
    assert entry.row_lines > 50
    assert entry.ignored_lines >= 1
    ((reason,),) = books.rows("select reason from quarantine where reason like 'archive%'")
    assert "nothing after this line could be unpacked" in reason


def test_told_format_reads_no_line_as_anything_else(books: Ledger) -> None:
    entry = books.load_bytes(lines([answer("a"), SPAN]), source="litellm")
    assert (entry.row_lines, entry.quarantined_lines, entry.other_sources) == (1, 1, [])
    ((reason,),) = books.rows("select reason from quarantine")
    assert reason.endswith("it is a record of otlp")


def test_list_of_mixed_records_is_parted_too(books: Ledger) -> None:
    records = [answer("a"), SPAN, *map(json.loads, sample("bedrock")[:2])]
    entry = books.load_bytes(json.dumps(records).encode(), "mixed.json")
    assert (entry.lines, entry.rows) == (4, 3)
    assert sorted([entry.source or "", *entry.other_sources]) == ["bedrock", "litellm", "otlp"]


def test_mixed_file_read_again_in_pieces_changes_nothing(books: Ledger) -> None:
    records = [answer("a"), SPAN, answer("b", NOON + 1), answer("c", NOON + 2)]
    books.load_bytes(lines(records[:3]))
    before = held(books)
    entry = books.load_bytes(lines(records[1:3]), "overlap.jsonl")
    assert (entry.duplicate_lines, entry.row_lines) == (1, 0)
    assert held(books) == before


def test_audit_search_of_turns_settings_and_all_else_is_read_row_by_row(books: Ledger) -> None:
    turns, settings = (
        (shipped.samples() / name).read_text("utf-8").splitlines()
        for name in ("copilot_studio/interactions.csv", "purview_admin/audit_search.csv")
    )
    other = 'f-1,10/12/2026 9:00:00 AM,8,UserLoggedIn,jo@alpenwerk.example,"{""Id"": ""f-1""}",,'
    entry = books.load_bytes("\n".join([*turns[:3], *settings[1:3], other, ""]).encode(), "search.csv")
    assert {entry.source, *entry.other_sources} == {"copilot_studio", "purview_admin"}
    assert (entry.lines, entry.row_lines, entry.ignored_lines, entry.quarantined_lines) == (5, 3, 2, 0)
    assert books.rows("select provider, is_enabled from admin_changes") == [("anthropic", False)]
