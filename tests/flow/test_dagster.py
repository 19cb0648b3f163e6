"""The graph loads, checks every table, and runs the same job on a schedule, by a sensor and for the command."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest

from readback import pipeline, store
from readback.contracts import BY_TABLE
from readback.definitions import CHECKED, ProjectResource, defs, input_fingerprint, new_files, run_in_process
from readback.errors import PolicyError, QualityError, ReadbackError, SettingsError
from readback.settings import SETTINGS_FILE, open_project
from readback.simulate import simulate

END = datetime(2026, 11, 1, tzinfo=UTC)
LOADED_AT = datetime(2026, 11, 2, tzinfo=UTC)
ORDER = [
    "files",
    "requests",
    "reconciliation",
    "episodes",
    "fallback_events",
    "runs",
    "metric_values",
    "decisions",
    "published",
]


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fleet's project that was run once."""
    root = tmp_path_factory.mktemp("fleet")
    simulate(root, requests=3000, days=9, seed=1, end=END)
    run(root)
    return root


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Another one, whose settings may be changed."""
    root = tmp_path_factory.mktemp("small")
    simulate(root, requests=1000, days=1, seed=2, end=END)
    run(root)
    return root


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    """A project without a log."""
    (tmp_path / "logs").mkdir()
    (tmp_path / SETTINGS_FILE).write_text('[[inputs]]\npath = "logs"\n', encoding="utf-8")
    return tmp_path


def run(root: Path, *, full: bool = False, minute: int = 0) -> pipeline.RunSummary:
    return run_in_process(open_project(root), loaded_at=LOADED_AT + timedelta(minutes=minute), full=full)


def launched(job: str, root: Path, monkeypatch: pytest.MonkeyPatch) -> dg.ExecuteInProcessResult:
    """A job as a schedule starts it: the project is named by the environment alone."""
    monkeypatch.setenv("READBACK_PROJECT", str(root))
    config = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    return defs.resolve_job_def(job).execute_in_process(run_config=config, raise_on_error=False)


def failures(result: dg.ExecuteInProcessResult) -> list[str]:
    """Step and reason of every step that failed."""
    failed = [event for event in result.all_events if event.is_step_failure]
    return [f"{event.step_key}: {event.step_failure_data.error}" for event in failed]


def test_graph_is_the_one_way() -> None:
    dg.Definitions.validate_loadable(defs)
    graph = defs.resolve_asset_graph()
    assert [key.to_user_string() for key in graph.toposorted_asset_keys][: len(ORDER)] == ORDER


def test_alerts_and_digests_are_told_by_jobs_of_their_own(fleet: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for job in ("alerts", "digest"):
        assert failures(launched(job, fleet, monkeypatch)) == []
    with store.reader(open_project(fleet)) as con:
        assert con.execute("select count(*) from evaluations").fetchall() == [(1,)]


def test_every_publication_and_every_quarter_of_an_hour_messages_are_sent() -> None:
    sensor, schedule = defs.resolve_sensor_def("news"), defs.resolve_schedule_def("retries")
    assert (sensor.job_name, schedule.job_name, schedule.cron_schedule) == ("alerts", "alerts", "*/15 * * * *")


def test_every_table_is_checked_by_one_asset() -> None:
    checked = [table for tables in CHECKED.values() for table in tables]
    assert sorted(checked) == sorted(set(BY_TABLE) - {"quality_results", "data_dictionary"})


def test_every_check_stops_what_comes_after() -> None:
    graph = defs.resolve_asset_graph()
    assert all(graph.get_check_spec(key).blocking for key in graph.asset_check_keys)
    assert len(graph.asset_check_keys) == len(BY_TABLE) - 2


def test_summary_tells_what_was_read(fleet: Path) -> None:
    with store.reader(open_project(fleet)) as con:
        ((files, lines),) = con.execute("select count(*), sum(lines) from files").fetchall()
    again = run(fleet, minute=1)
    assert again.files_read == 0
    assert (again.days_changed, again.as_of < END) == (0, True)
    assert (files > 0, lines > 3000) == (True, True)


def test_project_without_logs_publishes_every_table_empty(empty: Path) -> None:
    assert run(empty).as_of == pipeline.NOTHING_READ
    with store.reader(open_project(empty)) as con:
        for table in set(BY_TABLE) - {"data_dictionary", "quality_results"}:
            assert con.execute(f"select count(*) from {table}").fetchall() == [(0,)]
        assert con.execute("select count(distinct table_name) from data_dictionary").fetchall() == [(len(BY_TABLE),)]


def test_scheduled_refresh_publishes(fleet: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = open_project(fleet).published.resolve()
    assert failures(launched("refresh", fleet, monkeypatch)) == []
    assert open_project(fleet).published.resolve() != before


def test_scheduled_reports_are_written(fleet: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert failures(launched("weekly", fleet, monkeypatch)) == []
    assert failures(launched("monthly", fleet, monkeypatch)) == []
    reports = open_project(fleet).reports
    assert "Week of 19 Oct 2026" in (reports / "week-2026-10-19.md").read_text(encoding="utf-8")
    assert "October 2026" in (reports / "continuity-2026-10.html").read_text(encoding="utf-8")


def test_failed_step_is_told_in_one_sentence(empty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (empty / SETTINGS_FILE).write_text('[[inputs]]\npath = "logs"\nsource = "nosuch"\n', encoding="utf-8")
    (failure,) = failures(launched("refresh", empty, monkeypatch))
    assert failure.startswith("files: ")
    assert "unknown source 'nosuch'" in failure


def test_new_file_asks_for_one_run(empty: Path) -> None:
    asked: list[str] = []
    for written in ("", "", "one line\n", "one line\n", "one line\nand another\n"):
        (empty / "logs" / "a.jsonl").write_text(written, encoding="utf-8")
        asked.append(input_fingerprint(open_project(empty)))
    assert len(set(asked)) == 5
    assert input_fingerprint(open_project(empty)) == asked[-1]


def test_sensor_asks_once_for_what_it_saw(empty: Path) -> None:
    (empty / "logs" / "a.jsonl").write_text("one line\n", encoding="utf-8")
    project, seen = ProjectResource(root=str(empty)), input_fingerprint(open_project(empty))
    first = new_files(dg.build_sensor_context(), project=project)
    assert isinstance(first, dg.RunRequest)
    assert first.run_key == seen
    assert isinstance(new_files(dg.build_sensor_context(cursor=seen), project=project), dg.SkipReason)


def test_failed_check_publishes_nothing(fleet: Path) -> None:
    project = open_project(fleet)
    before = project.published.resolve()
    with store.warehouse(project) as con:
        con.execute("update files set lines = lines + 1 where file_id = (select min(file_id) from files)")
    with pytest.raises(QualityError, match="every line of a file is accounted for: observed 1 in"):
        run(fleet)
    assert project.published.resolve() == before
    with store.warehouse(project) as con:
        con.execute("update files set lines = lines - 1 where file_id = (select min(file_id) from files)")
    assert run(fleet).snapshot == project.published.resolve()


FAULTS: list[tuple[str, str, type[ReadbackError], str]] = [
    (SETTINGS_FILE, '[[inputs]]\npath = "logs"\nsource = "nosuch"\n', SettingsError, "unknown source 'nosuch'"),
    ("policy.yaml", "apiVersion: readback.dev/v1\nkind: Nonsense\n", PolicyError, "policy.yaml:"),
]


@pytest.mark.parametrize(("name", "text", "kind", "told"), FAULTS)
def test_user_error_comes_out_as_itself(
    empty: Path, name: str, text: str, kind: type[ReadbackError], told: str
) -> None:
    (empty / name).write_text(text, encoding="utf-8")
    with pytest.raises(kind, match=told):
        run(empty)


def test_bug_comes_out_as_itself(empty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*given: object) -> None:
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(pipeline, "build_requests", broken)
    with pytest.raises(ZeroDivisionError, match="a bug"):
        run(empty)


def test_other_names_need_a_full_run(small: Path) -> None:
    settings = (small / SETTINGS_FILE).read_text(encoding="utf-8")
    (small / SETTINGS_FILE).write_text(settings.replace('"tag:workflow", ', ""), encoding="utf-8")
    with pytest.raises(SettingsError, match=r"workflow\.from: names are given while logs are read"):
        run(small)
    assert run(small, full=True, minute=1).files_read > 0
    assert run(small, minute=2).files_read == 0


def test_other_episode_rule_judges_every_day_again(small: Path) -> None:
    with (small / SETTINGS_FILE).open("a", encoding="utf-8") as file:
        file.write("\n[episodes]\nopen_count = 1\n")
    summary = run(small, minute=3)
    assert (summary.files_read, summary.days_changed >= 1) == (0, True)
    with store.reader(open_project(small)) as con:
        assert con.execute("select distinct rule_version[:4] from episodes").fetchall() == [("1:1/",)]
