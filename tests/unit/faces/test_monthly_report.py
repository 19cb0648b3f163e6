"""The monthly report is one file that loads nothing and lets no log speak HTML."""

import re
from html.parser import HTMLParser

import polars as pl
import pytest
from faces_project import DEFINITIONS, SNAPSHOT

from readback import store
from readback.errors import QueryError
from readback.faces import figures, questions
from readback.faces.period import Period
from readback.faces.report import monthly_report
from readback.settings import Project
from readback.store import Connection

_LOADING = {"src", "href", "xlink:href", "srcset", "data", "action", "poster"}


class Tags(HTMLParser):
    """Every tag, and every value that a browser would load from."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.names: list[str] = []
        self.loads: list[str] = []
        self.ids: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.append(tag)
        self.loads += [value or "" for name, value in attrs if name in _LOADING]
        self.ids += [value or "" for name, value in attrs if name == "id"]


@pytest.fixture(scope="module")
def html(con: Connection) -> str:
    return monthly_report(con, "2026-10", project="Northwind", definitions=DEFINITIONS, snapshot=SNAPSHOT)


def test_report_loads_nothing(html: str) -> None:
    tags = Tags(html)
    assert not [value for value in tags.loads if not value.startswith("#")]
    assert not re.findall(r"url\((?!#)", html)
    assert "@import" not in html
    assert not {"script", "iframe", "link", "img", "object"} & set(tags.names)


def test_report_holds_every_chart_under_its_own_ids(html: str) -> None:
    tags = Tags(html)
    assert tags.names.count("svg") == 8
    assert len(tags.ids) == len(set(tags.ids))


def test_report_names_its_watermark_on_top(html: str) -> None:
    assert "31 October 2026 23:52 UTC" in html[: html.index("<h2")]


def test_summary_is_in_sentences_with_n_and_interval(con: Connection, html: str) -> None:
    october = questions.figures(con, ["fallback_frequency"], "month", Period.month("2026-10").start)
    (figure,) = figures.values(october)
    begin = f"<li>{figures.with_interval(figure)} of requests left their preferred model; +"
    assert begin in html
    assert "on September 2026, worse by more than chance.</li>" in html[html.index(begin) :].splitlines()[0]


def test_adjusted_effect_stands_beside_the_crude_one(html: str) -> None:
    assert re.search(r"\+2\.1 pp \(0\.9 to 3\.3\)</td><td class=\"n\">\+6\.0 pp", html)


def test_silent_downgrades_are_listed_one_by_one(con: Connection, html: str) -> None:
    silent = con.sql(
        "select request_id from fallback_events where is_silent and occurred_at >= '2026-10-01'"
    ).fetchall()
    assert silent
    assert all(request_id in html for (request_id,) in silent)


def test_silent_downgrades_beyond_the_first_are_folded(con: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    one = questions.silent_downgrades(con, Period.month("2026-10").span)
    many = pl.concat([one.with_columns(request_id=pl.lit(f"litellm:no-{number}-")) for number in range(52)])
    monkeypatch.setattr(questions, "silent_downgrades", lambda *_: many)
    shown, folded = monthly_report(con, "2026-10", definitions=DEFINITIONS).split('<details class="rest">', 1)
    assert "2 earlier ones" in folded
    assert [f"no-{number}-" in shown for number in (0, 49, 50)] == [True, True, False]
    assert all(f"no-{number}-" in folded for number in (50, 51))


def test_unreported_metric_is_never_a_zero(html: str) -> None:
    assert re.search(r"Downstream error cost</td><td>not reported by any source", html)


def test_equal_snapshots_give_equal_bytes(con: Connection, html: str) -> None:
    assert monthly_report(con, "2026-10", project="Northwind", definitions=DEFINITIONS, snapshot=SNAPSHOT) == html


def test_unfinished_month_says_so(con: Connection) -> None:
    assert "do not reach the end of November 2026" in monthly_report(con, "2026-11")


def test_month_without_figures_says_no_data(con: Connection) -> None:
    assert "Fallback frequency: no data." in monthly_report(con, "2025-01")


def test_hostile_names_are_escaped(hostile: Project) -> None:
    with store.reader(hostile) as con:
        html = monthly_report(con, "2026-10", project="<b>x</b>")
    assert "script" not in Tags(html).names
    assert "&lt;script&gt;alert(1)" in html
    assert "<b>x</b>" not in html
    assert "\x1b" not in html


def test_what_is_not_a_month_is_refused(con: Connection) -> None:
    with pytest.raises(QueryError, match="expected a month such as 2026-10, found 'October'"):
        monthly_report(con, "October")
