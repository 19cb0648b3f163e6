"""Command lines of `readback` run in this process, and what they print as a page of the docs shows it."""

import io
import json
import shlex
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from readback.cli import main
from readback.cli.shell import clock_stopped, err, out

WIDTH = 110
"""Characters of a line that a page shows without a bar to scroll by."""

_OPERATORS = (">", "|", "||", "&&")
_CUT = "…"


class Printed(NamedTuple):
    """The exit code, standard output, and both outputs as they would be mixed on a terminal."""

    code: int
    out: str
    shown: str


def words(line: str) -> list[str]:
    """The arguments of a line that begins with `readback`, up to where it is handed to another command."""
    typed = shlex.split(line)[1:]
    ends = [typed.index(each) for each in _OPERATORS if each in typed]
    return typed[: min(ends, default=len(typed))]


def printed(line: str, at: datetime) -> Printed:
    """Run a line in the current folder with the clock stopped; paths are told from that folder."""
    told, both, code = io.BytesIO(), _Both(), 0
    with _width(WIDTH), clock_stopped(at), redirect_stdout(both.out(told)), redirect_stderr(both.err()):
        try:
            main(words(line))
        except SystemExit as stop:
            code = int(stop.code or 0)
    return Printed(code, _relative(told.getvalue().decode()), _relative(both.getvalue().decode()))


def rows(line: str, at: datetime) -> list[dict[str, Any]]:
    """What a line prints with --json."""
    found: list[dict[str, Any]] = json.loads(printed(f"{line} --json", at).out)
    return found


def trimmed(shown: str, most: int) -> str:
    """At most so many lines, none longer than a page is wide; what was cut is marked."""
    lines = [line.rstrip() for line in shown.strip("\n").splitlines()]
    short = [line if len(line) <= WIDTH else line[: WIDTH - 1] + _CUT for line in lines]
    return "\n".join(short if len(short) <= most else [*short[: most - 1], _CUT])


class _Both(io.BytesIO):
    """Everything that is written to either output, in its order."""

    def out(self, alone: io.BytesIO) -> io.TextIOWrapper:
        return io.TextIOWrapper(_Tee(alone, self), encoding="utf-8", write_through=True)

    def err(self) -> io.TextIOWrapper:
        return io.TextIOWrapper(_Tee(self), encoding="utf-8", write_through=True)


class _Tee(io.BytesIO):
    def __init__(self, *targets: io.BytesIO) -> None:
        super().__init__()
        self._targets = targets

    def write(self, content: Any) -> int:
        return [target.write(content) for target in self._targets][0]


@contextmanager
def _width(columns: int) -> Iterator[None]:
    before = out.width, err.width
    out.width = err.width = columns
    try:
        yield
    finally:
        out.width, err.width = before


def _relative(told: str) -> str:
    return told.replace(f"{Path.cwd()}/", "")
