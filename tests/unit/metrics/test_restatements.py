"""Late data changes published figures, and every change is kept."""

from datetime import UTC, datetime, timedelta
from typing import Any

from unit.metrics.facts import AS_OF, START, add_fallback, add_outcome, add_request, figure, refresh, settings

from readback import store

EARLIER = AS_OF - timedelta(days=5)
OCTOBER = (START, AS_OF + timedelta(days=1))


def changes(con: store.Connection, metric: str, **where: Any) -> list[tuple[Any, ...]]:
    told = " and ".join(f"{name} = ${name}" for name in where)
    sql = f"""select numerator_change, denominator_change, previous_value, value from restatements
        where metric = $metric and dimension = 'all' and lane = 'all' and {told} order by period_start"""
    return con.execute(sql, {"metric": metric} | where).fetchall()


def test_late_rework_restates_the_day_of_the_run(con: store.Connection) -> None:
    for number in range(10):
        add_request(con, number, START)
    add_outcome(con, 0, "feedback", EARLIER)
    refresh(con, settings(), OCTOBER, as_of=EARLIER)
    assert figure(con, "rework_rate", grain="day", period_start=START)["value"] == 0
    add_outcome(con, 1, "rework", START + timedelta(days=3), run_id="r1")
    refresh(con, settings(), (START, START + timedelta(days=1)))
    assert figure(con, "rework_rate", grain="day", period_start=START)["value"] == 0.1
    assert changes(con, "rework_rate", grain="day") == [(1, 0, 0, 0.1)]
    assert changes(con, "rework_rate", grain="month") == []


def test_first_figures_restate_nothing(con: store.Connection) -> None:
    add_request(con, 1, START)
    refresh(con, settings(), OCTOBER)
    assert con.execute("select count(*) from restatements").fetchall() == [(0,)]


def test_same_facts_again_restate_nothing(con: store.Connection) -> None:
    for number in range(20):
        add_fallback(con, number, START + timedelta(hours=number), added_cost_usd=0.1 * number)
    for _ in range(3):
        refresh(con, settings(), OCTOBER)
    assert con.execute("select count(*) from restatements").fetchall() == [(0,)]


def test_period_that_had_not_ended_is_not_restated(con: store.Connection) -> None:
    add_request(con, 1, START)
    refresh(con, settings(), OCTOBER, as_of=EARLIER)
    add_request(con, 2, EARLIER - timedelta(hours=1))
    refresh(con, settings(), OCTOBER)
    days = con.execute("select distinct period_start from restatements where grain = 'day'").fetchall()
    assert days == [(datetime(2026, 10, 25, tzinfo=UTC),)]
    assert con.execute("select count(*) from restatements where grain in ('month', 'all')").fetchall() == [(0,)]


def test_published_plus_all_changes_is_what_is_published_now(con: store.Connection) -> None:
    for number in range(6):
        add_request(con, number, START + timedelta(days=number))
    refresh(con, settings(), OCTOBER, as_of=EARLIER)
    key = "metric, grain, period_start, dimension, member, lane"
    con.execute(f"create table published as select {key}, numerator, denominator from metric_values")
    for number in range(6, 12):
        add_fallback(con, number, START + timedelta(days=number % 6), workflow="late")
        refresh(con, settings(), OCTOBER, as_of=EARLIER + timedelta(hours=number // 2))
    unexplained = con.execute(
        f"""with changed as (
            select {key}, sum(numerator_change) as x, sum(denominator_change) as n from restatements group by {key})
        select {key} from published full join metric_values as now using ({key}) left join changed using ({key})
        where period_start < $ended and grain = 'day' and (
            abs(coalesce(published.numerator, 0) + coalesce(x, 0) - coalesce(now.numerator, 0)) > 1e-9
            or abs(coalesce(published.denominator, 0) + coalesce(n, 0) - coalesce(now.denominator, 0)) > 1e-9)""",
        {"ended": EARLIER - timedelta(days=1)},
    ).fetchall()
    assert unexplained == []
    assert con.execute("select count(*) from restatements where member = 'late'").fetchall()[0][0] > 0


def test_two_runs_at_one_watermark_make_one_row(con: store.Connection) -> None:
    add_request(con, 1, START)
    refresh(con, settings(), OCTOBER)
    for number in (2, 3):
        add_request(con, number, START)
        refresh(con, settings(), OCTOBER)
    assert changes(con, "unattributed_share", grain="day") == [(0, 2, None, None)]
