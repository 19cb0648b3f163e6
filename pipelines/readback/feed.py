"""Any input file as newline-delimited JSON that DuckDB reads, with the line that each record stood in.

Plain, gzip and zstandard files of JSON lines are fed as they are. Everything else (one JSON document, a list, CSV,
Parquet, scrapes of counters, a truncated archive, a line too long for the reader, the new end of a file that grew) is
first written as JSON lines to a scratch file; such files are small, or rare.
"""

import csv
import io
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice, zip_longest
from pathlib import Path
from typing import Any, BinaryIO, Literal, Self

import orjson
import zstandard

from readback.exposition import Scrape, is_exposition, scrapes

Shape = Literal["lines", "document", "list", "csv", "exposition", "parquet", "binary", "empty", "damaged"]

MAXIMUM_LINE = 32 * 1024 * 1024
"""Longest line in bytes that is read; a longer one is quarantined."""

KEPT_BYTES = 4000
"""How much of a broken line is looked at for its shape."""

_SNIFFED_BYTES = 1 << 20
_SNIFFED_RECORDS = 50
_PACKED_BLOCK = 1 << 13


class BrokenArchive(Exception):
    """An archive that ends early or is damaged; what could be unpacked was given before."""


_UNREADABLE = (ValueError, csv.Error, OSError, BrokenArchive)


@dataclass(frozen=True)
class BrokenLine:
    """A line that cannot be read, with its bytes."""

    line: int
    offset: int
    reason: str
    content: bytes
    is_foreign: bool = False
    """It is a whole record, of another format than its file's."""


@dataclass
class Feed:
    """What DuckDB is given for one input file."""

    path: Path
    compression: Literal["none", "gzip", "zstd"] = "none"
    line_numbers: list[int] | None = None
    """Line of each record in order; None when it is simply its place."""
    offsets: list[int] | None = None
    """Where each record stood in the uncompressed file, in bytes; None when it stands there still."""
    broken: list[BrokenLine] = field(default_factory=list)
    """Lines that never reached the feed."""
    is_scratch: bool = False

    def place(self, number: int, offset: int) -> None:
        """Note where the next record of a scratch file stood in the file that was given."""
        self.line_numbers = self.line_numbers or []
        self.offsets = self.offsets or []
        self.line_numbers.append(number)
        self.offsets.append(offset)

    def __enter__(self) -> Self:
        """The feed itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """A scratch file goes as soon as it was read."""
        if self.is_scratch:
            self.path.unlink(missing_ok=True)


def compression(file: Path) -> Literal["none", "gzip", "zstd"]:
    """By the first bytes, since names lie."""
    with file.open("rb") as stream:
        magic = stream.read(4)
    if magic[:2] == b"\x1f\x8b":
        return "gzip"
    return "zstd" if magic == b"\x28\xb5\x2f\xfd" else "none"


class _Archive(io.RawIOBase):
    """The uncompressed bytes of a gzip or zstandard file. A damaged one ends early, and `damage` says why.

    The readers of both libraries fall short here: gzip's loses what it unpacked last before it raises, and
    zstandard's takes a truncated file for a whole one.
    """

    def __init__(self, file: Path, kind: Literal["gzip", "zstd"]) -> None:
        super().__init__()
        self.damage: str | None = None
        self._packed = file.open("rb")
        self._blocks = _unpacked_blocks(self._packed, kind)
        self._ready = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        while not self._ready:
            try:
                self._ready = memoryview(next(self._blocks))
            except StopIteration:
                return 0
            except (EOFError, zlib.error, zstandard.ZstdError) as error:
                self.damage = str(error)
        given = self._ready[: len(buffer)]
        buffer[: len(given)] = given
        self._ready = self._ready[len(given) :]
        return len(given)

    def close(self) -> None:
        self._packed.close()
        super().close()


def _unpacked_blocks(packed: BinaryIO, kind: Literal["gzip", "zstd"]) -> Iterator[bytes]:
    """Every member of an archive, one after the other; zeros between them are padding."""
    member: Any = None
    content = b""
    while content := content or packed.read(_PACKED_BLOCK):
        if member is None:
            if not (content := content.lstrip(b"\x00")):
                continue
            member = zlib.decompressobj(31) if kind == "gzip" else zstandard.ZstdDecompressor().decompressobj()
        yield member.decompress(content)
        content = member.unused_data if member.eof else b""
        member = None if member.eof else member
    if member is not None:
        raise EOFError("it is cut off")


def open_plain(file: Path) -> BinaryIO:
    """The uncompressed bytes of a file; a broken archive ends early."""
    kind = compression(file)
    return file.open("rb") if kind == "none" else io.BufferedReader(_Archive(file, kind), 1 << 20)


def damage(stream: BinaryIO) -> str | None:
    """Why a stream that was read to its end ended early; None where it did not."""
    raw = getattr(stream, "raw", None)
    return raw.damage if isinstance(raw, _Archive) else None


def shape(file: Path) -> Shape:
    """What kind of file it is, by its first megabyte."""
    head, damaged = _head(file)
    if not head.strip():
        return "damaged" if damaged else "empty"
    if head[:4] == b"PAR1":
        return "parquet"
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text[:1] == b"[" and text[1:].strip() == b"]":
        return "empty"
    record_count = len(_parsed(head))
    if text[:1] == b"[" and not _is_list_a_bad_line(text, record_count):
        return "list"
    if record_count:
        return "lines"
    if b"\x00" in head[:4096]:
        return "binary"
    if text[:1] == b"{":
        return "document"
    if is_exposition(text):
        return "exposition"
    return "csv" if _is_csv(text) else "lines"


def sample(file: Path, kind: Shape) -> list[dict[str, Any]]:
    """A few records, for recognizing the format; empty when none can be read."""
    if kind == "lines":
        return _parsed(_head(file)[0])
    if kind == "exposition":
        return [scrape.record for scrape in islice(_scrapes(file), _SNIFFED_RECORDS) if scrape.record is not None]
    if kind in ("document", "list", "csv", "parquet"):
        try:
            return [record for _, record in islice(_records(file, kind), _SNIFFED_RECORDS) if isinstance(record, dict)]
        except _UNREADABLE:
            return []
    return []


def prepare(file: Path, kind: Shape, scratch: Path, known: tuple[int, int] = (0, 0)) -> Feed:
    """The feed of one file; `known` is how many bytes and lines at its start were read before."""
    if kind == "lines":
        return Feed(file, compression(file)) if known == (0, 0) else rewritten(file, scratch, known)
    return _exposed(file, scratch) if kind == "exposition" else _converted(file, kind, scratch)


def rewritten(file: Path, scratch: Path, known: tuple[int, int] = (0, 0)) -> Feed:
    """As much of a file of lines as can be unpacked, without its known beginning and its over-long lines."""
    feed = Feed(scratch, is_scratch=True)
    with scratch.open("wb") as out:
        for number, offset, line in _lines_from(file, known, feed):
            feed.place(number, offset)
            out.write(line)
    return feed


def numbered_lines(feed: Feed) -> Iterator[tuple[int, int, bytes]]:
    """Every record of a feed with its line and its offset in the file; a damaged archive ends with a broken line."""
    if feed.line_numbers is None:
        yield from _lines_from(feed.path, (0, 0), feed)
        return
    with feed.path.open("rb") as stream:
        places = feed.offsets or [0] * len(feed.line_numbers)
        yield from zip(feed.line_numbers, places, stream, strict=True)


def unpacked(file: Path, size: int = 1 << 20) -> Iterator[bytes]:
    """The uncompressed bytes in blocks of a size.

    Raises:
        BrokenArchive: after the last block that could be unpacked.
    """
    with open_plain(file) as stream:
        while block := stream.read(size):
            yield block
        _check_whole(stream)


def _lines_from(file: Path, known: tuple[int, int], feed: Feed) -> Iterator[tuple[int, int, bytes]]:
    """Lines that are not blank, from an offset on: number, offset, bytes.

    What is too long or cannot be unpacked becomes a broken line of the feed.
    """
    offset, number = known
    with open_plain(file) as stream:
        if offset:
            stream.seek(offset)
        for line in stream:
            number += 1
            if len(line) > MAXIMUM_LINE:
                reason = f"line of {len(line):,} bytes; at most {MAXIMUM_LINE:,} are read"
                feed.broken.append(BrokenLine(number, offset, reason, line[:KEPT_BYTES]))
            elif line.strip():
                yield number, offset, line
            offset += len(line)
        if damaged := damage(stream):
            reason = f"archive ends early or is damaged ({damaged}); nothing after this line could be unpacked"
            feed.broken.append(BrokenLine(number + 1, offset, reason, b""))


def _converted(file: Path, kind: Shape, scratch: Path) -> Feed:
    numbers: list[int] = []
    feed = Feed(scratch, line_numbers=numbers, is_scratch=True)
    with scratch.open("wb") as out:
        try:
            for number, record in _records(file, kind):
                numbers.append(number)
                out.write(orjson.dumps(record, default=str, option=orjson.OPT_NON_STR_KEYS) + b"\n")
        except _UNREADABLE as error:
            feed.broken.append(BrokenLine(len(numbers) + 1, 0, f"not a readable {kind}: {error}", b""))
    return feed


def _exposed(file: Path, scratch: Path) -> Feed:
    """One line for each scrape; a damaged one costs itself only, and shows none of its labels."""
    numbers: list[int] = []
    feed = Feed(scratch, line_numbers=numbers, is_scratch=True)
    with scratch.open("wb") as out:
        for scrape in _scrapes(file):
            if scrape.fault is not None:
                feed.broken.append(BrokenLine(scrape.line, 0, scrape.fault, b""))
            else:
                numbers.append(scrape.line)
                out.write(orjson.dumps(scrape.record) + b"\n")
    return feed


def _scrapes(file: Path) -> Iterator[Scrape]:
    """The scrapes of a file; the last one of a broken archive is not whole."""
    with open_plain(file) as stream:
        found = list(scrapes(stream.read().decode("utf-8", "replace"), file.name))
        damaged = damage(stream)
    yield from found[:-1]
    last = found[-1]
    yield Scrape(last.line, fault=f"archive ends early or is damaged ({damaged})") if damaged else last


def _records(file: Path, kind: Shape) -> Iterator[tuple[int, Any]]:
    """Records with the line, or the element counted from 1, that each stands in."""
    if kind == "parquet":
        yield from enumerate(_parquet_records(file), start=1)
        return
    with open_plain(file) as stream:
        if kind == "csv":
            yield from _csv_records(stream)
        else:
            parsed = orjson.loads(stream.read().removeprefix(b"\xef\xbb\xbf"))
            yield from enumerate(parsed if isinstance(parsed, list) else [parsed], start=1)
        _check_whole(stream)


def _parquet_records(file: Path) -> Iterator[dict[str, Any]]:
    import polars

    try:
        yield from polars.scan_parquet(file).collect().iter_rows(named=True)
    except polars.exceptions.PolarsError as error:
        raise ValueError(str(error).splitlines()[0]) from None


def _check_whole(stream: BinaryIO) -> None:
    if damaged := damage(stream):
        raise BrokenArchive(damaged)


def _csv_records(stream: BinaryIO) -> Iterator[tuple[int, dict[str, str | None]]]:
    """Empty cells are absent, not empty."""
    csv.field_size_limit(MAXIMUM_LINE)
    with io.TextIOWrapper(stream, encoding="utf-8-sig", errors="replace", newline="") as text:
        rows = csv.reader(text)
        names = next(rows, [])
        before = rows.line_num
        for row in rows:
            if row:
                yield before + 1, {name: value or None for name, value in zip_longest(names, row[: len(names)])}
            before = rows.line_num


def _head(file: Path) -> tuple[bytes, bool]:
    """The first megabyte, but at least two lines; and whether the archive is damaged before their end."""
    with open_plain(file) as stream:
        head = stream.read(_SNIFFED_BYTES)
        if b"\n" not in head:
            head += stream.readline(MAXIMUM_LINE) + stream.read(_SNIFFED_BYTES)
        return head, damage(stream) is not None


def _parsed(head: bytes) -> list[dict[str, Any]]:
    """The first lines that are records by themselves."""
    return list(islice(_objects(head), _SNIFFED_RECORDS))


def _objects(head: bytes) -> Iterator[dict[str, Any]]:
    for line in head.removeprefix(b"\xef\xbb\xbf").split(b"\n"):
        try:
            record = orjson.loads(line)
        except orjson.JSONDecodeError:
            continue
        if record and isinstance(record, dict):
            yield record


def _is_list_a_bad_line(text: bytes, record_count: int) -> bool:
    """Whether `[` begins a bad first line of a file of records; the last element of a list may be a record, too."""
    if record_count != 1 or len(text) >= _SNIFFED_BYTES:
        return record_count > 1
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError:
        return True
    return False


def _is_csv(text: bytes) -> bool:
    first, _, rest = text.partition(b"\n")
    return b"," in first and bool(rest.strip()) and first.count(b",") <= rest.split(b"\n")[0].count(b",")
