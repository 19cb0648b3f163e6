"""The manual says what the commands say and print; each has examples and answers in JSON; a shell completes them."""

import json
import os
import shutil
import subprocess
import sys
from contextlib import chdir
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from command_line import Command as Readback
from command_line import command, parse

from readback.cli.manual import AT, FOLDER, Command, commands, manual_page, sample, typed
from readback.cli.transcript import printed, words

PAGE = Path(__file__).parents[2] / "docs" / "commands.md"
COMMANDS = [pytest.param(each, id=each.name) for each in commands()]
STAND_ALONE = {"init", "demo", "simulate", "integrate", "schema", "policy", "readback"}
NEED_A_PROJECT = [each for each in COMMANDS if str(each.id).split()[-1] not in STAND_ALONE]
SOURCE = Path(__file__).parents[2] / "pipelines"
BESIDE = (
    "readback recommend list",
    "readback recommend --patch",
    "readback recommend --patch --out change",
    "readback recommend accept RECOMMENDATION_ID",
    "readback sql --questions",
    "readback sql 'select 1 as one' -o one.parquet",
    "readback digest --send",
    "readback policy import litellm-config.yaml --out draft.yaml",
    "readback policy export --to envoy --out gateway",
)
"""Other things that a command does, which have their own answer in JSON."""


class Sample(NamedTuple):
    folder: Path
    copy: Path
    told: str


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    folder = tmp_path_factory.mktemp("manual")
    told = sample(folder / "sample")
    return Sample(folder / "sample", shutil.copytree(folder / "sample", folder / "copy", symlinks=True), told)


@pytest.fixture
def readback(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Readback:
    return command(capsys, monkeypatch)


@pytest.mark.slow
def test_manual_is_what_the_commands_say_and_print(made: Sample) -> None:
    assert manual_page(made.folder, made.told) == PAGE.read_text(encoding="utf-8")


@pytest.mark.slow
def test_every_command_answers_in_json_and_in_nothing_else(made: Sample, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("READBACK_PROJECT", "what the dashboard sets in its own process")
    monkeypatch.setattr("readback.cli.dashboard.serve", lambda *_: None)
    with chdir(made.copy / FOLDER):
        told = {line: _answer(line) for line in (*(_first(each) for each in commands()), *BESIDE) if line}
    assert [line for line, answer in told.items() if not isinstance(answer, list | dict)] == []


@pytest.mark.parametrize("each", COMMANDS)
def test_every_command_takes_json(each: Command) -> None:
    assert "--json" in each.help or _is_group(each)


@pytest.mark.parametrize("each", COMMANDS)
def test_every_help_has_examples_that_parse(each: Command) -> None:
    assert each.examples
    for line in each.examples:
        assert line.startswith(f"{each.name}") or _is_group(each)
        parse(line)


@pytest.mark.parametrize("option", [(), ("--json",)])
@pytest.mark.parametrize("each", NEED_A_PROJECT)
def test_command_without_a_project_ends_in_one_sentence(
    each: Command, option: tuple[str, ...], readback: Readback, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    code, out, err = readback(*words(each.examples[0]), *option)
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert err.startswith("readback: ")
    assert list(tmp_path.iterdir()) == []


def test_terminal_shows_a_bar_and_a_pipe_none(tmp_path: Path) -> None:
    line = [sys.executable, "-m", "readback", "simulate", "--out", str(tmp_path / "fleet"), "--requests", "2000"]
    line += ["--days", "7", "--end", "2026-11-01"]
    environment = {**os.environ, "PYTHONPATH": str(SOURCE), "TERM": "xterm-256color", "COLUMNS": "80"}
    ours, theirs = os.openpty()
    with subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=theirs, env=environment):
        os.close(theirs)
        assert b"simulating" in _until_closed(ours)
    piped = subprocess.run(line, capture_output=True, env=environment, check=True)
    assert piped.stderr == b""
    assert b"\x1b" not in piped.stdout


@pytest.mark.parametrize(
    ("line_typed", "offered"), [("readback po", ["policy"]), ("readback policy ex", ["explain", "export"])]
)
def test_shell_completes_commands(
    line_typed: str, offered: list[str], readback: Readback, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("_READBACK_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", line_typed)
    monkeypatch.setenv("COMP_CWORD", str(len(line_typed.split()) - 1))
    assert sorted(readback()[1].split()) == offered


def _until_closed(terminal: int) -> bytes:
    told = b""
    try:
        while part := os.read(terminal, 4096):
            told += part
    except OSError:  # Linux tells the end of a terminal so.
        pass
    return told


def _is_group(each: Command) -> bool:
    return each.name in ("readback", "readback policy")


def _first(each: Command) -> str | None:
    """What is typed for a command: its first example; the demo again where it stands, nothing for a group."""
    if _is_group(each):
        return None
    return "readback demo --dir ." if each.name == "readback demo" else each.examples[0]


def _answer(line: str) -> Any:
    done = printed(" ".join([typed(line).split(">")[0], "--json"]), AT)
    assert done.code in (0, 1, 2), done.shown
    try:
        return json.loads(done.out)
    except ValueError:
        return done.shown
