"""Files that grow slice by slice: plain, gzip or zstd by their suffix, with a count of the lines written."""

import gzip
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any

import polars as pl
import zstandard

GZIP_LEVEL = 1
ZSTD_LEVEL = 1


class DailyFiles:
    """Appends lines to files below `root`; a compressed file's bytes depend on its lines only."""

    def __init__(self, root: Path) -> None:
        """Open nothing yet."""
        self.root = root
        self.lines: Counter[str] = Counter()
        self._open: dict[str, tuple[IO[bytes], ExitStack]] = {}

    def append(self, name: str, lines: pl.Series) -> None:
        """Write the lines to the end of the file; no lines, no file."""
        if not len(lines):
            return
        self.lines[name] += len(lines)
        stream = self._stream(name)
        lines.to_frame("line").write_csv(stream, include_header=False, quote_style="never")

    def close_all(self) -> None:
        """Finish every open file; a later `append` to the same name would start it anew."""
        for _, stack in self._open.values():
            stack.close()
        self._open.clear()

    def _stream(self, name: str) -> IO[bytes]:
        if name not in self._open:
            path = self.root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            stack = ExitStack()
            raw = stack.enter_context(path.open("wb"))
            stream: Any = raw
            if path.suffix == ".gz":
                stream = gzip.GzipFile("", "wb", compresslevel=GZIP_LEVEL, fileobj=raw, mtime=0)
                stack.enter_context(stream)
            elif path.suffix == ".zst":
                stream = zstandard.ZstdCompressor(level=ZSTD_LEVEL).stream_writer(raw)
                stack.enter_context(stream)
            self._open[name] = (stream, stack)
        return self._open[name][0]
