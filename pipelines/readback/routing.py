"""A file that holds records of several formats, parted line by line into one feed per format.

A file of one format never comes here: its reader is fast because it looks at no line twice. What is no record at all
stays with the format that most lines are of, whose reader says what is wrong with it.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO

import orjson

from readback.feed import Feed, numbered_lines
from readback.sources import Source, sources


def format_of(record: Mapping[str, Any], main: Source) -> Source:
    """The format of one record: the one of its file where that fits, or where no other does."""
    if main.takes(record):
        return main
    fitting = [source for source in _candidates(frozenset(record)) if source.takes(record)]
    return max(fitting, key=lambda source: (len(source.header.recognize), source.name), default=main)


def is_mixed(records: Sequence[Mapping[str, Any]], main: Source) -> bool:
    """Whether some records are of another format than most are."""
    return any(format_of(record, main) is not main for record in records)


@contextmanager
def parted(feed: Feed, main: Source, folder: Path) -> Iterator[list[tuple[Source, Feed]]]:
    """One scratch feed per format, the main one first; each record keeps its line and its place in the file."""
    with ExitStack() as stack:
        feeds: dict[str, tuple[Feed, BinaryIO]] = {}
        _open(feeds, main, folder, stack)
        for number, offset, line in numbered_lines(feed):
            source = format_of_line(line, main)
            if source.name not in feeds:
                _open(feeds, source, folder, stack)
            part, out = feeds[source.name]
            part.place(number, offset)
            out.write(line if line.endswith(b"\n") else line + b"\n")
        for _, out in feeds.values():
            out.close()
        feeds[main.name][0].broken.extend(feed.broken)
        yield [(sources()[name], part) for name, (part, _) in feeds.items()]


def _open(feeds: dict[str, tuple[Feed, BinaryIO]], source: Source, folder: Path, stack: ExitStack) -> None:
    path = folder.with_suffix(f".{source.name}")
    part = stack.enter_context(Feed(path, is_scratch=True))
    feeds[source.name] = (part, stack.enter_context(path.open("wb")))


def format_of_line(line: bytes, main: Source) -> Source:
    """The format of one line; what is no record stays with its file's."""
    try:
        record = orjson.loads(line)
    except orjson.JSONDecodeError:
        return main
    return format_of(record, main) if isinstance(record, dict) else main


@lru_cache(maxsize=4096)
def _candidates(keys: frozenset[str]) -> tuple[Source, ...]:
    """The formats whose recognizing keys can all stand in a record with these keys at its top."""
    return tuple(
        source
        for source in sources().values()
        if all(any(parts[0] in keys or path in keys for path, parts in mark.paths) for mark in source.marks)
    )
