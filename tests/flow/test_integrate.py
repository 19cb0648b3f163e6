"""What docs/integrate.md tells users to do: the files are those that the command writes, and they do what it says."""

import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from small_logs import open_ledger

from readback import integrate
from readback.cli import main
from readback.errors import ProjectError

PAGE = (Path(__file__).parents[2] / "docs" / "integrate.md").read_text(encoding="utf-8")

Row = dict[str, Any]


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Row]:
    """The requests that the documented program's spans give, by run."""
    root = tmp_path_factory.mktemp("spans")
    (program,) = re.findall(r"```python\n(.*?)```", PAGE, flags=re.DOTALL)
    (root / "program.py").write_text(program, encoding="utf-8")
    subprocess.run([sys.executable, "program.py", "spans.jsonl"], cwd=root, check=True, timeout=300)
    with open_ledger(root) as books:
        (entry,) = books.load(root / "spans.jsonl", loaded_at=datetime.now(UTC) + timedelta(hours=1))
        assert (entry.source, entry.quarantined_lines) == ("otlp", 0)
        books.build()
        relation = books.con.sql("select * from requests")
        found = [dict(zip(relation.columns, row, strict=True)) for row in relation.fetchall()]
        marks = books.rows("select model_served, is_marked, confidence, provider_request_id from attempts order by all")
    assert marks.count(("claude-sonnet-4-2026-01-01", True, None, None)) == 2
    assert ("gpt-4.1-2026-01-01", False, 0.31, None) in marks
    assert (None, False, None, "req-gpt-4.1") in marks
    return {row["run_id"]: row for row in found}


def test_page_holds_the_program_that_the_command_writes() -> None:
    assert f"```python\n{integrate.text('opentelemetry')}```" in PAGE


def test_every_request_is_told_with_its_work(rows: dict[str, Row]) -> None:
    assert sorted(rows) == ["CL-1", "CL-2", "CL-3", "CL-4"]
    told = {(row["workflow"], row["team"], row["environment"], row["service"]) for row in rows.values()}
    assert told == {("claim-letter", "claims", "prod", "claim-letters")}


@pytest.mark.parametrize(
    ("run", "served_by", "model", "cause", "retries", "hops"),
    [
        ("CL-1", "preferred", "gpt-4.1", None, 0, 0),
        ("CL-2", "substitute", "claude-sonnet-4", "cost_ceiling", 0, 1),
        ("CL-3", "substitute", "claude-sonnet-4", "low_confidence", 0, 1),
        ("CL-4", "manual", None, "provider_throttled", 0, 2),
    ],
)
def test_fallback_lane_and_cause_are_visible(
    rows: dict[str, Row], run: str, served_by: str, model: str | None, cause: str | None, retries: int, hops: int
) -> None:
    row = rows[run]
    assert (row["served_by"], row["served_model"], row["first_cause"]) == (served_by, model, cause)
    assert (row["retry_count"], row["fallback_count"], row["is_fallback"]) == (retries, hops, hops > 0)


def test_marking_is_visible_where_a_model_answered(rows: dict[str, Row]) -> None:
    assert {run: row["is_marked"] for run, row in rows.items()} == {
        "CL-1": False, "CL-2": True, "CL-3": True, "CL-4": None,
    }  # fmt: skip


def test_every_attribute_of_the_program_is_explained() -> None:
    told = set(re.findall(r'set_attribute\("([^"]+)"', integrate.text("opentelemetry")))
    table = set(re.findall(r"^\| `([a-z_.]+)`", PAGE, flags=re.MULTILINE))
    assert told - table == set()


def test_another_file_is_never_overwritten(tmp_path: Path) -> None:
    file = tmp_path / "litellm_witness.py"
    integrate.write("litellm", file)
    integrate.write("litellm", file)
    file.write_text("mine\n", encoding="utf-8")
    with pytest.raises(ProjectError, match="is not this file"):
        integrate.write("litellm", file)
    assert file.read_text(encoding="utf-8") == "mine\n"


@pytest.mark.parametrize("software", sorted(integrate.INTEGRATIONS))
def test_command_writes_the_file_and_says_what_to_do_with_it(
    software: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "handed.py"
    monkeypatch.setattr(sys, "argv", ["readback", "integrate", software, "--out", str(file)])
    with pytest.raises(SystemExit) as stop:
        main()
    assert not stop.value.code
    assert file.read_text(encoding="utf-8") == integrate.text(software)
    told = capsys.readouterr().out
    assert str(file) in told
    assert all(f"    {line}\n" in told for line in integrate.INTEGRATIONS[software].lines)


def test_page_shows_what_the_command_says() -> None:
    for line in integrate.INTEGRATIONS["litellm"].lines:
        assert f"    {line}\n" in PAGE
