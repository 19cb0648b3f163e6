"""What a report says of a month that is whole, unfinished, empty, thin or restated."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import faces_project
import pytest
from faces_project import AS_OF, DEFINITIONS

from readback import contracts as c
from readback import reports, store
from readback.contracts import vocabulary as v
from readback.errors import QueryError
from readback.faces import report
from readback.faces.period import Period
from readback.settings import Note, Project, open_project
from readback.store import Connection


def view(con: Connection, period: str | Period = "2026-10", **facts: Any) -> dict[str, Any]:
    period = Period.month(period) if isinstance(period, str) else period
    return report.view_of(report.subject(con, period, definitions=DEFINITIONS, **facts))


def row(told: dict[str, Any], metric: str) -> dict[str, Any]:
    (found,) = [one for one in (*told["five"], *told["beside"]) if one["metric"] == metric]
    return dict(found)


def figure(
    metric: str, start: datetime, *, unit: str = "fraction", grain: str = "month", **facts: Any
) -> c.MetricValue:
    told: dict[str, Any] = {
        "metric": metric, "unit": unit, "grain": grain, "period_start": start, "dimension": "all", "member": "*",
        "lane": "all", "numerator": 40.0, "denominator": 400.0, "value": 0.1, "low": 0.07, "high": 0.14,
        "effective_n": 300.0, "coverage": None, "maturity": None, "status": "ok", "definition_version": 1,
        "as_of": AS_OF,
    }  # fmt: skip
    return c.MetricValue(**{**told, **facts})


@pytest.fixture
def project_of(tmp_path: Path) -> Any:
    """A project that holds the given figures and restatements and nothing else."""

    def made(*rows: c.MetricValue, restatements: list[c.Restatement] | None = None) -> Project:
        extra: dict[type[c.Row], list[c.Row]] = {c.MetricValue: [*rows], c.Restatement: [*(restatements or [])]}
        return faces_project.build(tmp_path / "project", empty=True, extra=extra)

    return made


_NOTES = (
    Note(at=datetime(2026, 7, 20, 8, tzinfo=UTC), text="Model router replaced"),
    Note(at=datetime(2026, 10, 20, 8, tzinfo=UTC), text="Release 4.2"),
    Note(at=datetime(2026, 10, 20, 18, tzinfo=UTC), text="Release 4.2.1"),
)


def test_time_axes_bear_the_numbers_of_what_happened_and_say_what_they_stand_for(con: Connection) -> None:
    told = view(con, own_notes=_NOTES)
    assert [(each[0], each[3]) for each in told["noted"]] == [
        ("1", "Model router replaced"),
        ("2", "Release 4.2"),
        ("3", "Release 4.2.1"),
        ("4", "claude-opus-4-5 of anthropic switched off for legal"),
    ]
    assert all(f">{number}</text>" in told["timeline"]["svg"] for number in ("2–3", "4"))
    assert all(f">{number}</text>" in told["trend"]["svg"] for number in ("1", "2–4"))
    assert "1: 20 Jul 2026, Model router replaced; 2: 20 Oct, Release 4.2; 3:" in told["trend"]["caption"]
    assert "Model router" not in told["timeline"]["caption"]


def test_of_many_changes_the_latest_are_told_beside_the_chart(con: Connection) -> None:
    many = [Note(at=AS_OF - timedelta(days=20 - day), text=f"Release {day}") for day in range(9)]
    told = view(con, own_notes=many)
    assert len(told["noted"]) == 10
    assert "Release 8" in told["timeline"]["caption"]
    assert "Release 4" not in told["timeline"]["caption"]
    assert told["timeline"]["caption"].endswith("; 5 more in the appendix.")


def test_incidents_of_the_period_are_listed_with_their_declared_end(con: Connection) -> None:
    rows = con.sql(
        "select title, resolved_at is null from provider_incidents "
        "where is_ordered and started_at >= '2026-10-01' order by started_at"
    ).fetchall()
    assert [(each[3], each[1] == "not declared") for each in view(con)["declared"]] == rows


def test_first_metric_is_drawn_by_week_while_there_are_few_months(project_of: Any) -> None:
    weeks = [AS_OF.replace(day=5, hour=0, minute=0) + timedelta(weeks=week) for week in range(3)]
    rows = [figure("fallback_frequency", start, grain="week") for start in weeks]
    with store.reader(project_of(figure("fallback_frequency", datetime(2026, 10, 1, tzinfo=UTC)), *rows)) as con:
        assert view(con)["trend"]["caption"].startswith("Fallback frequency by week;")


def test_target_is_met_missed_or_cannot_be_told(con: Connection) -> None:
    targets = {"fallback_frequency": 0.02, "rework_rate": 0.5, "recovery_time_median_s": 1380.0}
    told = view(con, targets=targets)
    verdicts = [row(told, metric)["verdict"] for metric in targets]
    assert verdicts == ["missed", "met", "cannot tell"]
    assert told["has_targets"]
    assert told["targets_told"] == "Of 3 targets: 1 met, 1 missed, 1 that the data cannot settle."


def test_figures_that_an_outcome_may_still_change_are_marked(con: Connection) -> None:
    told = view(con)
    assert row(told, "rework_rate")["interval"].endswith("%, maturing")
    assert "maturing" not in row(told, "fallback_frequency")["interval"]
    assert "maturing" not in row(view(con, "2026-07"), "rework_rate")["interval"]


def test_without_targets_there_is_no_target(con: Connection) -> None:
    told = view(con)
    assert not told["has_targets"]
    assert told["targets_told"] is None


def test_headline_names_a_change_beyond_chance(con: Connection) -> None:
    told = view(con)
    assert row(told, "fallback_frequency")["tone"] == "worse"
    assert " points more than in September 2026." in told["headline"]


def test_sums_are_not_compared_with_a_part_of_a_month(con: Connection) -> None:
    assert row(view(con), "degraded_minutes")["change"] != "–"
    assert row(view(con, "2026-05"), "degraded_minutes")["change"] == "–"


def test_unfinished_month_is_told_to_date(project_of: Any) -> None:
    early = datetime.fromisoformat("2026-10-20T12:00:00+00:00")
    rows = [figure("fallback_frequency", datetime.fromisoformat(f"2026-{month}-01T00:00:00+00:00"), as_of=early)
            for month in ("09", "10")]  # fmt: skip
    whole = figure("fallback_frequency", rows[0].period_start, grain="all", as_of=early)
    with store.reader(project_of(*rows, whole)) as con:
        told = view(con)
    assert told["period"] == "October 2026 to date"
    assert told["headline"].startswith("In October 2026 to date, 10.0% of requests")
    assert "October 2026 is unfinished: the logs end on 20 October 2026, so every figure is to date." in told["notes"]


def test_month_before_the_first_record_has_a_report_that_says_so(con: Connection, project: Project) -> None:
    told = view(con, "2026-03")
    assert told["notes"] == ["No log reaches into March 2026: the first record is of 1 May 2026. Absent is not zero."]
    about = report.subject(con, Period.month("2026-03"), definitions=DEFINITIONS)
    assert b"There is nothing to report for March 2026." in report.render(told, about, "html")
    assert {len(report.render(told, about, form)) > 4000 for form in report.FORMATS} == {True}


def test_too_little_data_is_said_and_not_estimated(project_of: Any) -> None:
    nothing: dict[str, Any] = {"value": None, "low": None, "high": None, "status": v.MetricStatus.TOO_FEW}
    october = datetime.fromisoformat("2026-10-01T00:00:00+00:00")
    thin = [
        figure("fallback_frequency", october, grain=grain, denominator=7.0, **nothing) for grain in ("month", "all")
    ]
    with store.reader(project_of(*thin)) as con:
        told = view(con)
    assert told["headline"].endswith("cannot be told: too few to say (n=7).")
    assert row(told, "fallback_frequency")["value"] == "–"
    assert "Fallback frequency: too few to say (n=7)." in told["sentences"]


def test_restatement_lists_differences_that_add_up(project_of: Any) -> None:
    october = datetime.fromisoformat("2026-10-01T00:00:00+00:00")
    now = figure("rework_rate", october, numerator=61.0, denominator=410.0, value=61 / 410)
    rows = [_restatement(october, 1, 5.0, 10.0, 0.13), _restatement(october, 2, 16.0, 0.0, 61 / 410)]
    with store.reader(project_of(now, figure("rework_rate", october, grain="all"), restatements=rows)) as con:
        told = view(con)
    (one,) = told["restated"]
    assert one["first"][1:3] == ["40", "400"]
    assert [change[1:3] for change in one["changes"]] == [["+5", "+10"], ["+16", "+0"]]
    assert one["now"][1:3] == ["61", "410"]
    for place in (1, 2):
        total = int(one["first"][place]) + sum(int(change[place]) for change in one["changes"])
        assert total == int(one["now"][place])
    assert "Figures of October 2026 were restated since first published; the appendix adds up how." in told["notes"]


def _restatement(start: datetime, day: int, x: float, n: float, value: float) -> c.Restatement:
    return c.Restatement(
        metric="rework_rate", grain=v.Grain.MONTH, period_start=start, dimension=v.Dimension.ALL, member="*",
        lane=v.MetricLane.ALL, previous_as_of=AS_OF + timedelta(days=day - 1), as_of=AS_OF + timedelta(days=day),
        numerator_change=x, denominator_change=n, previous_value=0.1, value=value,
    )  # fmt: skip


def test_quarter_tells_its_own_figures(project_of: Any) -> None:
    july, october = (datetime.fromisoformat(f"2026-{month}-01T00:00:00+00:00") for month in ("07", "10"))
    rows = [figure("fallback_frequency", july, grain=grain) for grain in ("quarter", "all")]
    now = figure("fallback_frequency", october, grain="quarter", value=0.2, low=0.17, high=0.23)
    with store.reader(project_of(*rows, now)) as con:
        told = view(con, Period.quarter("2026-Q4"))
    assert told["kind"] == "Quarterly continuity report"
    assert "20.0% of requests left their preferred model, 10.0 points more than in Q3 2026" in told["headline"]


def test_class_block_withholds_what_rests_on_too_little(tmp_path: Path) -> None:
    nothing: dict[str, Any] = {
        "value": None,
        "low": None,
        "high": None,
        "status": v.MetricStatus.TOO_FEW,
        "numerator": 0.0,
        "denominator": 3.0,
        "explanation": "3 requests where 20 are needed.",
    }
    member: dict[str, Any] = {"dimension": v.Dimension.WORKFLOW_CLASS, "member": "legal-summary"}
    thin = figure("fallback_frequency", datetime.fromisoformat("2026-10-01T00:00:00+00:00"), **{**nothing, **member})
    project = faces_project.build(tmp_path, extra={c.MetricValue: [thin]})
    with store.reader(project) as con:
        shown = view(con)
    (block,) = shown["classes"]
    assert (block["name"], block["rows"][0]["reason"]) == ("legal-summary", "too few to say (n=3)")
    absent = dict(shown["absent"])
    assert absent["legal-summary: Fallback frequency"] == "3 requests where 20 are needed."
    assert absent["legal-summary: Recovery time (median)"] == "No episode opened: 0 fallbacks of 3 requests."


def test_period_that_the_logs_have_not_reached_is_refused(con: Connection) -> None:
    told = "December 2026 has not begun in the logs, which end on 31 October 2026 23:52 UTC; choose an earlier month"
    with pytest.raises(QueryError, match=told):
        view(con, "2026-12")


def test_nothing_computed_is_refused(tmp_path: Path) -> None:
    with (
        store.reader(faces_project.build(tmp_path, empty=True)) as con,
        pytest.raises(QueryError, match="no figure to report yet"),
    ):
        view(con)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("October", None), "expected a month such as 2026-10, found 'October'"),
        (("2026-10", ["docx"]), "unknown format 'docx'; expected one of pdf, html, xlsx"),
    ],
)
def test_wrong_request_is_one_sentence(project: Project, arguments: tuple[Any, ...], sentence: str) -> None:
    with pytest.raises(QueryError, match=sentence):
        reports.write_month(project, *arguments)


def test_wrong_quarter_is_one_sentence(project: Project) -> None:
    with pytest.raises(QueryError, match="expected a quarter such as 2026-Q4, found '2026-Q7'"):
        reports.write_quarter(open_project(project.root), "2026-Q7")
