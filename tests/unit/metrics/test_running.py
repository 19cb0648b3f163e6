"""Limits that hold however often one looks stand beside the figures of periods that still run, and nowhere else."""

from datetime import datetime, timedelta

import pytest
from unit.metrics.facts import START, add_fallback, add_request, figure, refresh, settings

from readback import stats, store

ALL = (START, START + timedelta(days=40))
MIDWEEK = START + timedelta(days=7, hours=15)
"""Thursday, 8 October."""


def add_days(con: store.Connection, until: datetime) -> None:
    for number in range(40):
        at = START + timedelta(hours=6 * number)
        if at <= until:
            (add_fallback if number % 4 == 0 else add_request)(con, number, at)


def test_running_week_has_wider_limits_for_every_look(con: store.Connection) -> None:
    add_days(con, MIDWEEK)
    refresh(con, settings(), ALL, as_of=MIDWEEK)
    found = figure(con, "fallback_frequency", grain="week", period_start=datetime.fromisoformat("2026-10-05T00:00Z"))
    n = found["effective_n"]
    expected = stats.confidence_sequence(found["value"] * n, n)
    assert (found["anytime_low"], found["anytime_high"]) == pytest.approx((float(expected.low), float(expected.high)))
    assert found["anytime_low"] <= found["low"] < found["high"] <= found["anytime_high"]


def test_closed_week_has_none(con: store.Connection) -> None:
    add_days(con, MIDWEEK)
    refresh(con, settings(), ALL, as_of=MIDWEEK)
    found = figure(con, "fallback_frequency", grain="week", period_start=datetime.fromisoformat("2026-09-28T00:00Z"))
    assert (found["value"], found["anytime_low"], found["anytime_high"]) == (pytest.approx(0.25), None, None)


def test_logs_that_end_within_an_hour_of_midnight_have_closed_the_day(con: store.Connection) -> None:
    late = START + timedelta(days=3, hours=23, minutes=30)
    add_days(con, late)
    refresh(con, settings(), ALL, as_of=late)
    running = con.execute("select distinct grain from metric_values where anytime_low is not null").fetchall()
    assert {grain for (grain,) in running} == {"all", "month", "quarter"}


def test_withheld_figures_and_those_that_are_no_rates_have_none(con: store.Connection) -> None:
    add_days(con, MIDWEEK)
    refresh(con, settings(), ALL, as_of=MIDWEEK)
    found = con.execute(
        "select distinct metric from metric_values where anytime_low is not null or anytime_high is not null"
    ).fetchall()
    assert {"fallback_frequency"} <= {metric for (metric,) in found}
    assert not {"degraded_minutes", "recovery_time_median_s"} & {metric for (metric,) in found}
    assert con.execute(
        "select count(*) from metric_values where value is null and anytime_low is not null"
    ).fetchone() == (0,)
