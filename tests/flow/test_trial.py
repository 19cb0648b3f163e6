"""`readback trial`: a shadow run's CSV in, the comparison out, without any project."""

import json
from pathlib import Path

import pytest
from command_line import Command, command


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    return command(capsys, monkeypatch)


def test_a_shadow_run_is_printed_and_given_as_json(tmp_path: Path, run: Command) -> None:
    file = tmp_path / "shadow.csv"
    file.write_text("preferred,substitute\n" + "1,1\n" * 14 + "0,1\n" * 5 + "0,0\n" * 22, encoding="utf-8")
    assert "12.2 (1.1 to 22.6)" in run("trial", file)[1]
    (row,) = json.loads(run("trial", file, "--json")[1])
    assert (row["workflow"], row["design"], row["p_value"]) == ("*", "paired", 0.0625)


def test_a_file_of_neither_design_is_refused_in_a_sentence(tmp_path: Path, run: Command) -> None:
    file = tmp_path / "other.csv"
    file.write_text("a,b\n1,0\n", encoding="utf-8")
    code, _, told = run("trial", file)
    assert code == 1
    assert "expected columns preferred and substitute (paired), or arm and event" in told
