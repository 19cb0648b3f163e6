"""Every line of every file is accounted for, once, under its right number and reason; nothing else is lost."""

import csv
import errno
import gzip
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import polars
import pytest
import zstandard
from small_logs import LOADED_AT, NOON, Ledger, Record, answer, failure, line, lines, open_ledger

from readback import identity, inputs, ledger
from readback.contracts import LedgerFile
from readback.errors import SettingsError
from readback.settings import Input, Settings

A, B, C = answer("a"), answer("b", NOON + 1), answer("c", NOON + 2)
NOT_LITELLM = "id, status, startTime absent, which a litellm record needs"


@pytest.fixture
def books(tmp_path: Path) -> Iterator[Ledger]:
    with open_ledger(tmp_path) as found:
        yield found
        assert ledger.imbalance(found.con) == []
        scratch = [file for file in found.project.lake.glob("*") if file.suffix != ".parquet"]
        assert scratch == []


def became(entry: LedgerFile) -> dict[str, int]:
    """What the lines of a file became, without the zeros."""
    names = ("row_lines", "duplicate_lines", "ignored_lines", "quarantined_lines")
    return {name.removesuffix("_lines"): count for name in names if (count := getattr(entry, name))}


def odd(record: Record, **texts: str) -> bytes:
    """A record with values that are written as they stand."""
    marked = line(record | dict.fromkeys(texts, "@@"))
    for text in texts.values():
        marked = marked.replace(b'"@@"', text.encode(), 1)
    return marked


BAD_LINES = [
    (b'{"id": "x", "status": ', "not valid JSON"),
    (b"{bad}", "not valid JSON"),
    (b"ab\x00cd", "not valid JSON"),
    (line(C) + line(C), "not valid JSON: unexpected content after document"),
    (line(C) + b" and more", "not valid JSON: unexpected content after document"),
    (line(C).replace(b"Claims", b"Cla\xffims"), "not UTF-8 at byte 622"),
    (line(C).replace(b"Claims", b"\\ud800"), "not valid JSON"),
    (b'{"id": ' + b"[" * 5000 + b"]" * 5000 + b"}", "not valid JSON"),
    (b"17", "expected a JSON object, found a number"),
    (b'"words"', "expected a JSON object, found a string"),
    (b"null", "expected a JSON object, found null"),
    (b"true", "expected a JSON object, found a boolean"),
    (b"[1, 2]", "expected a JSON object, found a list"),
    (b"{}", NOT_LITELLM),
    (line(C | {"startTime": None}), "startTime absent, which a litellm record needs"),
    (line(C | {"status": "perhaps"}), "a required value is not what litellm writes"),
    (odd(C, startTime="NaN"), "not valid JSON"),
    (odd(C, startTime="-Infinity"), "not valid JSON"),
    (odd(C, response_cost="NaN"), "not valid JSON"),
    (odd(C, response_cost="Infinity"), "not valid JSON"),
    (odd(C, startTime="1e300"), "a required value is not what litellm writes"),
    (odd(C, startTime="99999999999999999999"), "a required value is not what litellm writes"),
    (odd(C, startTime='"infinity"'), "a required value is not what litellm writes"),
    (odd(C, startTime='"yesterday"'), "a required value is not what litellm writes"),
    (odd(C, startTime=str(LOADED_AT.timestamp() + 86_401)), "its time lies in the future: 2026-11-02 00:00:01+00"),
    (odd(C, startTime=str(NOON * 100)), "its time lies in the future"),
    (odd(C, startTime=str(NOON * 1000)), "a required value is not what litellm writes"),
    (odd(C, startTime="0"), "its time lies before 2015, so its clock was not set: 1970-01-01 00:00:00+00"),
]


@pytest.mark.parametrize(("bad", "reason"), BAD_LINES)
def test_bad_line_is_quarantined_alone(books: Ledger, bad: bytes, reason: str) -> None:
    entry = books.load_bytes(lines([A]) + bad + b"\n" + lines([B]))
    assert became(entry) == {"row": 2, "quarantined": 1}
    ((number, told),) = books.quarantined()
    assert (number, told[: len(reason)]) == (2, reason)
    assert books.rows("select request_id, line from attempts order by line") == [("litellm:a", 1), ("litellm:b", 3)]


def test_all_bad_lines_together_are_told_apart(books: Ledger) -> None:
    content = b"".join(bad + b"\n" + lines([answer(f"c{n:02}", NOON + n)]) for n, (bad, _) in enumerate(BAD_LINES))
    entry = books.load_bytes(content)
    assert became(entry) == {"row": len(BAD_LINES), "quarantined": len(BAD_LINES)}
    told = [(number, found[:14]) for number, found in books.quarantined()]
    assert told == [(2 * n + 1, reason[:14]) for n, (_, reason) in enumerate(BAD_LINES)]
    assert books.rows("select line from attempts order by line") == [(2 * n + 2,) for n in range(len(BAD_LINES))]


def test_offset_of_a_quarantined_line_leads_to_it(books: Ledger) -> None:
    content = line(A) + b"\r\n\n  \n{bad\n" + line(B) + b"\n"
    books.load_bytes(content)
    ((number, offset),) = books.rows("select line, byte_offset from quarantine")
    assert number == 4
    assert content[offset:].startswith(b"{bad\n")


@pytest.mark.parametrize(
    ("record", "column", "expected"),
    [
        (odd(C, prompt_tokens='"12"'), "input_tokens", 12),
        (odd(C, response_cost='"0.5"'), "cost_usd", 0.5),
        (odd(C, response_cost="-1"), "cost_usd", None),
        (odd(C, prompt_tokens="-3"), "input_tokens", None),
        (odd(C, prompt_tokens="9007199254740993"), "input_tokens", 9007199254740993),
        (odd(C, prompt_tokens="99999999999999999999999"), "input_tokens", None),
        (odd(C, litellm_call_id="9007199254740993"), "request_id", "litellm:9007199254740993"),
        (
            odd(C, litellm_call_id="123456789012345678901234567890"),
            "request_id",
            "litellm:123456789012345678901234567890",
        ),
        (odd(C, litellm_call_id='""'), "request_id", "litellm:trace-c"),
        (odd(C, litellm_call_id='"None"', trace_id="null"), "request_id", "litellm:chatcmpl-c"),
        (odd(C, startTime=f'"{NOON}"'), "epoch(started_at)", NOON),
        (odd(C, startTime='"2026-10-05T14:00:00+02:00"'), "epoch(started_at)", NOON),
        (odd(C, endTime=str(NOON - 3600)), "duration_ms", None),
        (odd(C, endTime='"infinity"'), "duration_ms", None),
        (odd(C, endTime="1e300"), "ended_at", None),
        (odd(C, metadata='"words"', request_tags="7"), "team", None),
        (odd(failure("c"), error_information='{"error_code": "99999999999999999999"}'), "http_status", None),
    ],
)
def test_odd_value_costs_no_line(books: Ledger, record: bytes, column: str, expected: Any) -> None:
    entry = books.load_bytes(line(A) + b"\n" + record + b"\n")
    assert became(entry) == {"row": 2}
    assert books.rows(f"select {column} from attempts where request_id <> 'litellm:a'") == [(expected,)]


def test_clock_a_few_hours_ahead_is_no_reason_to_lose_a_line(books: Ledger) -> None:
    ahead = answer("ahead", LOADED_AT.timestamp() + 6 * 3600)
    assert became(books.load_bytes(lines([A, ahead]))) == {"row": 2}


def test_time_of_a_quarantined_line_never_moves_the_watermark(books: Ledger) -> None:
    entry = books.load_bytes(lines([A, answer("late", NOON * 2), answer("early", 5.0)]))
    assert (entry.first_at, entry.last_at) == (entry.last_at, entry.first_at)
    assert entry.last_at is not None
    assert entry.last_at.timestamp() == NOON


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbf" + lines([A, B]),
        lines([A, B]).replace(b"\n", b"\r\n"),
        line(A) + b"\r\r\n\r" + line(B) + b"\n",
        line(A) + b"\n\n \t\n" + line(B),
        line(A) + b"\n\x0c\n" + line(B) + b"\n",
        line(A).replace(b", ", b",\r ", 1) + b"\n" + line(B),
        gzip.compress(lines([A, B]), mtime=0),
        gzip.compress(lines([A]), mtime=0) + gzip.compress(lines([B]), mtime=0),
        zstandard.compress(lines([A, B])),
        zstandard.compress(lines([A])) + zstandard.compress(lines([B])),
        gzip.compress(b"\xef\xbb\xbf" + lines([A, B]), mtime=0),
        json.dumps([A, B]).encode(),
        json.dumps([A, B], indent=1).encode(),
        b"[\n" + line(A) + b",\n" + line(B) + b"\n]\n",
    ],
    ids=["bom", "crlf", "stray cr", "blank lines", "form feed", "cr inside", "gzip", "two gzips", "zstd", "two zstds",
         "gzip with bom", "list", "pretty list", "list by lines"],
)  # fmt: skip
def test_every_way_to_write_two_records_gives_two_rows(books: Ledger, content: bytes) -> None:
    assert became(books.load_bytes(content)) == {"row": 2}
    assert books.calls() == ["a", "b"]


def test_pretty_printed_record_is_one_row(books: Ledger) -> None:
    assert became(books.load_bytes(json.dumps(A, indent=2).encode(), "one.json")) == {"row": 1}


def test_parquet_of_records_is_read(books: Ledger) -> None:
    buffer = io.BytesIO()
    plain = [
        {key: value for key, value in record.items() if key not in ("metadata", "hidden_params")} for record in (A, B)
    ]
    polars.DataFrame(plain, infer_schema_length=None).write_parquet(buffer)
    assert became(books.load_bytes(buffer.getvalue(), "log.parquet")) == {"row": 2}
    assert books.calls() == ["a", "b"]


def test_csv_with_quoted_newlines_keeps_line_numbers(books: Ledger) -> None:
    text = io.StringIO()
    table = csv.writer(text)
    table.writerow(["kind", "occurred_at", "source_system", "source_record_id", "request_id", "rework_type", "label"])
    table.writerow(["rework", "2026-10-05T12:00:00Z", "desk", "r1", "litellm:a", "corrected", "two\nlines"])
    table.writerow(["no such kind", "2026-10-05T12:00:00Z", "desk", "r2", "litellm:a", "corrected", "x"])
    table.writerow(["rework", "2026-10-05T12:00:00Z", "desk", "r3", "litellm:a", "corrected", "x"])
    entry = books.load_bytes(text.getvalue().encode(), "outcomes.csv")
    assert entry.lines == 3
    assert [number for number, _ in books.quarantined()] == [4]
    assert books.rows("select source_record_id, line from outcomes order by line") == [("r1", 2), ("r3", 5)]


def test_ten_megabyte_line_is_read(books: Ledger) -> None:
    huge = answer("huge", messages=[{"content": "p" * 10_000_000}])
    assert became(books.load_bytes(lines([huge, A]))) == {"row": 2}


def test_line_over_the_limit_costs_itself_only(books: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("readback.landing.MAXIMUM_LINE", 20_000)
    monkeypatch.setattr("readback.feed.MAXIMUM_LINE", 20_000)
    huge = answer("huge", messages=[{"content": "p" * 34_000_000}])
    entry = books.load_bytes(lines([A]) + b"\n" + lines([huge, B]))
    assert became(entry) == {"row": 2, "quarantined": 1}
    ((number, reason),) = books.quarantined()
    assert number == 3
    assert "bytes; at most 20,000 are read" in reason
    assert books.rows("select line from attempts order by line") == [(1,), (4,)]


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress], ids=["gzip", "zstd"])
def test_truncated_archive_gives_its_lines_and_says_where_it_ends(books: Ledger, pack: Any) -> None:
    whole = lines(answer(f"c{n:05}", NOON + n) for n in range(4000))
    packed = pack(whole)
    entry = books.load_bytes(packed[: len(packed) * 2 // 3], "log.packed")
    assert entry.row_lines > 1000
    assert books.calls() == [f"c{n:05}" for n in range(entry.row_lines)]
    *_, (last, reason) = books.quarantined()
    assert last == entry.lines
    assert reason.startswith("archive ends early or is damaged")


@pytest.mark.parametrize("pack", [gzip.compress, zstandard.compress], ids=["gzip", "zstd"])
def test_archive_cut_at_the_end_of_a_line_is_not_taken_for_whole(books: Ledger, pack: Any) -> None:
    entry = books.load_bytes(pack(lines([A])) + pack(lines([B]))[:9], "log.packed")
    assert became(entry) == {"row": 1, "quarantined": 1}


def test_damaged_archive_gives_what_stands_before_the_damage(books: Ledger) -> None:
    packed = bytearray(gzip.compress(lines(answer(f"c{n:05}", NOON + n) for n in range(4000))))
    packed[len(packed) // 2 : len(packed) // 2 + 8] = b"\x00\xff\x00\xff\x00\xff\x00\xff"
    entry = books.load_bytes(bytes(packed), "log.gz")
    assert entry.row_lines > 500
    assert books.quarantined()[-1][1].startswith("archive ends early or is damaged")


@pytest.mark.parametrize(
    ("content", "state", "reason"),
    [
        (b"", "empty", "holds nothing"),
        (b" \r\n\t\n", "empty", "holds nothing"),
        (b"[\n]\n", "empty", "holds nothing"),
        (b"\x7fELF\x00\x00", "unknown_format", "is binary, not a log that readback knows"),
        (b"PAR1 but no Parquet", "unknown_format", "no record in it could be read as JSON, CSV or Parquet"),
        (b"dear diary\n", "unknown_format", "no record in it could be read as JSON, CSV or Parquet"),
        (b'{"a": 1}\n', "unknown_format", "no record has a key that any format is recognized by"),
        (
            b'{"startTime": 1, "status": "x", "trace_id": "y"}\n',
            "unknown_format",
            "nearest is litellm, but no record has",
        ),
        (b"one,two\n1,2\n", "unknown_format", "no record has a key that any format is recognized by"),
        (gzip.compress(lines([A]), mtime=0)[:10], "failed", "the archive is damaged or cut off before its first line"),
    ],
)
def test_file_that_is_no_log_is_refused_with_a_sentence(books: Ledger, content: bytes, state: str, reason: str) -> None:
    entry = books.load_bytes(content)
    assert (entry.state, (entry.reason or "")[: len(reason)]) == (state, reason)


def test_folder_of_unknown_files_hides_no_log(books: Ledger) -> None:
    for number, content in enumerate([b"", b"words", b"\x00\x01", b"PAR1", b'{"a": 1}', lines([A]), b"x,y\n1,2\n"]):
        (books.project.root / f"{number}.log").write_bytes(content)
    entries = books.load(*inputs.expand(books.project.root, "."))
    assert [str(entry.state) for entry in entries].count("loaded") == 1
    assert books.calls() == ["a"]


def test_hidden_files_are_no_input(tmp_path: Path) -> None:
    for name in ("a.jsonl", ".b.jsonl", ".readback/c.jsonl", "d/e.jsonl"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(lines([A]))
    assert [file.name for file in inputs.expand(tmp_path, ".")] == ["a.jsonl", "e.jsonl"]


def test_refused_file_is_tried_again_once_its_source_is_named(books: Ledger) -> None:
    content = line({"id": "x", "status": "success", "startTime": NOON, "litellm_call_id": "x"}) + b"\n"
    assert books.load_bytes(content).state == "unknown_format"
    assert books.load_bytes(content, source="litellm").state == "loaded"
    assert books.rows("select state, count(*) from files group by all") == [("loaded", 1)]


def test_file_that_vanished_stops_no_other(books: Ledger) -> None:
    gone, there = books.project.root / "gone.jsonl", books.project.root / "there.jsonl"
    there.write_bytes(lines([A]))
    refused, loaded = books.load(gone, there)
    assert (refused.state, refused.reason) == ("failed", "cannot be opened: No such file or directory")
    assert loaded.row_lines == 1
    gone.write_bytes(lines([B]))
    books.load(gone)
    assert books.rows("select state, count(*) from files group by all") == [("loaded", 2)]


def test_file_without_permission_stops_no_other(books: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    closed, there = books.project.root / "closed.jsonl", books.project.root / "there.jsonl"
    closed.write_bytes(lines([A]))
    there.write_bytes(lines([B]))
    opened = Path.open

    def guarded(path: Path, *arguments: Any, **named: Any) -> Any:
        if path == closed:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return opened(path, *arguments, **named)

    monkeypatch.setattr(Path, "open", guarded)
    refused, loaded = books.load(closed, there)
    assert (refused.state, refused.reason) == ("failed", "cannot be opened: Permission denied")
    assert loaded.row_lines == 1


def test_same_content_under_another_name_is_known(books: Ledger) -> None:
    books.load_bytes(lines([A, B]))
    copy = books.project.root / "rotated.1"
    copy.write_bytes(lines([A, B]))
    assert books.load(copy) == []


def test_same_rows_under_other_bytes_are_duplicates(books: Ledger) -> None:
    books.load_bytes(lines([A, B]))
    backwards = [dict(reversed(record.items())) for record in (B, A)]
    assert became(books.load_bytes(lines([*backwards, C]), "again.jsonl")) == {"row": 1, "duplicate": 2}
    assert books.calls() == ["a", "b", "c"]


def test_row_twice_in_one_file_is_one_duplicate(books: Ledger) -> None:
    assert became(books.load_bytes(lines([A, B, A, A]))) == {"row": 2, "duplicate": 2}
    assert books.rows("select line from attempts order by line") == [(1,), (2,)]


def test_grown_file_gives_its_new_lines_only(books: Ledger) -> None:
    first = books.load_bytes(lines([A]) + b"\n{bad\n" + lines([B]))
    grown = books.load_bytes(lines([A]) + b"\n{bad\n" + lines([B]) + b"{worse\n" + lines([C]))
    assert (grown.continues_file_id, grown.skipped_lines) == (first.file_id, 4)
    assert became(grown) == {"row": 1, "quarantined": 1}
    assert [number for number, _ in books.quarantined()] == [3, 5]
    assert books.rows("select line from attempts order by started_at") == [(1,), (4,), (6,)]


def test_grown_and_renamed_file_is_known_by_its_beginning(books: Ledger) -> None:
    first = books.load_bytes(lines([A]), "log")
    assert books.load_bytes(lines([A, B]), "log.1").continues_file_id == first.file_id


def test_grown_file_is_known_among_many_smaller_ones(books: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identity, "_CANDIDATES", 3)
    for number in range(5):
        books.load_bytes(line(answer(f"s{number}")) + b"\n", f"small{number}")
    first = books.load_bytes(lines([A, B]), "log")
    assert books.load_bytes(lines([A, B, C]), "log").continues_file_id == first.file_id


def test_unfinished_last_line_is_completed_by_growth(books: Ledger) -> None:
    first = books.load_bytes(line(A) + b"\n" + line(B)[:-30])
    assert became(first) == {"row": 1, "quarantined": 1}
    grown = books.load_bytes(lines([A, B, C]))
    assert became(grown) == {"row": 2}
    assert books.quarantined() == []
    assert books.rows("select lines from files order by bytes") == [(1,), (2,)]
    assert books.rows("select line from attempts order by started_at") == [(1,), (2,), (3,)]


def test_whole_last_line_without_newline_is_a_duplicate_after_growth(books: Ledger) -> None:
    assert became(books.load_bytes(line(A) + b"\n" + line(B))) == {"row": 2}
    assert became(books.load_bytes(lines([A, B, C]))) == {"row": 1, "duplicate": 1}


def test_appended_archive_is_read_again_and_repeats_are_duplicates(books: Ledger) -> None:
    books.load_bytes(gzip.compress(lines([A]), mtime=0), "log.gz")
    grown = books.load_bytes(gzip.compress(lines([A]), mtime=0) + gzip.compress(lines([B]), mtime=0), "log.gz")
    assert became(grown) == {"row": 1, "duplicate": 1}


def test_grown_table_is_read_again_and_repeats_are_duplicates(books: Ledger) -> None:
    head = b"kind,occurred_at,source_system,source_record_id,request_id,rework_type\n"
    rows = [f"rework,2026-10-05T12:00:00Z,desk,r{n},litellm:a,corrected\n".encode() for n in range(3)]
    books.load_bytes(head + rows[0] + rows[1], "outcomes.csv")
    grown = books.load_bytes(head + b"".join(rows), "outcomes.csv")
    assert (became(grown), grown.skipped_lines) == ({"row": 1, "duplicate": 2}, 0)


def test_copy_truncate_rotation_loses_nothing(books: Ledger) -> None:
    books.load_bytes(lines([A]), "log")
    (books.project.root / "log.1").write_bytes(lines([A, B]))
    (books.project.root / "log").write_bytes(lines([C]))
    books.load(books.project.root / "log", books.project.root / "log.1")
    assert books.calls() == ["a", "b", "c"]


def test_value_that_no_rule_foresaw_stops_its_file_only(books: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("readback.store.model", lambda name: "select cast(startTime as integer[]) from records")
    assert books.load_bytes(lines([A])).state == "failed"


def test_forgotten_files_are_read_again(books: Ledger) -> None:
    books.load_bytes(lines([A]))
    ledger.forget(books.con)
    assert books.calls() == []
    assert became(books.load_bytes(lines([A]))) == {"row": 1}


def test_users_are_told_apart_by_a_keyed_hash_only(books: Ledger) -> None:
    books.load_bytes(lines([A | {"end_user": "jane"}, B | {"end_user": "jane"}, C | {"end_user": "joe"}]))
    hashes = [hashed for (hashed,) in books.rows("select user_hash from attempts order by started_at")]
    assert hashes[0] == hashes[1] != hashes[2]
    with_other_key = "select left(sha256('jane'), 32)"
    assert books.rows(with_other_key) != [(hashes[0],)]


def test_unknown_source_of_an_input_is_refused(books: Ledger) -> None:
    settings = Settings(inputs=(Input(path="*.jsonl", source="litelm"),))
    with pytest.raises(SettingsError, match="unknown source 'litelm'; expected one of .*bedrock"):
        inputs.places(type(books.project)(books.project.root, settings), {})


@pytest.mark.parametrize(
    ("when", "reason"),
    [
        ("2999-01-01T00:00:00Z", "its time lies in the future: 2999-01-01"),
        ("290000-01-01T00:00:00Z", "its time lies in the future: 290000-01-01"),
        ("0001-01-01T00:00:00Z", "its time lies before 2015: 0001-01-01"),
    ],
)
def test_outcome_of_an_impossible_time_is_quarantined(books: Ledger, when: str, reason: str) -> None:
    told = {
        "kind": "rework",
        "source_system": "desk",
        "source_record_id": "r",
        "rework_type": "corrected",
        "run_id": "T",
    }
    entry = books.load_bytes(lines([told | {"occurred_at": when}, told | {"occurred_at": "2026-10-05T12:00:00Z"}]))
    assert became(entry) == {"row": 1, "quarantined": 1}
    ((number, found),) = books.quarantined()
    assert (number, found[: len(reason)]) == (1, reason)
    assert entry.last_at is not None
    assert entry.last_at.timestamp() == NOON


def test_announced_maintenance_never_moves_the_watermark(books: Ledger) -> None:
    times = {"created_at": "2027-10-05T12:00:00Z", "started_at": "2027-10-05T12:00:00Z"}
    maintenance = {"id": "m", "name": "upgrade", "status": "scheduled", "incident_updates": [], "components": []}
    page = {"page": {"id": "p", "name": "OpenAI"}, "incidents": [maintenance | times]}
    entry = books.load_bytes(json.dumps(page).encode(), "incidents.json", source="statuspage")
    assert became(entry) == {"row": 1}
    assert entry.last_at is None


def test_row_keeps_its_line_on_several_threads(books: Ledger) -> None:
    """The unfinished end of a file that is still being written is a second piece of work for DuckDB."""
    books.con.execute("set threads = 4")
    calls = [answer(f"{number:04}", NOON + number) for number in range(2000)]
    books.load_bytes(lines(calls) + b'{"id": "cut o')
    ((first, last, wrong),) = books.rows(
        """select min(line), max(line), count(*) filter (where line <> cast(split_part(request_id, ':', 2) as int) + 1)
        from attempts"""
    )
    assert (first, last, wrong) == (1, 2000, 0)
    assert [number for number, _ in books.quarantined()] == [2001]
