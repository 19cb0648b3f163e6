"""The `readback` command in the process of a test."""

import sys
from collections.abc import Callable
from typing import Any

import pytest
from typer.main import get_command

from readback.cli import app, main
from readback.cli.transcript import words

Command = Callable[..., tuple[int, str, str]]
"""Arguments in; exit code, standard output and standard error out."""


def command(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    """Run `readback` as a shell would."""

    def run(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["readback", *map(str, arguments)])
        code = 0
        try:
            main()
        except SystemExit as stop:
            code = int(stop.code or 0)
        told = capsys.readouterr()
        return code, told.out, told.err

    return run


def parse(line: str) -> None:
    """Let every parser of the command take its part of a line, and run nothing; a mistake raises."""
    _parse(get_command(app), words(line))


def _parse(below: Any, arguments: list[str]) -> None:
    context = below.make_context(below.name or "readback", arguments)
    rest = [*getattr(context, "_protected_args", ()), *context.args]
    if getattr(below, "commands", None) and rest:
        _, found, rest = below.resolve_command(context, rest)
        _parse(found, rest)
