"""Daily marts: what is stale is made anew, nothing else, and the order of arrival does not matter."""

import random
from datetime import timedelta
from typing import Any

import pytest
from unit.metrics.facts import (
    AS_OF,
    START,
    add_episode,
    add_fallback,
    add_outcome,
    add_request,
    figure,
    refresh,
    settings,
)

from readback import store, stretches
from readback.metrics import marts

OCTOBER = (START, AS_OF + timedelta(days=1))
TABLES = (
    "metric_values",
    "metric_effects",
    "recovery_curves",
    "latency_histograms",
    "latency_hours",
    "marts.metric_daily",
    "marts.effect_daily",
)


def day(number: int) -> stretches.Range:
    return START + timedelta(days=number), START + timedelta(days=number + 1)


def everything(con: store.Connection) -> dict[str, list[tuple[Any, ...]]]:
    return {table: con.execute(f"select * from {table} order by all").fetchall() for table in TABLES}


def add_traffic(con: store.Connection, number: int) -> None:
    chance = random.Random(number)
    at = START + timedelta(days=number % 6, minutes=chance.randrange(1400))
    workflow = chance.choice(("v", "w", None))
    if chance.random() < 0.3:
        cause = chance.choice(("provider_outage", "low_confidence"))
        add_fallback(con, number, at, workflow=workflow, cause=cause, first_cause=cause)
    else:
        add_request(con, number, at, workflow=workflow)
    if chance.random() < 0.2:
        add_outcome(con, number, "rework", at + timedelta(hours=3), run_id=f"r{number}")


@pytest.mark.parametrize("zone", ["America/St_Johns"])
def test_any_split_of_the_same_facts_ends_in_the_same_figures(con: store.Connection, zone: str) -> None:
    chosen = settings(project={"name": "x", "timezone": zone})
    for number in range(60):
        add_traffic(con, number)
    add_episode(con, 1, START, 900.0)
    add_outcome(con, 900, "feedback", AS_OF)
    refresh(con, chosen, OCTOBER)
    at_once = everything(con)
    for table in ("requests", "fallback_events", "outcomes", "runs", "run_events", "outcome_links", *TABLES):
        con.execute(f"delete from {table}")
    con.execute("drop schema marts cascade")
    for step in range(6):
        for number in range(step, 60, 6):
            add_traffic(con, number)
        refresh(con, chosen, day(step), as_of=START + timedelta(days=step + 1))
    add_outcome(con, 900, "feedback", AS_OF)
    refresh(con, chosen)
    assert at_once["metric_values"]
    assert at_once["marts.effect_daily"]
    assert everything(con) == at_once


def test_days_of_runs_that_the_aftermath_touched_are_made_anew_once(con: store.Connection) -> None:
    add_request(con, 1, START + timedelta(hours=23))
    refresh(con, settings(), OCTOBER)
    con.execute("insert into touched_days values ($day)", {"day": START.date()})
    zurich = settings(project={"name": "x", "timezone": "Europe/Zurich"})
    marts.stale_days(con, zurich, [])
    assert marts.stale_days(con, zurich, []) == (set(), {(START + timedelta(days=1)).date()})
    refresh(con, settings())
    assert con.execute("select count(*) from touched_days").fetchall() == [(0,)]


def test_runs_that_come_of_age_are_found_without_a_changed_row(con: store.Connection) -> None:
    for number in range(10):
        add_request(con, number, START)
    add_outcome(con, 1, "feedback", AS_OF)
    refresh(con, settings(), OCTOBER, as_of=START + timedelta(days=13))
    assert figure(con, "rework_rate")["denominator"] == 0
    refresh(con, settings(), as_of=START + timedelta(days=15))
    assert figure(con, "rework_rate")["denominator"] == 10


def test_day_that_nothing_touches_is_not_made_again(con: store.Connection) -> None:
    add_request(con, 1, START)
    add_request(con, 2, START + timedelta(days=20))
    add_outcome(con, 1, "feedback", AS_OF)
    refresh(con, settings(), OCTOBER, as_of=START + timedelta(days=21))
    changed = {(START + timedelta(days=20)).date()}
    assert marts.stale_days(con, settings(), [day(20)]) == (changed, changed)
    assert marts.stale_days(con, settings(), []) == (set(), set())


def test_source_whose_reading_stopped_makes_no_day_due_for_ever(con: store.Connection) -> None:
    add_request(con, 1, START)
    add_outcome(con, 1, "feedback", START + timedelta(days=1))
    refresh(con, settings(), OCTOBER)
    assert figure(con, "rework_rate")["maturity"] == 0
    assert marts.stale_days(con, settings(), []) == (set(), set())


def test_other_time_zone_makes_every_day_anew(con: store.Connection) -> None:
    add_request(con, 1, START + timedelta(hours=1))
    refresh(con, settings(), OCTOBER)
    refresh(con, settings(project={"name": "x", "timezone": "America/New_York"}))
    days = con.execute("select distinct day from marts.metric_daily where denominator > 0").fetchall()
    assert days == [((START - timedelta(days=1)).date(),)]


def test_figures_of_a_day_whose_requests_are_gone_go_too(con: store.Connection) -> None:
    add_request(con, 1, START)
    add_request(con, 2, START + timedelta(days=3))
    refresh(con, settings(), OCTOBER)
    con.execute("delete from requests where request_id = 'a:1'")
    refresh(con, settings(), day(0))
    assert figure(con, "unattributed_share")["denominator"] == 1


def test_record_of_a_wrong_year_costs_one_day_and_not_decades(con: store.Connection) -> None:
    add_request(con, 1, START.replace(year=1971))
    add_request(con, 2, START)
    long_ago = START.replace(year=1971)
    refresh(con, settings(), (long_ago, long_ago + timedelta(days=1)), OCTOBER)
    (count,) = con.execute(
        "select count(*) from metric_values where metric = 'unattributed_share' and grain = 'day'"
    ).fetchall()[0]
    assert count <= 4
