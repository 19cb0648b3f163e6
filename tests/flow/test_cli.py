"""The command, as people and scripts use it: what it prints, its exit codes, and one sentence for every mistake."""

import json
import os
import re
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest
from command_line import Command, command

from readback import store
from readback.cli import app
from readback.definitions import run_in_process
from readback.settings import open_project
from readback.simulate import simulate

END = datetime(2026, 11, 1, tzinfo=UTC)
README = Path(__file__).parents[2] / "README.md"


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("fleet")
    simulate(folder, 6000, 9.0, 5, END)
    run_in_process(open_project(folder), loaded_at=END)
    return folder


@pytest.fixture
def readback(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    return command(capsys, monkeypatch)


def test_run_prints_the_five_metrics_and_finds_nothing_new(readback: Command, fleet: Path) -> None:
    code, out, _ = readback("run", "--project", fleet)
    assert code == 0
    for metric in ("Fallback frequency", "Recovery time", "Rework rate", "Human override rate", "Downstream error"):
        assert metric in out


def test_metrics_as_json_have_the_columns_of_the_table(readback: Command, fleet: Path) -> None:
    code, out, _ = readback("metrics", "--project", fleet, "--by", "workflow", "--grain", "week", "--json")
    rows = json.loads(out)
    assert code == 0
    assert {"metric", "value", "low", "high", "coverage", "maturity", "status", "as_of"} <= set(rows[0])
    assert {row["dimension"] for row in rows} == {"workflow"}


def test_sql_reads_and_writes_json(readback: Command, fleet: Path) -> None:
    code, out, _ = readback("sql", "select count(*) as n from requests", "--project", fleet, "--json")
    assert (code, json.loads(out)) == (0, [{"n": 6000}])


def test_csv_holds_no_formula(readback: Command, fleet: Path) -> None:
    _, out, _ = readback("sql", "select '=cmd()' as a, 1 as b, ['x'] as c", "--project", fleet, "--csv")
    assert out.splitlines()[1].startswith("'=cmd()")


@pytest.mark.parametrize(
    ("statement", "sentence"),
    [
        ("drop table requests", "only a statement that reads"),
        ("copy (select 1) to 'x.csv'", "only a statement that reads"),
        ("select 1; select 2", "expected one statement"),
        ("selec 1", "syntax error"),
        ("select * from read_csv('/etc/passwd')", "disabled"),
        ("select * from 'https://example.org/x.parquet'", "https"),
    ],
)
def test_sql_refuses_what_does_not_only_read(readback: Command, fleet: Path, statement: str, sentence: str) -> None:
    code, out, err = readback("sql", statement, "--project", fleet)
    assert (code, out) == (1, "")
    assert sentence in err
    assert "Traceback" not in err


def test_status_balances(readback: Command, fleet: Path) -> None:
    code, out, _ = readback("status", "--project", fleet)
    assert code == 0
    assert "Every line that was read is accounted for." in out


def test_status_that_does_not_balance_exits_with_1(readback: Command, fleet: Path, tmp_path: Path) -> None:
    shutil.copytree(fleet, tmp_path / "lossy", symlinks=True)
    project = open_project(tmp_path / "lossy")
    with store.warehouse(project) as con:
        con.execute("update files set lines = lines + 1 where path like '%2026-10-31%'")
        store.publish(con, project, "lossy")
    code, out, _ = readback("status", "--project", project.root)
    assert code == 1
    assert "LOST LINES" in out


def test_alerts_check_exits_with_2_when_one_is_open(readback: Command, fleet: Path) -> None:
    code, out, _ = readback("alerts", "check", "--project", fleet)
    assert code == 2
    assert "silent downgrade" in out


def test_acknowledged_alert_fires_no_more(readback: Command, fleet: Path, tmp_path: Path) -> None:
    shutil.copytree(fleet, tmp_path / "acked", symlinks=True)
    project = tmp_path / "acked"
    _, out, _ = readback("alerts", "list", "--json", "--project", project)
    for alert in json.loads(out):
        assert readback("alerts", "ack", alert["alert_id"], "--project", project, "--who", "role:ops")[0] == 0
    assert readback("alerts", "check", "--project", project)[0] == 0


def test_silenced_alert_fires_no_more_until_its_silence_is_lifted(
    readback: Command, fleet: Path, tmp_path: Path
) -> None:
    shutil.copytree(fleet, tmp_path / "silenced", symlinks=True)
    project = ("--project", tmp_path / "silenced")
    told = ("--owner", "role:ops", "--reason", "maintenance")
    code, out, _ = readback("alerts", "silence", "--for", "2d", *told, *project)
    assert (code, readback("alerts", "check", *project)[0]) == (0, 0)
    assert "maintenance" in readback("alerts", "silences", *project)[1]
    assert readback("alerts", "unsilence", out.split()[-1], *project)[0] == 0
    assert readback("alerts", "check", *project)[0] == 2


def test_resolved_alert_fires_no_more(readback: Command, fleet: Path, tmp_path: Path) -> None:
    shutil.copytree(fleet, tmp_path / "resolved", symlinks=True)
    project = ("--project", tmp_path / "resolved")
    for alert in json.loads(readback("alerts", "--json", *project)[1]):
        assert readback("alerts", "resolve", alert["alert_id"], *project)[0] == 0
    assert readback("alerts", "check", *project)[0] == 0
    assert "[resolved]" in readback("alerts", "sent", *project)[1]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("silence", "--for", "2 weeks", "--owner", "o", "--reason", "r"), "--for: expected a duration such as '14d'"),
        (("silence", "--for", "0s", "--owner", "o", "--reason", "r"), "must end after that; give a longer --for"),
        (("unsilence", "nope"), "no silence has the id 'nope'"),
        (("ack", "nope"), "no alert has the id 'nope'; `readback alerts list` shows them"),
    ],
)
def test_mistake_about_alerts_is_one_sentence(
    readback: Command, fleet: Path, arguments: tuple[str, ...], sentence: str
) -> None:
    code, out, err = readback("alerts", *arguments, "--project", fleet)
    assert (code, out, err.count("\n")) == (1, "", 1)
    assert sentence in err


def test_what_is_watched_and_what_was_held_back_is_listed(readback: Command, fleet: Path) -> None:
    assert "Nothing to watch yet" in readback("alerts", "monitors", "--project", fleet)[1]
    assert "no channel is configured" in readback("alerts", "sent", "--project", fleet)[1]
    rows = json.loads(readback("alerts", "sent", "--json", "--project", fleet)[1])
    assert {"notification_id", "channel", "state", "reason", "attempts", "created_at"} <= set(rows[0])


def test_status_notices_that_nobody_looks_any_more(readback: Command, fleet: Path, tmp_path: Path) -> None:
    shutil.copytree(fleet, tmp_path / "asleep", symlinks=True)
    project = open_project(tmp_path / "asleep")
    readback("alerts", "check", "--project", project.root)
    assert "Alerts were last evaluated" in readback("status", "--project", project.root)[1]
    with store.warehouse(project) as con:
        con.execute("update evaluations set evaluated_at = evaluated_at - interval '3 days'")
        store.publish(con, project, "asleep")
    assert "NO HEARTBEAT: alerts were last evaluated 3 d" in readback("status", "--project", project.root)[1]


def test_digest_is_text_or_html_for_each_audience(readback: Command, fleet: Path) -> None:
    code, out, _ = readback("digest", "--project", fleet)
    assert code == 0
    for heading in ("All workflows", "What changed by more than chance", "Alerts", "Held back", "Suggested changes"):
        assert f"\n{heading}\n- " in out
    assert readback("digest", "--html", "--project", fleet)[1].startswith("<div")
    code, _, err = readback("digest", "--audience", "nobody", "--project", fleet)
    assert (code, "no audience 'nobody'; expected one of everybody" in err) == (1, True)


def test_recommendations_come_as_text_json_and_patch(readback: Command, fleet: Path) -> None:
    assert readback("recommend", "--project", fleet)[0] == 0
    _, out, _ = readback("recommend", "--project", fleet, "--json")
    assert json.loads(out)
    code, patch, _ = readback("recommend", "--project", fleet, "--patch")
    assert code == 0
    assert patch == "" or patch.startswith(("---", "#"))


def test_a_backtest_tells_what_held(readback: Command, fleet: Path) -> None:
    code, out, _ = readback("recommend", "backtest", "--project", fleet)
    assert (code, out.startswith("Recommended on ")) == (0, True)
    (told,) = json.loads(readback("recommend", "backtest", "--json", "--project", fleet)[1])
    assert told["scored"] == sum(each["is_held"] is not None for each in told["scores"])
    assert told["held"] <= told["scored"]


def test_a_rejected_recommendation_is_not_shown_again(readback: Command, fleet: Path, tmp_path: Path) -> None:
    project = tmp_path / "decided"
    shutil.copytree(fleet, project, symlinks=True)
    first = json.loads(readback("recommend", "--json", "--project", project)[1])[0]["recommendation_id"]
    code, _, told = readback("recommend", "reject", first, "--project", project)
    assert (code, "--reason" in told) == (1, True)
    assert "--reason says why" in readback("recommend", "reject", first, "--reason", " ", "--project", project)[2]
    assert "needs the id of a recommendation" in readback("recommend", "accept", "--project", project)[2]
    assert readback("recommend", "reject", first, "--reason", "next quarter", "--project", project)[0] == 0
    left = json.loads(readback("recommend", "--json", "--project", project)[1])
    assert first not in {each["recommendation_id"] for each in left}
    assert "next quarter" in readback("recommend", "list", "--project", project)[1]


def test_a_patch_comes_with_its_changelog_and_approval_record(readback: Command, fleet: Path, tmp_path: Path) -> None:
    assert readback("recommend", "--patch", "--out", tmp_path, "--project", fleet)[0] == 0
    assert {file.name for file in tmp_path.iterdir()} == {"policy.patch", "changelog.md", "approval.md"}
    assert "- Role:\n" in (tmp_path / "approval.md").read_text(encoding="utf-8")
    assert "[PATCH 1/2] Copy the policy as a draft" in (tmp_path / "policy.patch").read_text(encoding="utf-8")


def test_what_no_edit_can_state_is_told_with_its_reason(readback: Command, fleet: Path) -> None:
    (told,) = json.loads(readback("recommend", "--patch", "--json", "--project", fleet)[1])
    every = json.loads(readback("recommend", "--json", "--project", fleet)[1])
    known = {each["recommendation_id"]: each["title"] for each in every}
    printed = readback("recommend", "--patch", "--project", fleet)[1]
    for each in told["not_in_patch"]:
        assert f"# Not in the patch: {known[each['recommendation_id']]}: {each['reason']}." in printed
    assert told["files"]["policy.patch"] in printed


def test_the_policy_in_force_replays_to_history(readback: Command, fleet: Path) -> None:
    code, out, _ = readback("policy", "replay", fleet / "policy.yaml", "--json", "--project", fleet)
    (told,) = json.loads(out)
    assert code == 0
    assert (told["is_history"], told["changes"]) == (True, [])


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("policy_id: ", "policy_id: other-", "no version of 'other-simulated-fleet' is in force"),
        ("apiVersion: ", "apiVersion: [", "is not valid YAML"),
        ("stage: drafting", "stage: dreaming", "workflow_classes[0].stage: found 'dreaming'; did you mean"),
    ],
)
def test_a_candidate_that_cannot_be_replayed_is_one_sentence(
    readback: Command, fleet: Path, tmp_path: Path, before: str, after: str, told: str
) -> None:
    candidate = tmp_path / "candidate.yaml"
    candidate.write_text((fleet / "policy.yaml").read_text(encoding="utf-8").replace(before, after))
    code, out, err = readback("policy", "replay", candidate, "--project", fleet)
    assert (code, out, told in err) == (1, "", True)


def test_a_candidate_that_is_not_there_and_days_that_were_not_logged_are_one_sentence(
    readback: Command, fleet: Path
) -> None:
    asked = ("policy", "replay", "--project", fleet)
    assert "nowhere.yaml: no such file" in readback(*asked, "nowhere.yaml")[2]
    code, _, err = readback(*asked, fleet / "policy.yaml", "--since", "2031-01-01")
    assert (code, "one whole day of logged requests since 2031-01-01" in err) == (1, True)


def test_a_replay_says_what_it_does_not_read_and_what_keeps_a_candidate_out_of_force(
    readback: Command, fleet: Path, tmp_path: Path
) -> None:
    candidate = tmp_path / "candidate.yaml"
    text = (fleet / "policy.yaml").read_text(encoding="utf-8")
    candidate.write_text(text.replace("signal: eval:tests", "signal: eval:other").replace("  stage: drafting", "  ", 1))
    code, out, err = readback("policy", "replay", candidate, "--project", fleet)
    assert code == 0
    assert "Not replayed, for requests do not show it: workflow_classes[" in out
    assert "P022: class" in err
    assert "replayed as it stands" in err


def test_the_checklist_answers_with_next_actions(readback: Command, fleet: Path) -> None:
    code, out, _ = readback("checklist", "--json", "--project", fleet)
    items = json.loads(out)
    assert code == 0
    assert len({item["question"] for item in items}) == 5
    assert all(item["next_action"] for item in items)


def test_report_is_written_in_each_format_asked_for(readback: Command, fleet: Path) -> None:
    code, out, _ = readback("report", "--project", fleet, "--month", "2026-10", "--format", "xlsx,html")
    files = [Path(line.removeprefix("Wrote ")) for line in out.strip().splitlines()]
    assert code == 0
    assert [file.suffix for file in files] == [".html", ".xlsx"]
    assert [file.read_bytes()[:2] for file in files] == [b"<!", b"PK"]


def test_paths_are_told_from_the_folder_of_the_command(
    readback: Command, fleet: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(fleet)
    written = ".readback/reports/continuity-2026-10.xlsx"
    assert readback("report", "--month", "2026-10", "--format", "xlsx") == (0, f"Wrote {written}\n", "")
    monkeypatch.chdir(fleet / "logs")
    assert (
        readback("report", "--month", "2026-10", "--format", "xlsx", "--project", fleet)[1]
        == f"Wrote {fleet}/{written}\n"
    )


def test_report_of_a_month_to_come_is_one_sentence(readback: Command, fleet: Path) -> None:
    code, _, err = readback("report", "--project", fleet, "--month", "2031-01", "--format", "pdf")
    assert code == 1
    assert err.startswith("readback: January 2031 has not begun in the logs, which end on ")
    assert len(err.strip().splitlines()) == 1


def test_report_is_of_a_month_or_of_a_quarter(readback: Command, fleet: Path) -> None:
    both = readback("report", "--project", fleet, "--month", "2026-10", "--quarter", "2026-Q4")
    assert both == (1, "", "readback: give --month or --quarter, not both\n")
    code, out, _ = readback("report", "--project", fleet, "--quarter", "2026-Q4", "--format", "pdf")
    assert code == 0
    assert Path(out.strip().removeprefix("Wrote ")).read_bytes().startswith(b"%PDF")


def test_init_makes_a_project_that_runs(readback: Command, tmp_path: Path) -> None:
    assert readback("init", tmp_path / "fresh")[0] == 0
    assert readback("policy", "check", "--project", tmp_path / "fresh")[0] == 0
    code, out, _ = readback("run", "--project", tmp_path / "fresh")
    assert code == 0
    assert "Fallback frequency" in out


def test_init_changes_nothing_that_is_there(readback: Command, fleet: Path) -> None:
    code, _, err = readback("init", fleet)
    assert (code, "exists already" in err) == (1, True)


def test_load_says_what_became_of_each_file(readback: Command, fleet: Path, tmp_path: Path) -> None:
    shutil.copytree(fleet, tmp_path / "loading", symlinks=True)
    strange = tmp_path / "strange.json"
    strange.write_text('{"startTime": 1, "hello": "world"}\n')
    code, out, _ = readback("load", strange, "--project", tmp_path / "loading")
    assert code == 0
    assert "nearest is" in out


def test_loading_running_and_reporting_are_told_as_json(readback: Command, fleet: Path, tmp_path: Path) -> None:
    project = tmp_path / "json"
    readback("init", project)
    (project / "logs").mkdir()
    log = shutil.copyfile(sorted((fleet / "logs/litellm").iterdir())[0], project / "logs/day.jsonl.gz")
    (loaded,) = json.loads(readback("load", log, "--project", project, "--json")[1])
    assert (loaded["source"], loaded["state"]) == ("litellm", "loaded")
    (ran,) = json.loads(readback("run", "--project", project, "--json")[1])
    assert (ran["run_number"], ran["files_read"]) == (1, 0)
    (written,) = json.loads(readback("report", "--project", project, "--format", "xlsx", "--json")[1])
    assert Path(written["file"]).is_file()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["run"], "no readback.toml here"),
        (["status"], "no readback.toml here"),
        (["load", "missing.jsonl"], "no"),
        (["metrics"], "no readback.toml here"),
        (["metrics", "--by", "nothing"], "expected one of all, workflow"),
        (["simulate", "--out", "x", "--days", "0"], "day"),
        (["nonsense"], "nonsense"),
        (["run", "--wrong"], "--wrong"),
    ],
)
def test_mistakes_end_in_one_sentence(
    readback: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], sentence: str
) -> None:
    monkeypatch.chdir(tmp_path)
    code, _, err = readback(*arguments)
    assert code == 1
    assert sentence in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    ("file", "text", "sentence"),
    [
        (
            "readback.toml",
            '[project]\ntimezon = "UTC"\n',
            "readback.toml:2: project.timezon: unknown key; did you mean `timezone`?",
        ),
        ("readback.toml", "[project\n", "not valid TOML"),
        ("readback.toml", '[[inputs]]\npath = "x"\nsource = "litelm"\n', "unknown source 'litelm'"),
        ("policy.yaml", "apiVersion: [", "policy.yaml"),
    ],
)
def test_configuration_at_fault_names_file_line_and_key(
    readback: Command, tmp_path: Path, file: str, text: str, sentence: str
) -> None:
    (tmp_path / "readback.toml").write_text("")
    (tmp_path / file).write_text(text)
    code, _, err = readback("run", "--project", tmp_path)
    assert code == 1
    assert sentence in err


def test_policy_with_a_cycle_is_explained(readback: Command, fleet: Path, tmp_path: Path) -> None:
    shutil.copyfile(fleet / "readback.toml", tmp_path / "readback.toml")
    policy = (fleet / "policy.yaml").read_text()
    target = policy.split("target: ")[1].split("\n")[0]
    preferred = policy.split("preferred:\n  - ")[1].split("\n")[0]
    (tmp_path / "policy.yaml").write_text(policy.replace(f"target: {target}", f"target: {preferred}", 1))
    code, out, _ = readback("policy", "check", "--project", tmp_path)
    assert code == 1
    assert "P00" in out


def test_full_disk_ends_in_one_sentence(
    readback: Command, fleet: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(fleet, tmp_path / "full", symlinks=True)
    monkeypatch.setattr("readback.store._COPY", "import sys; sys.exit(28)")
    code, _, err = readback("run", "--project", tmp_path / "full")
    assert code == 1
    assert "No space left on device; what was published before stays as it was" in err


def test_project_may_be_moved(readback: Command, fleet: Path, tmp_path: Path) -> None:
    shutil.copytree(fleet, tmp_path / "before", symlinks=True)
    shutil.move(tmp_path / "before", tmp_path / "after")
    assert readback("run", "--project", tmp_path / "after")[0] == 0
    _, out, _ = readback("sql", "select count(*) > 6000 as ok from attempts", "--project", tmp_path / "after", "--json")
    assert json.loads(out) == [{"ok": True}]


def test_reading_everything_again_leaves_readers_their_rows(readback: Command, fleet: Path, tmp_path: Path) -> None:
    shutil.copytree(fleet, tmp_path / "again", symlinks=True)
    readback("run", "--project", tmp_path / "again")
    project = open_project(tmp_path / "again")
    with store.warehouse(project) as con:
        from readback import ledger

        ledger.forget(con)
    with store.reader(project) as con:
        ((rows,),) = con.execute("select count(*) from attempts").fetchall()
    assert rows > 6000


def test_secret_of_the_project_is_in_no_database(fleet: Path) -> None:
    project = open_project(fleet)
    secret = (project.state / "hash.key").read_bytes()
    databases = [project.warehouse, project.published.resolve()]
    assert len(secret) >= 32
    assert all(secret not in database.read_bytes() for database in databases)


def test_every_command_of_the_readme_exists_and_has_help(readback: Command) -> None:
    named = set(re.findall(r"`readback ([a-z]+)", README.read_text()))
    known = {getattr(command.callback, "__name__", "") for command in app.registered_commands}
    known |= {group.name or "" for group in app.registered_groups}
    assert named <= known
    for each in sorted(known):
        assert readback(each, "--help")[0] == 0


def test_output_in_a_pipe_has_no_colour(readback: Command, fleet: Path) -> None:
    _, out, err = readback("run", "--project", fleet)
    assert "\x1b" not in out + err


def test_environment_is_not_needed(fleet: Path) -> None:
    assert "READBACK_PROJECT" not in os.environ
