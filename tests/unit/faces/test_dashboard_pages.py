"""Every page runs on a plausible project, on a hostile one, and where there is nothing to show."""

import re
from pathlib import Path

import faces_project
import polars as pl
import pytest
from faces_project import AS_OF
from shown_page import page, text
from streamlit.testing.v1 import AppTest

from readback import contracts as c
from readback import shipped
from readback.faces import behind, desk, facets, figures, listings, questions, story, trust
from readback.faces.period import Period
from readback.metrics.definitions import definitions
from readback.settings import Project
from readback.store import Connection

PAGES = [
    "this_week",
    "workflows",
    "workflow",
    "episodes",
    "episode",
    "conformance",
    "recommendations",
    "alerts",
    "data_health",
    "definitions",
    "sql",
]


def filters(test: AppTest) -> list[str | None]:
    """Grain, period and workflow as the page shows them."""
    return [box.value for box in test.selectbox][:3]


@pytest.mark.parametrize("name", PAGES)
def test_page_runs_and_names_snapshot_and_age(project: Project, name: str) -> None:
    shown = page(name, project.root)
    assert not shown.exception
    told = text(shown)
    assert faces_project.SNAPSHOT in told
    assert "Data to 31 Oct 2026 23:52 UTC" in told
    assert re.search(r"\d+ (d|h|min).* old", told)


def test_overview_shows_the_five_metrics_against_the_month_before(project: Project, con: Connection) -> None:
    shown = page("this_week", project.root, grain="month")
    october = questions.figures(con, figures.HEADLINES, "month", AS_OF.replace(day=1, hour=0, minute=0))
    expected = [(figures.label(found.metric), figures.headline(found)) for found in figures.values(october)]
    assert len(expected) == 5
    assert [(metric.label, metric.value) for metric in shown.metric] == expected
    assert all(metric.delta for metric in shown.metric)


def test_filters_come_from_the_address(project: Project) -> None:
    shown = page("this_week", project.root, grain="week", period="2026-10-19", workflow="code-review")
    assert filters(shown) == ["week", "2026-10-19", "code-review"]


def test_choice_goes_to_the_address(project: Project) -> None:
    shown = page("this_week", project.root)
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("READBACK_PROJECT", str(project.root))
        shown.selectbox[2].select("claim-letter").run()
    assert shown.query_params["workflow"] in ("claim-letter", ["claim-letter"])


def test_choice_is_kept_on_a_page_whose_address_names_none(project: Project) -> None:
    shown = page("episodes", project.root, grain="month", workflow="code-review")
    assert filters(shown) == ["month", "2026-10-01", "code-review"]
    shown.query_params.clear()
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("READBACK_PROJECT", str(project.root))
        shown.switch_page("views/this_week.py").run()
    assert filters(shown) == ["month", "2026-10-01", "code-review"]


def test_unknown_filter_in_the_address_falls_back(project: Project) -> None:
    shown = page("this_week", project.root, workflow="nobody", period="1999-01-01", grain="decade")
    assert not shown.exception
    assert filters(shown) == ["week", "2026-10-19", "All workflows"]


def test_newest_whole_week_is_shown_first(project: Project) -> None:
    assert filters(page("this_week", project.root)) == ["week", "2026-10-19", "All workflows"]


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
    shown = page("this_week", project.root, grain="month", workflow="contract-summary")
    rework = next(metric for metric in shown.metric if metric.label == "Rework rate")
    assert rework.value == "–"
    assert "Low coverage" in text(shown)


def test_maturing_figures_say_so_below_their_number(project: Project) -> None:
    told = text(page("this_week", project.root, grain="month", period="2026-10-01"))
    assert "· maturing" in told
    assert "· maturing" not in text(page("this_week", project.root, grain="month", period="2026-07-01"))


def test_absent_figures_of_workflows_fold_their_reasons(project: Project) -> None:
    (folded,) = [
        each for each in page("workflows", project.root, grain="month").expander if "cannot be told" in each.label
    ]
    (reasons,) = folded.dataframe
    assert list(reasons.value.columns) == ["member", "label", "explanation"]
    assert reasons.value["explanation"].str.contains("requests").any()
    assert any("cannot be told" in each.label for each in page("workflow", project.root, grain="month").expander)


def test_week_is_also_held_against_the_week_four_weeks_before(project: Project) -> None:
    shown = page("this_week", project.root, grain="week", period="2026-10-19")
    assert "on 21 Sep" in text(shown)


@pytest.mark.parametrize(
    ("name", "part", "count"),
    [("recommendations", "", 3), ("alerts", "open", 2), ("alerts", "acknowledged", 1), ("alerts", "history", 1)],
)
def test_every_finding_shows_its_evidence_and_sql(project: Project, name: str, part: str, count: int) -> None:
    shown = page(name, project.root, show=part)
    assert len(shown.json) == count
    assert any("select *" in block.value for block in shown.code)


def test_many_recommendations_are_shown_on_demand_and_the_one_of_the_address_first(tmp_path: Path) -> None:
    rows = [row for row in faces_project.rows_by_contract("x")[c.Recommendation] if isinstance(row, c.Recommendation)]
    more = [row.model_copy(update={"recommendation_id": f"more-{n}"}) for n, row in enumerate(rows * 2)]
    root = faces_project.build(tmp_path / "many", extra={c.Recommendation: more}).root
    assert len(page("recommendations", root).json) == 6
    assert len(page("recommendations", root, show="all").json) == 9
    asked = [each.value for each in page("recommendations", root, id="more-5").json]
    assert len(asked) == 6
    assert asked[0] == page("recommendations", root, show="all").json[8].value


def test_sampled_outcomes_say_their_share() -> None:
    told = trust.with_share(pl.DataFrame({"mode": ["complete", "sampled"], "sample_rate": [None, 0.2]}))
    assert told["mode"].to_list() == ["complete", "sampled 20.0%"]


def test_episode_tells_its_story_and_its_fallbacks(project: Project, con: Connection) -> None:
    ((episode_id, workflow, count),) = con.sql(
        "select e.episode_id, e.workflow, count(*) from episodes e join fallback_events f using (episode_id) "
        "where e.is_recovered group by all order by 3 desc, 1 limit 1"
    ).fetchall()
    shown = page("episode", project.root, id=episode_id)
    assert not shown.exception
    assert shown.title[0].value.replace("\\", "") == workflow
    assert f"##### {figures.counted(count, 'fallback')}" in text(shown)
    assert len(shown.metric) == 6


def test_unknown_episode_is_told_and_leads_back(project: Project) -> None:
    assert "No published episode has this id" in text(page("episode", project.root, id="nobody"))


def test_definitions_tell_every_metric_once(project: Project) -> None:
    shown = page("definitions", project.root, metric="rework_rate")
    heads = [expander.label for expander in shown.expander]
    assert "Rework rate" in heads[0]
    assert sorted(heads) == sorted(set(heads))
    assert len(heads) == len(definitions())


def test_statement_of_the_address_runs_on_the_sql_page(project: Project) -> None:
    shown = page("sql", project.root, statement="select 41 + 1 as answer")
    assert shown.text_area[0].value == "select 41 + 1 as answer"
    assert shown.dataframe[-1].value["answer"].to_list() == [42]


@pytest.mark.parametrize("metric", list(definitions()))
def test_rows_behind_every_metric_can_be_asked_for(project: Project, con: Connection, metric: str) -> None:
    week = Period.of("week", AS_OF.replace(day=19, hour=0, minute=0))
    for sql in (behind.rows(metric, week.span, "code-review"), behind.figure(metric, "week", week.start)):
        assert desk.rows(con, project, sql, {}).height <= 1000


def test_values_of_a_column_are_counted_on_the_sql_page(project: Project, con: Connection) -> None:
    shown = page("sql", project.root, statement="select state, workflow from episodes;", count="state")
    assert not shown.exception
    expected = con.sql("select state, count(*) from episodes group by all order by 2 desc, 1").fetchall()
    assert list(shown.dataframe[-1].value[["value", "rows"]].itertuples(index=False, name=None)) == expected


@pytest.mark.parametrize("value", ["x' or true --", None, faces_project.HOSTILE])
def test_narrowed_statement_holds_the_rows_with_that_value(con: Connection, value: str | None) -> None:
    told = "null" if value is None else "'" + value.replace("'", "''") + "'"
    statement = f'select unnest([{told}, \'other\']) as "a ""b" -- all;'
    assert con.sql(facets.narrowed(statement, 'a "b', value)).fetchall() == [(value,)]
    assert con.sql(facets.counted(statement, 'a "b')).fetchall()[0][1:] == (1, 0.5)


def test_hostile_name_stays_a_text_in_the_sql_behind_it(project: Project, con: Connection) -> None:
    hostile = "'; drop table episodes; --"
    assert desk.rows(con, project, behind.table("episodes", {"workflow": hostile}), {}).is_empty()


def test_time_axis_of_an_episode_names_what_was_changed_meanwhile() -> None:
    row = {"opened_at": AS_OF, "recovered_at": None, "incident_started_at": None, "resolved_at": None}
    noted = pl.DataFrame(
        {"kind": ["note", "provider incident"], "at": [AS_OF, AS_OF], "what": ["Release 4.2", "Errors"]}
    )
    assert story.moments(row, noted) == [("left", AS_OF), ("Release 4.2", AS_OF)]


def test_return_before_the_declared_recovery_is_told_as_such() -> None:
    assert story._length(-1009.0) == "−17 min"
    assert story._length(None) == "–"


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
    shown = page("this_week", project.root)
    assert not shown.exception
    assert "No figure yet" in text(shown)


def test_page_without_a_project_says_so() -> None:
    assert "No project chosen" in text(page("this_week", None))


def test_broken_settings_are_told_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "readback.toml").write_text('[projekt]\nname = "x"\n', encoding="utf-8")
    assert "did you mean" in text(page("this_week", tmp_path))


def test_newer_snapshot_shows_up_on_the_next_run(tmp_path: Path) -> None:
    project = faces_project.build(tmp_path / "live", empty=True)
    assert "No figure yet" in text(page("this_week", project.root))
    newer = faces_project.build(tmp_path / "source")
    (project.published.parent / newer.published.resolve().name).unlink()
    newest = project.published.parent / "snapshot-newer.duckdb"
    newest.write_bytes(newer.published.resolve().read_bytes())
    project.published.unlink()
    project.published.symlink_to(newest.name)
    assert "Snapshot newer" in text(page("this_week", project.root))


def test_pages_are_short_enough_to_finish_reading() -> None:
    pages = sorted((shipped.dashboards() / "views").glob("*.py"))
    assert [file.stem for file in pages] == sorted(PAGES)
    assert all(len(file.read_text(encoding="utf-8").splitlines()) <= 80 for file in pages)
