"""Recovery against the period before: difference of restricted means, log-rank test, and why they are absent."""

from datetime import timedelta
from typing import Any

import pytest
from unit.metrics.facts import AS_OF, START, add_episode, add_request, refresh, settings

from readback import stats, store

OCTOBER = (START, AS_OF + timedelta(days=1))
MONDAY = START + timedelta(days=4)


def add_week(con: store.Connection, week: int, count: int, minutes: float, **given: Any) -> list[float]:
    """Episodes that open in one week, each a minute longer than the one before; their durations in seconds."""
    durations = [60 * (minutes + number) for number in range(count)]
    for number, duration in enumerate(durations):
        opened = MONDAY + timedelta(weeks=week, hours=5 * number % 160)
        add_episode(con, 1000 * week + number, opened, duration, **given)
    return durations


def compared(con: store.Connection, week: int, dimension: str = "all", member: str = "*") -> dict[str, Any]:
    found = con.sql(
        "select * from recovery_comparisons where grain = 'week' and period_start = ? and dimension = ? and member = ?",
        params=[MONDAY + timedelta(weeks=week), dimension, member],
    )
    (row,) = found.fetchall()
    return dict(zip(found.columns, row, strict=True))


def test_a_week_is_held_against_the_week_before(con: store.Connection) -> None:
    before, now = add_week(con, 0, 25, 30), add_week(con, 1, 25, 10)
    refresh(con, settings(), OCTOBER)
    found = compared(con, 1)
    happened = [True] * 25
    test = stats.log_rank(now, happened, before, happened)
    assert (found["difference_s"], found["status"], found["reason"]) == (pytest.approx(-1200), "ok", None)
    assert found["low"] < -1200 < found["high"] < 0
    assert (found["statistic"], found["p_value"]) == (pytest.approx(test.statistic), pytest.approx(test.p_value))
    assert found["previous_start"] == MONDAY
    assert compared(con, 1, "workflow", "w")["p_value"] == found["p_value"]
    assert compared(con, 1, "workflow_class", "k")["difference_s"] == found["difference_s"]


def test_seven_episodes_say_nothing_and_why(con: store.Connection) -> None:
    add_week(con, 0, 25, 30)
    add_week(con, 1, 7, 10)
    refresh(con, settings(), OCTOBER)
    found = compared(con, 1)
    assert (found["difference_s"], found["p_value"], found["status"]) == (None, None, "too_few")
    assert found["reason"] == "7 and 25 episodes; each period needs 8"


def test_ten_recoveries_give_a_difference_without_an_interval(con: store.Connection) -> None:
    add_week(con, 0, 10, 30)
    add_week(con, 1, 10, 10)
    refresh(con, settings(), OCTOBER)
    found = compared(con, 1)
    assert (found["difference_s"], found["low"], found["status"]) == (pytest.approx(-1200), None, "ok")
    assert found["reason"] == "10 and 10 recoveries seen; an interval needs 20 within four hours in each"
    assert found["p_value"] < 0.01


def test_weeks_in_which_nothing_recovered_cannot_be_told_apart(con: store.Connection) -> None:
    add_week(con, 0, 8, 300, state="quiet")
    add_week(con, 1, 8, 300, state="quiet")
    refresh(con, settings(), OCTOBER)
    found = compared(con, 1)
    assert (found["p_value"], found["reason"]) == (None, "no recovery distinguishes the periods")


def test_the_first_week_of_the_logs_has_nothing_before_it(con: store.Connection) -> None:
    add_week(con, 0, 8, 10)
    add_week(con, 1, 8, 10)
    refresh(con, settings(), OCTOBER)
    (first,) = con.execute("select min(period_start) from recovery_comparisons where grain = 'week'").fetchone() or ()
    assert first == MONDAY + timedelta(weeks=1)


def test_weeks_without_an_episode_have_no_data(con: store.Connection) -> None:
    for day in range(4, 20):
        add_request(con, day, START + timedelta(days=day))
    refresh(con, settings(), OCTOBER)
    found = compared(con, 1)
    assert (found["status"], found["reason"]) == ("no_data", "no episode opened in either period")
    assert con.execute("select count(*) from recovery_comparisons where dimension <> 'all'").fetchone() == (0,)
