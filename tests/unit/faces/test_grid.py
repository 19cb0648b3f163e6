"""The table of workflows: every trend bears what happened beside it, and no name of a log becomes a tag."""

from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from typing import Any

import polars as pl
from faces_project import HOSTILE

from readback.faces import absences, annotations, drill, figures, grid, questions, workflow_table
from readback.faces.grid.shape import HEIGHT, WIDTH, shape
from readback.faces.period import Span
from readback.settings import Note
from readback.store import Connection

START = datetime(2026, 10, 1, tzinfo=UTC)
SPAN = Span(START, START + timedelta(days=28))
WEEKS = [START + timedelta(weeks=week) for week in range(4)]
NOTES = (
    Note(at=START + timedelta(days=3), text="Release 4.2"),
    Note(at=START + timedelta(days=9), text="New prompt", workflow="code-review"),
)


class Tags(HTMLParser):
    """Every tag with its attributes."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def named(self, tag: str, **given: str) -> list[dict[str, str | None]]:
        return [each for name, each in self.found if name == tag and given.items() <= each.items()]


def trend(*values: float | None) -> dict[str, Any]:
    limits = {"lows": [value and value / 2 for value in values], "highs": [value and value * 2 for value in values]}
    return {"member": "code-review", "starts": WEEKS[: len(values)], "values": list(values), **limits}


def table(con: Connection, member: str | None = None) -> Tags:
    start = datetime(2026, 10, 19, tzinfo=UTC)
    values = absences.of_members(con, list(workflow_table.METRICS), "week", start)
    effects = questions.effects(con, dimension="workflow", member=None, metric="rework_rate")
    trends = drill.workflow_trends(con, "fallback_frequency", "week", start)
    span = grid.spanned(trends, Span(start, start + timedelta(days=7)))
    shared = grid.marks(annotations.annotations(con, span, NOTES[:1]), span)
    shapes = grid.shapes(trends, span, shared, NOTES)
    rows = workflow_table.rows(values, drill.classes(con, start), effects, trends)
    ranks = grid.ranked(figures.values(values), effects)
    shown = rows if member is None else rows.filter(pl.col("workflow") == member)
    return Tags(grid.drawn(shown, workflow_table.NAMES, ranks, shapes, {"grain": "week"}, shared=shared))


def test_withheld_figure_breaks_the_line_and_stands_hollow() -> None:
    found = shape(trend(0.1, None, 0.2, 0.4), SPAN, [])
    assert [len(line.split()) for line in found.lines] == [1, 2]
    assert len(found.hollow) == 1
    assert found.told == "from 10.0% to 40.0% over 4 periods; 0 declared incidents, 0 changes"


def test_picture_stays_within_its_frame_and_starts_at_zero() -> None:
    found = shape(trend(0.0, 0.1, 0.4), SPAN, grid.marks(annotations.own(NOTES, SPAN, None), SPAN))
    assert [0 < mark.x < WIDTH for mark in found.marks] == [True, True]
    points = [tuple(map(float, point.split(","))) for each in found.lines + found.bands for point in each.split()]
    assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in points)
    assert points[0][1] == max(y for _, y in points)


def test_every_trend_bears_what_concerns_all_and_what_concerns_itself_alone(con: Connection) -> None:
    own, other, every = table(con, "code-review"), table(con, "claim-letter"), table(con)
    assert len(own.named("line", **{"class": "change"})) == 1 + len(other.named("line", **{"class": "change"})) > 1
    assert len(every.named("rect", **{"class": "tick"})) == len(other.named("rect", **{"class": "tick"})) > 0
    assert len(every.named("use", href="#beside")) == len(every.named("a")) == 5
    (told,) = (each["aria-label"] for each in own.named("svg", role="img"))
    assert told
    assert told.endswith("3 declared incidents, 3 changes")


def test_cell_is_sorted_by_its_figure_and_a_withheld_one_by_nothing(con: Connection) -> None:
    found = table(con)
    ranks = [each["data-rank"] or "" for each in found.named("td", **{"data-column": "fallback_frequency"})]
    assert sorted(map(float, ranks), reverse=True) == list(map(float, ranks))
    withheld = table(con, "contract-summary").named("td", **{"data-column": "rework_rate", "class": "withheld"})
    assert [each["data-rank"] for each in withheld] == [""]


def test_link_of_a_workflow_takes_the_period_along(con: Connection) -> None:
    (link,) = table(con, "code-review").named("a")
    assert link["href"] == "workflow?workflow=code-review&grain=week"


def test_many_rows_can_be_searched_and_the_last_are_left_to_the_files() -> None:
    rows = pl.DataFrame({name: [f"w{row}" for row in range(310)] for name in workflow_table.NAMES if name != "trend"})
    html = grid.drawn(rows, workflow_table.NAMES, {}, {}, {})
    assert len(Tags(html).named("a")) == grid.MOST_ROWS
    assert len(Tags(html).named("input", type="search")) == 1
    assert "10 with fewer fallbacks" in html
    assert not Tags(grid.drawn(rows.head(12), workflow_table.NAMES, {}, {}, {})).named("input")


def test_hostile_name_stays_text_and_says_whose_row_it_is() -> None:
    rows = pl.DataFrame({name: [HOSTILE] for name in workflow_table.NAMES if name != "trend"})
    row = trend(0.1, 0.2) | {"member": HOSTILE}
    marks = grid.marks(annotations.own([Note(at=START, text=HOSTILE)], SPAN, None), SPAN)
    html = grid.drawn(
        rows, workflow_table.NAMES, {}, {HOSTILE: shape(row, SPAN, marks)}, {"period": HOSTILE}, "light", marks
    )
    found = Tags(html)
    assert {tag for tag, _ in found.found} & {"script", "img", "iframe"} == set()
    assert [each["data-member"] for each in found.named("a")] == [HOSTILE]
    assert not [name for _, each in found.found for name in each if name.startswith("on")]
