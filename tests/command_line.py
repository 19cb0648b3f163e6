"""The `readback` command in the process of a test."""

import sys
from collections.abc import Callable

import pytest

from readback.cli import main

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
