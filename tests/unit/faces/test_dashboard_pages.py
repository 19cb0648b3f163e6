"""Every page runs on a plausible project, on a hostile one, and where there is nothing to show."""

from datetime import UTC, datetime
from pathlib import Path

import faces_project
import pytest
from faces_project import AS_OF, DEFINITIONS
from streamlit.testing.v1 import AppTest

from readback import shipped
from readback.faces import figures, listings, questions
from readback.settings import Project
from readback.store import Connection

PAGES = ["overview", "workflow", "decisions", "data_health", "sql"]


def page(name: str, folder: Path | None, **query: str) -> AppTest:
    """A page after its first run."""
    test = AppTest.from_file(shipped.dashboards() / "views" / f"{name}.py", default_timeout=60)
    test.session_state["readback"] = (folder, DEFINITIONS, datetime(2026, 11, 1, 2, tzinfo=UTC))
    for key, value in query.items():
        test.query_params[key] = value
    return test.run()


def text(test: AppTest) -> str:
    return "\n".join([element.value for element in (*test.title, *test.markdown, *test.caption)])


@pytest.mark.parametrize("name", PAGES)
def test_page_runs_and_names_snapshot_and_age(project: Project, name: str) -> None:
    shown = page(name, project.root)
    assert not shown.exception
    told = text(shown)
    assert faces_project.SNAPSHOT in told
    assert "Data to 31 Oct 2026 23:52 UTC" in told
    assert "2 h 8 min old" in told


def test_overview_shows_the_five_metrics_against_the_month_before(project: Project, con: Connection) -> None:
    shown = page("overview", project.root, grain="month")
    october = questions.figures(con, figures.HEADLINES, "month", AS_OF.replace(day=1, hour=0, minute=0))
    expected = [(figures.label(found.metric), figures.headline(found)) for found in figures.values(october)]
    assert len(expected) == 5
    assert [(metric.label, metric.value) for metric in shown.metric] == expected
    assert all(metric.delta for metric in shown.metric)


def test_filters_come_from_the_address(project: Project) -> None:
    shown = page("overview", project.root, grain="week", period="2026-10-19", workflow="code-review")
    assert [box.value for box in shown.selectbox] == ["week", "2026-10-19", "code-review"]


def test_choice_goes_to_the_address(project: Project) -> None:
    shown = page("overview", project.root)
    shown.selectbox[2].select("claim-letter").run()
    assert shown.query_params["workflow"] in ("claim-letter", ["claim-letter"])


def test_unknown_filter_in_the_address_falls_back(project: Project) -> None:
    shown = page("overview", project.root, workflow="nobody", period="1999-01-01", grain="decade")
    assert not shown.exception
    assert [box.value for box in shown.selectbox] == ["week", "2026-10-19", "All workflows"]


def test_newest_whole_week_is_shown_first(project: Project) -> None:
    assert [box.value for box in page("overview", project.root).selectbox] == ["week", "2026-10-19", "All workflows"]


def test_workflow_page_opens_on_the_one_with_most_fallbacks_of_the_period(project: Project, con: Connection) -> None:
    shown = page("workflow", project.root, grain="month", period="2026-09-01")
    found = con.sql(
        "select workflow from fallback_events where month(occurred_at) = 9 "
        "group by workflow order by count(*) desc, workflow limit 1"
    ).fetchall()
    assert [(shown.selectbox[2].value,)] == found


def test_quiet_episode_is_not_told_as_going_on() -> None:
    quiet = {"state": "quiet", "last_seen_at": AS_OF, "duration_s": 60.0, "opened_at": AS_OF}
    assert listings._off(quiet) == "last seen off it 31 Oct 23:52 UTC, recovery not seen"
    assert listings._off(quiet | {"state": "open"}).startswith("60 s so far")


def test_withheld_metric_shows_a_dash_and_its_reason(project: Project) -> None:
    shown = page("overview", project.root, grain="month", workflow="contract-summary")
    rework = next(metric for metric in shown.metric if metric.label == "Rework rate")
    assert rework.value == "–"
    assert "Low coverage" in text(shown)


def test_decisions_show_evidence_and_sql(project: Project) -> None:
    shown = page("decisions", project.root)
    assert len(shown.json) == 7
    assert any("from fallback_events" in block.value for block in shown.code)


@pytest.mark.parametrize("name", PAGES)
def test_hostile_names_are_never_rendered(hostile: Project, name: str) -> None:
    shown = page(name, hostile.root, workflow=faces_project.HOSTILE)
    assert not shown.exception
    told = text(shown)
    assert "![x](" not in told
    assert "<script>" not in told
    assert not any(block.allow_html for block in shown.markdown if "alert" in block.value)


@pytest.mark.parametrize("name", PAGES)
def test_page_without_a_published_database_says_what_to_run(tmp_path: Path, name: str) -> None:
    project = faces_project.build(tmp_path / "new", published=False)
    assert "Nothing published yet" in text(page(name, project.root))


def test_page_without_figures_says_so(tmp_path: Path) -> None:
    project = faces_project.build(tmp_path / "empty", empty=True)
    shown = page("overview", project.root)
    assert not shown.exception
    assert "No figure yet" in text(shown)


def test_page_without_a_project_says_so() -> None:
    assert "No project chosen" in text(page("overview", None))


def test_broken_settings_are_told_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "readback.toml").write_text('[projekt]\nname = "x"\n', encoding="utf-8")
    assert "did you mean" in text(page("overview", tmp_path))


def test_newer_snapshot_shows_up_on_the_next_run(tmp_path: Path) -> None:
    project = faces_project.build(tmp_path / "live", empty=True)
    assert "No figure yet" in text(page("overview", project.root))
    newer = faces_project.build(tmp_path / "source")
    (project.published.parent / newer.published.resolve().name).unlink()
    newest = project.published.parent / "snapshot-newer.duckdb"
    newest.write_bytes(newer.published.resolve().read_bytes())
    project.published.unlink()
    project.published.symlink_to(newest.name)
    assert "Snapshot newer" in text(page("overview", project.root))


def test_pages_are_short_enough_to_finish_reading() -> None:
    pages = sorted((shipped.dashboards() / "views").glob("*.py"))
    assert [file.stem for file in pages] == sorted(PAGES)
    assert all(len(file.read_text(encoding="utf-8").splitlines()) <= 80 for file in pages)
