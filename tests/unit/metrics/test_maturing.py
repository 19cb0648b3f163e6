"""A figure is marked while an outcome that arrives late may still change it."""

from datetime import timedelta
from typing import Any

import pytest
from unit.metrics.facts import (
    ALL,
    AS_OF,
    KINDS,
    START,
    add_fallback,
    add_outcome,
    add_request,
    figure,
    refresh,
    settings,
)

from readback import store

OCTOBER = (START, AS_OF + timedelta(days=1))
ENDED = timedelta(seconds=5)
"""How long after its start a request ends, and its windows open."""


def mark(con: store.Connection, metric: str = "rework_rate", **where: Any) -> bool | None:
    found: bool | None = figure(con, metric, **where)["is_maturing"]
    return found


def watched_until(con: store.Connection, at: Any) -> None:
    add_outcome(con, 900, "feedback", at)


@pytest.mark.parametrize(
    ("metric", "days"), [("rework_rate", 28), ("override_rate", 21), ("downstream_error_rate", 44)]
)
def test_mark_lasts_until_window_and_allowance_are_over(con: store.Connection, metric: str, days: int) -> None:
    add_request(con, 1, START)
    over_at = START + timedelta(days=days) + ENDED
    watched_until(con, over_at + timedelta(days=1))
    refresh(con, settings(), OCTOBER, as_of=over_at - timedelta(seconds=1))
    assert mark(con, metric, dimension="workflow", member="w") is True
    refresh(con, settings(), as_of=over_at)
    assert mark(con, metric, dimension="workflow", member="w") is False


def test_mark_ends_by_time_alone_as_if_all_were_read_anew(con: store.Connection) -> None:
    for number in range(20):
        add_request(con, number, START + timedelta(days=number))
    watched_until(con, AS_OF + timedelta(days=60))
    refresh(con, settings(), OCTOBER)
    later = AS_OF + timedelta(days=10)
    refresh(con, settings(), as_of=later)
    step_by_step = con.execute("select * from metric_values order by all").fetchall()
    con.execute("drop schema marts cascade")
    refresh(con, settings(), OCTOBER, as_of=later)
    assert con.execute("select * from metric_values order by all").fetchall() == step_by_step
    days = con.execute(
        "select period_start from metric_values where metric = 'rework_rate' and grain = 'day' and is_maturing"
        " and dimension = 'all' and lane = 'all' and denominator is not null order by all"
    ).fetchall()
    assert [at for (at,) in days] == [START + timedelta(days=number) for number in range(12, 20)]


def test_source_that_is_behind_leaves_its_figures_maturing(con: store.Connection) -> None:
    add_request(con, 1, START)
    watched_until(con, START + timedelta(days=1))
    refresh(con, settings(), OCTOBER, as_of=AS_OF + timedelta(days=300))
    assert mark(con) is True


def test_figures_that_no_outcome_tells_bear_no_mark(con: store.Connection) -> None:
    add_fallback(con, 1, START)
    refresh(con, settings(), OCTOBER)
    marked = con.execute(
        "select distinct metric from metric_values where is_maturing is not null order by all"
    ).fetchall()
    assert [metric for (metric,) in marked] == [
        "downstream_error_cost_usd", "downstream_error_rate", "override_rate", "review_coverage", "rework_rate",
    ]  # fmt: skip


def test_allowance_is_that_of_the_settings(con: store.Connection) -> None:
    add_request(con, 1, START)
    watched_until(con, AS_OF)
    refresh(con, settings(windows={"late": "10d"}), OCTOBER, as_of=START + timedelta(days=25))
    assert mark(con) is False


def test_unwatched_run_waits_for_its_review_alone(con: store.Connection) -> None:
    """A decision may release it at another time, or not at all; no rework that is told of it counts."""
    add_request(con, 1, START, workflow="unwatched")
    watched = [{"source": "desk", "kinds": KINDS, "from": START, "workflows": ["w"]}]
    refresh(con, settings(coverage=watched), ALL, as_of=START + timedelta(days=21))
    assert mark(con, dimension="workflow", member="unwatched") is True
    refresh(con, settings(coverage=watched), as_of=START + timedelta(days=21) + ENDED)
    assert mark(con, dimension="workflow", member="unwatched") is False


def test_outcome_beyond_the_allowance_restates_a_settled_figure(con: store.Connection) -> None:
    for number in range(10):
        add_request(con, number, START)
    as_of = START + timedelta(days=40)
    watched_until(con, as_of)
    refresh(con, settings(), OCTOBER, as_of=as_of)
    assert mark(con, grain="day", period_start=START) is False
    add_outcome(con, 1, "rework", START + timedelta(days=3), run_id="r1")
    refresh(con, settings(), as_of=as_of)
    told = con.execute(
        """select grain, numerator_change, previous_value, value from restatements
        where metric = 'rework_rate' and dimension = 'all' and lane = 'all' order by all"""
    ).fetchall()
    assert told == [("day", 1, 0, 0.1), ("month", 1, 0, 0.1), ("week", 1, 0, 0.1)]


def test_late_outcome_of_one_workflow_leaves_the_limits_of_another(con: store.Connection) -> None:
    """The correlation inside clusters is pooled over workflows, but never from runs that may still change."""
    for number in range(120):
        at = START + timedelta(days=10 * (number % 2), hours=number % 40)
        add_request(con, number, at, workflow="old" if number % 2 == 0 else "young")
        if number % 7 == 0:
            add_outcome(con, number, "rework", at + timedelta(hours=1), run_id=f"r{number}")
    watched_until(con, AS_OF)
    refresh(con, settings(), OCTOBER, as_of=AS_OF)
    where = {"dimension": "workflow", "member": "old", "grain": "month", "period_start": START}
    before = figure(con, "rework_rate", **where)
    assert before["is_maturing"] is False
    for number in [number for number in range(1, 120, 2) if number % 40 < 20]:
        add_outcome(con, 200 + number, "rework", START + timedelta(days=18), run_id=f"r{number}")
    young = figure(con, "rework_rate", **(where | {"member": "young"}))
    refresh(con, settings(), as_of=AS_OF)
    assert figure(con, "rework_rate", **where) == before
    assert figure(con, "rework_rate", **(where | {"member": "young"}))["numerator"] > young["numerator"]
    assert young["is_maturing"] is True


def test_comparison_of_lanes_matures_with_the_runs_it_compares(con: store.Connection) -> None:
    for number in range(6):
        add_fallback(con, number, START)
        add_request(con, 10 + number, START)
    watched_until(con, AS_OF + timedelta(days=60))
    refresh(con, settings(), OCTOBER, as_of=START + timedelta(days=20))
    asked = "select is_maturing from metric_effects where metric = 'rework_rate' and dimension = 'workflow'"
    assert con.execute(asked).fetchall() == [(True,)]
    refresh(con, settings(), as_of=START + timedelta(days=60))
    assert con.execute(asked).fetchall() == [(False,)]
    assert con.execute("select distinct is_maturing from metric_effects where unit <> 'fraction'").fetchall() == [
        (None,)
    ]
