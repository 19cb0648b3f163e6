"""Where the lines of a file stand: counted once, so that a few of them are found without reading all the others."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path

from readback.feed import unpacked

BLOCK = 1 << 18


@dataclass(frozen=True)
class LineIndex:
    """How many lines of a file have ended by the end of each block of its uncompressed bytes."""

    file: Path
    ended: Sequence[int]
    lines: int
    """Physical lines; a last one without its newline counts too."""

    @classmethod
    def of(cls, file: Path) -> "LineIndex":
        """Count the lines of a file; a broken archive ends early."""
        counts: list[int] = []
        last = b"\n"
        for block in unpacked(file, BLOCK):
            counts.append(block.count(b"\n"))
            last = block[-1:]
        ended = list(accumulate(counts))
        return cls(file, ended, (ended[-1] if ended else 0) + (last != b"\n"))

    def read(self, numbers: Sequence[int]) -> Iterator[tuple[int, int, bytes]]:
        """Lines of an uncompressed file by number from 0, rising: number, offset, bytes."""
        with self.file.open("rb") as stream:
            for number in numbers:
                block = bisect_left(self.ended, number) if number else 0
                stream.seek(block * BLOCK)
                before = self.ended[block - 1] if block else 0
                for _ in range(number - before):
                    stream.readline()
                offset = stream.tell()
                yield number, offset, stream.readline()
