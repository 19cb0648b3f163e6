"""The commands are in the manual as they are, and a shell can complete them."""

from pathlib import Path

import pytest
from command_line import Command, command

from readback.cli.manual import manual_page

PAGE = Path(__file__).parents[2] / "docs" / "commands.md"


@pytest.fixture
def readback(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    return command(capsys, monkeypatch)


def test_manual_is_what_the_commands_say(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    assert manual_page() == PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("typed", "offered"), [("readback po", ["policy"]), ("readback policy ex", ["explain", "export"])]
)
def test_shell_completes_commands(
    typed: str, offered: list[str], readback: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("_READBACK_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", typed)
    monkeypatch.setenv("COMP_CWORD", str(len(typed.split()) - 1))
    assert sorted(readback()[1].split()) == offered
