"""What shape a file has, and how every shape becomes lines: kinds, archives, faults, numbers of lines."""

import gzip
import io
import json
from pathlib import Path
from typing import Literal

import polars
import pytest
import zstandard

from readback import feed
from readback.feed import Shape, prepare, rewritten, sample, shape

ONE, TWO = b'{"id": 1}', b'{"id": 2}'
LIST = b'[{"id": 1}, {"id": 2}]'


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "log"


def packed(content: bytes, kind: Literal["gzip", "zstd"]) -> bytes:
    return gzip.compress(content, mtime=0) if kind == "gzip" else zstandard.compress(content)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "empty"),
        (b" \n\t\r\n\n", "empty"),
        (ONE, "lines"),
        (b"\xef\xbb\xbf" + ONE + b"\n" + TWO, "lines"),
        (b"{bad\n" * 200 + ONE, "lines"),
        (b"ab\x00cd\n" + ONE + b"\n", "lines"),
        (b"[1, 2]\n" + ONE + b"\n", "lines"),
        (b"[2026-10-05] started\n" + ONE + b"\n" + TWO + b"\n", "lines"),
        (b"[\n" + ONE + b",\n" + TWO + b"\n", "lines"),
        (b"[\n" + ONE + b",\n" + TWO + b"\n]", "list"),
        (LIST, "list"),
        (json.dumps([{"id": 1}], indent=2).encode(), "list"),
        (json.dumps({"id": {"x": {}, "y": [{}]}}, indent=2).encode(), "document"),
        (b"id,status\n1,ok\n", "csv"),
        (b"just words\nand more\n", "lines"),
        (b"# TYPE requests_total counter\nrequests_total 3\n", "exposition"),
        (b"# scraped_at 2026-10-05T12:00:00Z\nrequests_total 3\n", "exposition"),
        (b"# a comment\nid,status\n1,ok\n", "lines"),
        (b"\x7fELF\x00\x00\x01", "binary"),
        (ONE.decode().encode("utf-16"), "binary"),
        (gzip.compress(ONE, mtime=0), "lines"),
        (zstandard.compress(LIST), "list"),
        (gzip.compress(ONE, mtime=0)[:10], "damaged"),
        (zstandard.compress(ONE)[:6], "damaged"),
        (gzip.compress(b"", mtime=0), "empty"),
    ],
)
def test_shape_is_told_by_content(file: Path, content: bytes, expected: Shape) -> None:
    file.write_bytes(content)
    assert shape(file) == expected


def test_long_first_line_hides_no_records(file: Path) -> None:
    file.write_bytes(b'{"id": 1, "prompt": "' + b"p" * 3_000_000 + b'"}\n' + TWO + b"\n")
    assert (shape(file), [record["id"] for record in sample(file, "lines")]) == ("lines", [1, 2])


@pytest.mark.parametrize("kind", ["gzip", "zstd"])
@pytest.mark.parametrize("cut", [0, 1, 5, 40])
def test_every_line_before_the_cut_of_an_archive_is_given(
    file: Path, tmp_path: Path, kind: Literal["gzip", "zstd"], cut: int
) -> None:
    content = b"".join(b'{"id": %d, "x": "%d"}\n' % (n, n * 7919) for n in range(20_000))
    whole = packed(content, kind)
    file.write_bytes(whole[: len(whole) * 3 // 4 - cut])
    with rewritten(file, tmp_path / "scratch") as lines:
        given = lines.path.read_bytes()
    assert content.startswith(given)
    assert len(given) > len(content) // 2
    assert [line.reason[:16] for line in lines.broken] == ["archive ends ear"]
    assert lines.broken[0].line == given.count(b"\n") + (not given.endswith(b"\n")) + 1


@pytest.mark.parametrize("kind", ["gzip", "zstd"])
def test_archive_missing_only_its_last_byte_is_not_taken_for_whole(
    file: Path, tmp_path: Path, kind: Literal["gzip", "zstd"]
) -> None:
    file.write_bytes(packed(ONE + b"\n", kind)[:-1])
    with rewritten(file, tmp_path / "scratch") as lines:
        assert [line.line for line in lines.broken] in ([1], [2])


@pytest.mark.parametrize("kind", ["gzip", "zstd"])
def test_members_appended_to_an_archive_are_read(file: Path, kind: Literal["gzip", "zstd"]) -> None:
    file.write_bytes(packed(ONE + b"\n", kind) + packed(TWO + b"\n", kind) + b"\x00" * 8)
    assert b"".join(feed.unpacked(file)) == ONE + b"\n" + TWO + b"\n"


@pytest.mark.parametrize("kind", ["gzip", "zstd"])
def test_junk_after_an_archive_is_told(file: Path, kind: Literal["gzip", "zstd"]) -> None:
    file.write_bytes(packed(ONE + b"\n", kind) + b"junk")
    blocks = feed.unpacked(file)
    assert next(blocks) == ONE + b"\n"
    with pytest.raises(feed.BrokenArchive):
        next(blocks)


def test_overlong_line_is_left_out_with_its_place(file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "MAXIMUM_LINE", 20)
    file.write_bytes(ONE + b"\n" + b"x" * 30 + b"\n\n" + TWO + b"\n")
    with rewritten(file, tmp_path / "scratch") as lines:
        assert lines.path.read_bytes() == ONE + b"\n" + TWO + b"\n"
        assert lines.line_numbers == [1, 4]
        assert [(line.line, line.offset) for line in lines.broken] == [(2, 10)]


def test_known_beginning_is_left_out(file: Path, tmp_path: Path) -> None:
    file.write_bytes(ONE + b"\n" + TWO + b"\n")
    with prepare(file, "lines", tmp_path / "scratch", known=(10, 1)) as lines:
        assert (lines.path.read_bytes(), lines.line_numbers) == (TWO + b"\n", [2])
    assert not lines.path.exists()


def converted(file: Path, kind: Shape) -> tuple[list[object], list[int] | None, list[str]]:
    with prepare(file, kind, file.with_suffix(".feed")) as lines:
        records = [json.loads(line) for line in lines.path.read_bytes().splitlines()]
    return records, lines.line_numbers, [line.reason for line in lines.broken]


def test_csv_record_stands_in_its_first_line_and_empty_cells_are_absent(file: Path) -> None:
    file.write_bytes(b'\xef\xbb\xbfid,note\r\n1,"two\r\nlines, ""quoted"""\r\n\r\n2,\r\n')
    records, numbers, broken = converted(file, "csv")
    assert records == [{"id": "1", "note": 'two\r\nlines, "quoted"'}, {"id": "2", "note": None}]
    assert (numbers, broken) == ([2, 5], [])


def test_long_csv_cell_is_read(file: Path) -> None:
    file.write_bytes(b"id,note\n1," + b"x" * 200_000 + b"\n")
    records, _, broken = converted(file, "csv")
    assert (len(records), broken) == (1, [])


def test_truncated_csv_archive_gives_its_rows_and_the_fault(file: Path) -> None:
    whole = gzip.compress(b"id,note\n" + b"".join(b"%d,%d\n" % (n, n * 7919) for n in range(9000)))
    file.write_bytes(whole[: len(whole) // 2])
    records, _, broken = converted(file, "csv")
    assert len(records) > 1000
    assert broken == ["not a readable csv: it is cut off"]


def test_parquet_rows_become_records(file: Path) -> None:
    buffer = io.BytesIO()
    polars.DataFrame({"id": [1, 2**60 + 1], "note": ["a", None]}).write_parquet(buffer)
    file.write_bytes(buffer.getvalue())
    assert shape(file) == "parquet"
    assert converted(file, "parquet")[0] == [{"id": 1, "note": "a"}, {"id": 2**60 + 1, "note": None}]


def test_truncated_parquet_is_one_fault_and_no_crash(file: Path) -> None:
    file.write_bytes(b"PAR1 and nothing else")
    assert sample(file, "parquet") == []
    records, _, broken = converted(file, "parquet")
    assert (records, len(broken)) == ([], 1)


def test_integers_of_a_list_keep_their_digits(file: Path) -> None:
    file.write_bytes(b'[{"id": 9007199254740993}]')
    assert converted(file, "list")[0] == [{"id": 9007199254740993}]
