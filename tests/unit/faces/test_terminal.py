"""What a terminal shows."""

import io
from typing import Any

import pytest
from faces_project import AS_OF, DEFINITIONS, HOSTILE, rows_by_contract
from rich.console import Console, RenderableType

from readback.contracts import Alert, Recommendation
from readback.faces import figures, questions, terminal
from readback.store import Connection

OCTOBER = AS_OF.replace(day=1, hour=0, minute=0)
WANTED = [*figures.HEADLINES, *figures.COMPANIONS.values()]


def shown(renderable: RenderableType, width: int = 140, **options: Any) -> str:
    console = Console(file=io.StringIO(), width=width, **options)
    with console.capture() as captured:
        console.print(renderable)
    return captured.get()


def test_table_holds_each_metric_with_interval_and_n(con: Connection) -> None:
    now = figures.values(questions.figures(con, WANTED, "month", OCTOBER))
    text = shown(terminal.metrics_table(now))
    for figure in now:
        (line,) = [line for line in text.splitlines() if line.startswith(figures.label(figure.metric))]
        assert figures.headline(figure) in line
        assert str(figures.interval(figure)) in line


def test_table_marks_what_an_outcome_may_still_change(con: Connection) -> None:
    now = figures.values(questions.figures(con, WANTED, "month", OCTOBER))
    told = {row.split("  ")[0].strip(): row for row in shown(terminal.metrics_table(now)).splitlines()}
    assert "%, maturing" in told["Rework rate"]
    assert "maturing" not in told["Fallback frequency"]


def test_table_tells_the_change_where_the_period_before_is_given(con: Connection) -> None:
    now = figures.values(questions.figures(con, WANTED, "month", OCTOBER))
    before = figures.values(questions.figures(con, WANTED, "month", OCTOBER.replace(month=9)))
    (line,) = [row for row in shown(terminal.metrics_table(now, before, DEFINITIONS)).splitlines() if "Fallback" in row]
    change = figures.change(now[0], before[0], "lower")
    assert change is not None
    assert line.endswith(f"{change.text} worse")


def decisions() -> tuple[list[Alert], list[Recommendation]]:
    rows = rows_by_contract("support-triage")
    return [row for row in rows[Alert] if isinstance(row, Alert)], [
        row for row in rows[Recommendation] if isinstance(row, Recommendation)
    ]


def test_no_more_than_asked_are_shown_and_the_rest_is_counted() -> None:
    alerts, advice = decisions()
    text = shown(terminal.alerts(alerts, most=1))
    assert alerts[0].title in text
    assert alerts[1].title not in text
    assert text.rstrip().endswith("… and 3 more: readback alerts")
    assert shown(terminal.recommendations(advice, most=1)).rstrip().endswith("… and 2 more: readback recommend")
    assert "more:" not in shown(terminal.alerts(alerts, most=4))


@pytest.mark.parametrize("width", [40, 80])
def test_words_wrap_and_none_is_lost_on_a_narrow_terminal(width: int) -> None:
    alerts, advice = decisions()
    long = " ".join(f"word{number}" for number in range(90))
    given = [
        terminal.alerts([alerts[0].model_copy(update={"title": long[:200], "detail": long})]),
        terminal.recommendations([advice[0].model_copy(update={"title": long[:200], "expected_effect": long})]),
    ]
    for renderable in given:
        text = shown(renderable, width)
        assert text.split().count("word89") == 1
        assert all(len(line) <= width and line == line.rstrip() for line in text.splitlines())


def test_missing_metric_is_named_as_not_computed() -> None:
    assert shown(terminal.metrics_table([])).count("not computed") == len(figures.HEADLINES)


def test_listings_of_nothing_say_so() -> None:
    assert "No alert" in shown(terminal.alerts([]))
    assert "No recommendation" in shown(terminal.recommendations([]))


def test_hostile_words_reach_the_terminal_inert() -> None:
    rows = rows_by_contract(HOSTILE)
    alerts = [
        row.model_copy(update={"title": HOSTILE, "detail": HOSTILE}) for row in rows[Alert] if isinstance(row, Alert)
    ]
    advice = [
        row.model_copy(update={"change": HOSTILE}) for row in rows[Recommendation] if isinstance(row, Recommendation)
    ]
    text = shown(terminal.alerts(alerts), force_terminal=True) + shown(
        terminal.recommendations(advice), force_terminal=True
    )
    assert "[red]" in text
    assert "\x1b[31m [red]" not in text
    assert "\u202e" not in text
