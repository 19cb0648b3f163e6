"""What a terminal shows."""

import io
from typing import Any

from faces_project import AS_OF, DEFINITIONS, HOSTILE, rows_by_contract
from rich.console import Console, RenderableType

from readback.contracts import Alert, Recommendation
from readback.faces import figures, questions, terminal
from readback.store import Connection

OCTOBER = AS_OF.replace(day=1, hour=0, minute=0)
WANTED = [*figures.HEADLINES, *figures.COMPANIONS.values()]


def shown(renderable: RenderableType, **options: Any) -> str:
    console = Console(file=io.StringIO(), width=140, **options)
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


def test_table_tells_the_change_where_the_period_before_is_given(con: Connection) -> None:
    now = figures.values(questions.figures(con, WANTED, "month", OCTOBER))
    before = figures.values(questions.figures(con, WANTED, "month", OCTOBER.replace(month=9)))
    (line,) = [row for row in shown(terminal.metrics_table(now, before, DEFINITIONS)).splitlines() if "Fallback" in row]
    change = figures.change(now[0], before[0], "lower")
    assert change is not None
    assert line.rstrip().endswith(f"{change.text} worse")


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
