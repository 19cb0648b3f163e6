"""From a log and its gateway's own counters to what `readback status` says of the rows that were never written."""

import json
from pathlib import Path

import pytest
from small_logs import NOON, answer, fallback, lines

from readback import store
from readback.cli import app
from readback.settings import open_project

COUNTER = "litellm_deployment_success_responses_total"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Nine answers were counted; the log lacks one of the substitute's."""
    (tmp_path / "readback.toml").write_text('[project]\nname = "acme"\n\n[[inputs]]\npath = "logs"\n')
    logs = tmp_path / "logs"
    logs.mkdir()
    told = [answer(f"a{number}", NOON + 300 * number) for number in range(7)]
    told += [*fallback("f1", NOON + 2400), *fallback("f2", NOON + 2700)]
    (logs / "litellm.jsonl").write_bytes(lines(told[:-1]))
    for minute, big, small in ((-5, 0, 0), (55, 7, 2)):
        series = [
            f'{COUNTER}{{litellm_model_name="gpt-4o"}} {big}',
            f'{COUNTER}{{litellm_model_name="gpt-4o-mini"}} {small}',
        ]
        name = f"proxy-{int(NOON) + 60 * minute}.prom"
        (logs / name).write_text("\n".join([f"# TYPE {COUNTER} counter", *series]) + "\n")
    return tmp_path


def run(*arguments: str) -> None:
    app(arguments, standalone_mode=False, prog_name="readback")


def found(project: Path) -> list[tuple[object, ...]]:
    with store.reader(open_project(project)) as con:
        return con.execute("select model, counted, logged, missing, bias from reconciliation order by model").fetchall()


def test_a_row_that_was_never_written_is_reported_and_stops_nothing(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("run", "--project", str(project))
    assert found(project) == [("gpt-4o", 7, 7, 0, None), ("gpt-4o-mini", 2, 1, 1, "down")]
    capsys.readouterr()
    run("status", "--project", str(project))
    shown = " ".join(capsys.readouterr().out.split())
    assert "1 of 9 answers that litellm_metrics counted are missing, most of gpt-4o-mini, 2026-10-05 12:00" in shown
    assert "fallback frequency reads too low" in shown
    with store.reader(open_project(project)) as con:
        failed = con.execute("select check_name, is_blocking from quality_results where not is_passed").fetchall()
    assert failed == [("no log lacks what its source counted", False)]


def test_the_deficit_is_gone_when_the_row_arrives(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run("run", "--project", str(project))
    (project / "logs" / "late.jsonl").write_bytes(lines(fallback("f2", NOON + 2700)[-1:]))
    run("run", "--project", str(project))
    assert [row[3] for row in found(project)] == [0, 0]
    capsys.readouterr()
    run("metrics", "--project", str(project), "--by", "workflow", "--json")
    assert {"bound_low", "bound_high", "unattributed_share"} <= set(json.loads(capsys.readouterr().out)[0])
