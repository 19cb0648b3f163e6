"""What people decide on the pages is what the commands write, and nobody else may."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import faces_project
import pytest
from shown_page import page, text
from streamlit import config
from streamlit.testing.v1 import AppTest

from readback import store
from readback.deciding import Writer
from readback.faces import decide
from readback.settings import Project

LATER = datetime(2026, 11, 2, 8, tzinfo=UTC)


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A project of the test's own, since it is written."""
    return faces_project.build(tmp_path / "project")


@pytest.fixture(autouse=True)
def _on_loopback() -> Iterator[None]:
    before = config.get_option("server.address")
    config.set_option("server.address", "127.0.0.1")
    yield
    config.set_option("server.address", before)


def opened(shown: AppTest, key: str, project: Project) -> AppTest:
    """The page with an expander opened, which its form waits for."""
    shown.session_state[key] = True
    return again(shown, project)


def again(shown: AppTest, project: Project) -> AppTest:
    """The page after another run of its script."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("READBACK_PROJECT", str(project.root))
        return shown.run()


def press(shown: AppTest, project: Project, label: str) -> AppTest:
    next(button for button in shown.button if button.label == label).click()
    return again(shown, project)


def row(project: Project, table: str, key: str, value: str) -> dict[str, Any]:
    """The published row, as every reader sees it."""
    with store.reader(project) as con:
        found: list[dict[str, Any]] = (
            con.sql(f"select * from {table} where {key} = $value", params={"value": value}).pl().to_dicts()
        )
    return found[0]


def say(shown: AppTest, identity: str, who: str, why: str) -> None:
    shown.text_input(f"who-{identity}").input(who)
    shown.text_input(f"why-{identity}").input(why)


def test_rejection_on_the_page_is_the_row_that_the_command_writes(project: Project, tmp_path: Path) -> None:
    other = faces_project.build(tmp_path / "other")
    Writer(other, LATER).reject("rec-1", "platform on call", "costs twice as much")
    shown = opened(page("recommendations", project.root), "patch-rec-1", project)
    say(shown, "rec-1", "platform on call", "costs twice as much")
    shown = press(shown, project, "Reject")
    assert not shown.exception
    assert [told.value for told in shown.success] == [
        "Rejected as platform on call\\: Move claude\\-sonnet\\-4\\-5 before gpt\\-5\\-mini for this workflow"
    ]
    ours, theirs = (row(each, "recommendations", "recommendation_id", "rec-1") for each in (project, other))
    assert ours["state"] == "rejected"
    assert ours | {"decided_at": None} == theirs | {"decided_at": None}


def test_accepted_recommendation_stays_on_the_page_with_who_and_why(project: Project) -> None:
    shown = opened(page("recommendations", project.root), "patch-rec-0", project)
    say(shown, "rec-0", "claims board", "from Monday on")
    shown = press(shown, project, "Accept")
    shown = opened(shown, "patch-rec-0", project)
    assert "**Accepted** by claims board" in text(shown)
    assert "from Monday on" in text(shown)


def test_decision_without_who_or_why_writes_nothing(project: Project) -> None:
    shown = opened(page("recommendations", project.root), "patch-rec-0", project)
    shown = press(shown, project, "Accept")
    assert "Say who decides" in shown.error[0].value
    say(shown, "rec-0", "claims board", " ")
    shown = press(shown, project, "Reject")
    assert shown.error[0].value == "Say why; nothing was written."
    assert row(project, "recommendations", "recommendation_id", "rec-0")["state"] == "open"


def test_another_writer_at_work_is_told_and_nothing_is_changed(project: Project) -> None:
    shown = opened(page("recommendations", project.root), "patch-rec-0", project)
    say(shown, "rec-0", "claims board", "from Monday on")
    with occupied(project):
        shown = press(shown, project, "Accept")
    assert "Another readback process is writing" in shown.warning[0].value
    assert row(project, "recommendations", "recommendation_id", "rec-0")["state"] == "open"
    assert press(shown, project, "Accept").success


@contextmanager
def occupied(project: Project) -> Iterator[None]:
    """Another process holds the warehouse."""
    hold = f"import duckdb; con = duckdb.connect({str(project.warehouse)!r}); print(1, flush=True); input()"
    command = [sys.executable, "-c", hold]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "1\n"
        yield
        other.communicate("\n")


def test_decision_that_somebody_else_made_first_stands_and_is_shown(project: Project) -> None:
    shown = opened(page("recommendations", project.root), "patch-rec-0", project)
    Writer(project, LATER).reject("rec-0", "legal", "not now")
    say(shown, "rec-0", "claims board", "from Monday on")
    shown = press(shown, project, "Accept")
    ended = shown.dataframe[-1].value.iloc[0]
    assert [ended[name] for name in ("state", "decided_by", "decision_reason")] == ["rejected", "legal", "not now"]
    assert row(project, "recommendations", "recommendation_id", "rec-0")["decided_by"] == "legal"


def test_alert_is_taken_and_settled_on_the_page(project: Project) -> None:
    shown = opened(page("alerts", project.root), "turn-al-0", project)
    shown.text_input("who-al-0").input("support on call")
    shown = press(shown, project, "Acknowledge")
    assert row(project, "alerts", "alert_id", "al-0")["acknowledged_by"] == "support on call"
    assert row(project, "alerts", "alert_id", "al-0")["state"] == "acknowledged"
    shown = opened(page("alerts", project.root, show="acknowledged"), "turn-al-0", project)
    shown.text_input("who-al-0").input("support on call")
    press(shown, project, "Settle")
    assert row(project, "alerts", "alert_id", "al-0")["state"] not in ("open", "acknowledged")


def test_alert_is_silenced_for_its_rule_and_workflow_and_the_silence_ended(project: Project) -> None:
    shown = opened(page("alerts", project.root), "turn-al-2", project)
    say(shown, "al-2", "claims on call", "known; fixed on Tuesday")
    press(shown, project, "Silence")
    made = row(project, "silences", "rule", "silent_downgrade")
    assert (made["workflow"], made["owner"]) == ("claim-letter", "claims on call")
    assert (made["expires_at"] - made["starts_at"]).total_seconds() == 4 * 3600
    shown = press(page("alerts", project.root, show="silences"), project, "End it now")
    assert "Ended the silence" in shown.success[0].value
    ended = row(project, "silences", "rule", "silent_downgrade")
    assert ended["expires_at"] == ended["starts_at"]


def test_name_with_a_pattern_silences_itself_alone(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[Any] = []
    monkeypatch.setattr(decide, "_write", lambda view, told, who, why, act: act(Recorder(said)))
    decide._silence(None, {"rule": "burn", "workflow": "all*"}, "ops", "known", "1 day")  # type: ignore[arg-type]
    assert said == [("burn", "all[*]", "ops", "known", 24 * 3600)]


class Recorder:
    """A writer that keeps what it was asked to silence."""

    def __init__(self, said: list[Any]) -> None:
        self.said = said

    def silence(self, rule: str, workflow: str, owner: str, reason: str, length: Any) -> None:
        self.said.append((rule, workflow, owner, reason, length.total_seconds()))


@pytest.mark.parametrize("name", ["recommendations", "alerts"])
def test_read_only_dashboard_shows_the_commands_and_no_button(
    project: Project, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("READBACK_READ_ONLY", "1")
    key = {"recommendations": "patch-rec-0", "alerts": "turn-al-0"}[name]
    shown = opened(page(name, project.root), key, project)
    assert decide.READ_ONLY in text(shown)
    assert not [button.label for button in shown.button if button.label in ("Accept", "Reject", "Acknowledge")]
    (commands,) = [block.value for block in shown.code if "--who" in block.value]
    assert all(
        line.split()[:2] in (["readback", "recommend"], ["readback", "alerts"]) for line in commands.splitlines()
    )


@pytest.mark.parametrize(
    ("is_read_only", "address", "host", "expected"),
    [
        (False, "127.0.0.1", "localhost:8501", None),
        (False, "::1", "[::1]:8501", None),
        (True, "127.0.0.1", "localhost:8501", decide.READ_ONLY),
        (False, None, "localhost:8501", decide.ELSEWHERE),
        (False, "0.0.0.0", "localhost:8501", decide.ELSEWHERE),  # noqa: S104
        (False, "127.0.0.1", "review.example:443", decide.ELSEWHERE),
        (False, "127.0.0.1", "127.0.0.1.evil.example", decide.ELSEWHERE),
    ],
)
def test_page_writes_on_loopback_alone(
    is_read_only: bool, address: str | None, host: str, expected: str | None
) -> None:
    assert decide.refusal(is_read_only, address, host) == expected


def test_two_viewers_write_one_after_the_other() -> None:
    inside: list[bool] = []
    with decide._alone():
        other = threading.Thread(target=lambda: inside.append(decide._WRITING.acquire(timeout=0.05)))
        other.start()
        other.join()
    assert inside == [False]
