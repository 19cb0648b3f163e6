"""An absent figure says why: no source, no event, filtered, or links that failed, with counts."""

from datetime import timedelta
from typing import Any

import pytest
from unit.metrics.facts import AS_OF, START, add_fallback, add_outcome, add_request, figure, refresh, settings

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


def test_every_absent_headline_is_explained_and_no_other(con: store.Connection) -> None:
    for number in range(40):
        add = add_fallback if number % 3 == 0 else add_request
        add(con, number, START + timedelta(hours=9 * number))
    refresh(con, settings(), OCTOBER)
    odd = con.execute(
        """select metric, grain, status, absence from metric_values
        where (status <> 'ok' and dimension = 'all' and lane = 'all') is distinct from (explanation is not null)
            or (explanation is null) <> (absence is null)"""
    ).fetchall()
    assert odd == []


@pytest.mark.parametrize("metric", ["downstream_error_rate", "override_rate"])
def test_counts_stand_in_every_explanation(con: store.Connection, metric: str) -> None:
    add_request(con, 1, START)
    refresh(con, settings(), OCTOBER)
    assert any(letter.isdigit() for letter in why(con, metric)[1])
