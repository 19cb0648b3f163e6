"""An absent figure says why: no source, no event, filtered, or links that failed, with counts."""

from datetime import timedelta
from typing import Any

import pytest
from unit.metrics.facts import (
    AS_OF,
    KINDS,
    START,
    add_episode,
    add_fallback,
    add_outcome,
    add_request,
    figure,
    refresh,
    settings,
)

from readback import store

OCTOBER = (START - timedelta(days=1), AS_OF + timedelta(days=1))


def why(con: store.Connection, metric: str, **where: Any) -> tuple[str, str]:
    found = figure(con, metric, **where)
    assert found["value"] is None
    return found["absence"], found["explanation"]


def test_nobody_watches_the_outcome(con: store.Connection) -> None:
    add_request(con, 1, START)
    add_outcome(con, 1, "rework", START + timedelta(hours=1), run_id="elsewhere")
    refresh(con, settings(coverage=[]), OCTOBER)
    told = "None of 1 runs was watched by an outcome source. 1 rework outcomes occurred, 0 tied to a run."
    assert why(con, "rework_rate") == ("no_source", told)


def test_outcomes_that_are_tied_to_no_run_are_a_failed_link(con: store.Connection) -> None:
    add_request(con, 1, AS_OF - timedelta(days=1))
    for number in range(3):
        add_outcome(con, number, "rework", AS_OF - timedelta(hours=1), run_id=f"elsewhere-{number}")
    refresh(con, settings(), OCTOBER)
    absence, told = why(con, "rework_rate", grain="month")
    assert absence == "link_failed"
    assert told.startswith("3 rework outcomes occurred, and none could be tied to a run")


def test_runs_within_their_window_are_too_early(con: store.Connection) -> None:
    for number in range(6):
        add_request(con, number, AS_OF - timedelta(days=1))
    refresh(con, settings(), OCTOBER)
    assert why(con, "rework_rate") == ("too_early", "6 runs can be seen, and none is past its window.")


def test_a_cost_of_errors_waits_for_the_runs_of_their_rate(con: store.Connection) -> None:
    for number in range(6):
        add_request(con, number, AS_OF - timedelta(days=1))
    refresh(con, settings(), OCTOBER)
    told = "6 runs can be seen, and none is past its window."
    assert why(con, "downstream_error_cost_usd", grain="month") == ("too_early", told)


def test_without_an_episode_nothing_recovered(con: store.Connection) -> None:
    for number in range(6):
        add_request(con, number, START)
    add_fallback(con, 6, START)
    refresh(con, settings(), OCTOBER)
    told = "No episode opened: 1 fallbacks of 7 requests."
    assert why(con, "recovery_time_median_s", grain="month") == ("no_event", told)


def test_requests_of_which_the_log_cannot_tell_are_filtered(con: store.Connection) -> None:
    for number in range(6):
        add_request(con, number, START, is_fallback=None, served_by=None)
    refresh(con, settings(), OCTOBER)
    assert why(con, "recovery_time_median_s") == ("filtered", "None of 6 requests can tell whether it fell back.")


def test_three_requests_are_too_few_and_say_how_many_are_needed(con: store.Connection) -> None:
    for number in range(3):
        add_request(con, number, START)
    refresh(con, settings(), OCTOBER)
    assert why(con, "fallback_frequency") == ("too_few", "3 requests where 5 are needed.")


def test_a_period_without_requests_says_that(con: store.Connection) -> None:
    add_request(con, 1, START)
    refresh(con, settings(), OCTOBER)
    newest = AS_OF.replace(hour=0)
    assert why(con, "fallback_frequency", grain="day", period_start=newest) == ("no_traffic", "No request was read.")


def test_every_absent_figure_is_explained_and_no_other(con: store.Connection) -> None:
    for number in range(40):
        add = add_fallback if number % 3 == 0 else add_request
        add(con, number, START + timedelta(hours=9 * number), workflow=f"w{number % 3}")
    refresh(con, settings(), OCTOBER)
    odd = con.execute(
        """select metric, grain, status, absence from metric_values
        where (status <> 'ok') <> (explanation is not null) or (explanation is null) <> (absence is null)"""
    ).fetchall()
    assert odd == []
    silent = con.execute(
        """select distinct metric, explanation from metric_values
        where explanation is not null and not regexp_matches(explanation, '[0-9]')"""
    ).fetchall()
    assert {told for _, told in silent} <= {"No request was read.", "No run that could have one."}


def test_a_member_is_told_by_its_own_counts(con: store.Connection) -> None:
    for number in range(9):
        add_request(con, number, AS_OF - timedelta(days=1), workflow="young")
    for number in range(9, 12):
        add_request(con, number, START, workflow="old")
    add_outcome(con, 900, "feedback", AS_OF)
    refresh(con, settings(), OCTOBER)
    where = {"dimension": "workflow", "grain": "month"}
    assert why(con, "rework_rate", member="young", **where)[1] == "9 runs can be seen, and none is past its window."
    assert why(con, "rework_rate", member="old", **where)[1] == "3 runs where 5 are needed."
    assert why(con, "rework_rate", member="old", lane="preferred", **where)[1] == "3 runs where 5 are needed."
    assert why(con, "fallback_frequency", member="old", **where)[1] == "3 requests where 5 are needed."
    assert why(con, "downstream_error_cost_usd", member="young", **where)[1] == (
        "9 runs can be seen, and none is past its window."
    )


def test_a_member_nobody_watches_says_how_many_of_its_runs(con: store.Connection) -> None:
    for number in range(4):
        add_request(con, number, START, workflow="unwatched")
    add_request(con, 4, START)
    watched = [{"source": "desk", "kinds": KINDS, "from": START - timedelta(days=30), "workflows": ["w"]}]
    refresh(con, settings(coverage=watched), OCTOBER)
    told = "None of 4 runs was watched by an outcome source."
    assert why(con, "rework_rate", dimension="workflow", member="unwatched") == ("no_source", told)


def test_links_that_all_failed_are_told_of_every_member(con: store.Connection) -> None:
    for number in range(6):
        add_request(con, number, AS_OF - timedelta(days=1))
    add_outcome(con, 1, "rework", AS_OF - timedelta(hours=1), run_id="elsewhere")
    refresh(con, settings(), OCTOBER)
    absence, told = why(con, "rework_rate", dimension="workflow", member="w", grain="month")
    assert (absence, told) == (
        "link_failed", "1 rework outcomes occurred, and none could be tied to a run; 6 runs could have one.",
    )  # fmt: skip


def test_few_episodes_of_a_member_are_counted(con: store.Connection) -> None:
    add_fallback(con, 1, START, episode_id="e1")
    add_episode(con, 1, START, 900.0)
    refresh(con, settings(), OCTOBER)
    told = "1 episodes opened where 8 are needed."
    assert why(con, "recovery_time_rmst_s", dimension="workflow", member="w", grain="month") == ("too_few", told)


@pytest.mark.parametrize("metric", ["downstream_error_rate", "override_rate"])
def test_counts_stand_in_every_explanation(con: store.Connection, metric: str) -> None:
    add_request(con, 1, START)
    refresh(con, settings(), OCTOBER)
    assert any(letter.isdigit() for letter in why(con, metric)[1])
