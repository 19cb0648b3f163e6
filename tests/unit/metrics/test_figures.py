"""From facts to figures: values, intervals, statuses."""

from datetime import UTC, datetime, timedelta

import pytest
from unit.metrics.facts import (
    ALL,
    AS_OF,
    KINDS,
    START,
    add_attempt,
    add_episode,
    add_fallback,
    add_outcome,
    add_request,
    figure,
    refresh,
    settings,
)

from readback import stats, store
from readback.metrics.definitions import definitions


def test_worked_example_of_the_outcomes_specification(con: store.Connection) -> None:
    """reference/outcomes-and-policy.md §3.7: 2/8, coverage 10/11, maturity 8/10; not 3/9 and not 3/10."""
    for number in range(8):
        add_fallback(con, number, START)
    for number in (8, 9):
        add_fallback(con, number, START + timedelta(days=25))
    add_fallback(con, 10, START, served_by="hold", served_model=None)
    add_fallback(con, 11, START - timedelta(days=40))
    for outcome, run, day in ((1, 0, 3), (2, 1, 13), (3, 8, 26)):
        add_outcome(con, outcome, "rework", START + timedelta(days=day), run_id=f"r{run}")
    add_outcome(con, 4, "feedback", AS_OF)
    refresh(con, settings(), ALL)
    for lane in ("all", "fallback"):
        found = figure(con, "rework_rate", lane=lane)
        assert (found["numerator"], found["denominator"], found["value"]) == (2, 8, 0.25)
        assert found["coverage"] == pytest.approx(10 / 11)
        assert found["maturity"] == pytest.approx(8 / 10)
        assert found["status"] == "ok"


def test_low_coverage_gives_bounds_instead_of_a_value(con: store.Connection) -> None:
    """Of ten old runs five were watched, two of them reworked: between 2/10 and 7/10."""
    for number in range(10):
        add_request(con, number, START, workflow="w" if number < 5 else "unwatched")
    for number in (0, 1):
        add_outcome(con, number, "rework", START + timedelta(days=1), run_id=f"r{number}")
    add_outcome(con, 4, "feedback", AS_OF)
    watched = [{"source": "desk", "kinds": KINDS, "from": START, "workflows": ["w"]}]
    refresh(con, settings(coverage=watched), ALL)
    found = figure(con, "rework_rate")
    assert (found["status"], found["value"]) == ("low_coverage", None)
    assert (found["low"], found["high"]) == (pytest.approx(0.2), pytest.approx(0.7))
    unwatched = figure(con, "rework_rate", dimension="workflow", member="unwatched")
    assert (unwatched["status"], unwatched["value"]) == ("not_reported", None)


def test_worked_bounds_leave_out_the_unseen_runs_that_are_too_young(con: store.Connection) -> None:
    """reference/outcomes-and-policy.md §3.7: 2/9 to 3/9 where the uncovered run is old enough; another is not."""
    for number in range(8):
        add_request(con, number, START)
    add_request(con, 8, START, workflow="unwatched")
    add_request(con, 9, START + timedelta(days=25), workflow="unwatched")
    add_request(con, 10, START + timedelta(days=25))
    for number in (0, 1):
        add_outcome(con, number, "rework", START + timedelta(days=1), run_id=f"r{number}")
    add_outcome(con, 4, "feedback", AS_OF)
    watched = [{"source": "desk", "kinds": KINDS, "from": START, "workflows": ["w"]}]
    strict = settings(coverage=watched, metrics={"minimum_n": 5, "minimum_coverage": 0.95})
    refresh(con, strict, ALL)
    young = figure(con, "rework_rate", grain="day", period_start=START + timedelta(days=25))
    assert (young["low"], young["high"]) == (None, None)
    found = figure(con, "rework_rate")
    assert (found["status"], found["coverage"]) == ("low_coverage", pytest.approx(9 / 11))
    assert (found["low"], found["high"]) == (pytest.approx(2 / 9), pytest.approx(3 / 9))
    refresh(con, strict, as_of=AS_OF + timedelta(days=20))
    later = figure(con, "rework_rate")
    assert (later["low"], later["high"]) == (pytest.approx(2 / 10), pytest.approx(4 / 10))


def test_too_few_keeps_the_counts_and_hides_the_value(con: store.Connection) -> None:
    for number in range(4):
        add_request(con, number, START)
    refresh(con, settings(), ALL)
    found = figure(con, "fallback_frequency")
    assert (found["status"], found["value"], found["low"], found["high"]) == ("too_few", None, None, None)
    assert (found["numerator"], found["denominator"]) == (0, 4)


def test_no_rows_give_no_data_for_every_metric(con: store.Connection) -> None:
    refresh(con, settings(), ALL)
    found = con.execute(
        "select metric, status, value from metric_values where grain = 'all' order by metric"
    ).fetchall()
    assert found == [(name, "no_data", None) for name in sorted(definitions())]


def test_what_no_loaded_source_can_say_is_not_reported(con: store.Connection) -> None:
    con.execute("create schema ledger")
    con.execute("create table ledger.parts (source varchar)")
    con.execute("insert into ledger.parts values ('mute')")
    for number in range(30):
        add_request(con, number, START, source="mute")
    refresh(con, settings(coverage=[]), ALL)
    found = con.execute(
        "select distinct metric, status, value, numerator from metric_values order by metric"
    ).fetchall()
    silent = {
        metric
        for metric, status, value, numerator in found
        if (status, value, numerator) == ("not_reported", None, None)
    }
    assert silent == set(definitions()) - {"policy_conformance_rate"}


def test_outcomes_that_nobody_watches_are_not_reported(con: store.Connection) -> None:
    add_request(con, 1, START)
    refresh(con, settings(coverage=[]), ALL)
    for metric in (
        "rework_rate",
        "override_rate",
        "review_coverage",
        "downstream_error_rate",
        "downstream_error_cost_usd",
    ):
        assert figure(con, metric)["status"] == "not_reported"


def test_log_that_cannot_tell_lowers_coverage_and_never_the_rate(con: store.Connection) -> None:
    for number in range(20):
        add_fallback(con, number, START) if number < 10 else add_request(con, number, START)
    for number in range(20, 24):
        add_request(con, number, START, is_fallback=None, served_by=None)
    refresh(con, settings(), ALL)
    found = figure(con, "fallback_frequency")
    assert (found["numerator"], found["denominator"]) == (10, 20)
    assert found["coverage"] == pytest.approx(20 / 24)


def test_causes_share_the_requests_of_all_causes(con: store.Connection) -> None:
    for number in range(10):
        add_request(con, number, START)
    for number, cause in enumerate(("provider_outage", "provider_outage", "cost_ceiling"), start=10):
        add_fallback(con, number, START, cause=cause)
    refresh(con, settings(), ALL)
    found = con.execute(
        """select member, numerator, denominator from metric_values
        where metric = 'fallback_frequency' and dimension = 'cause' and grain = 'all' order by member"""
    ).fetchall()
    assert found == [("cost_ceiling", 1, 13), ("provider_outage", 2, 13)]


def test_sampled_log_is_weighted_and_its_interval_rests_on_what_was_read(con: store.Connection) -> None:
    for number in range(40):
        place = START + timedelta(hours=number)
        add_fallback(con, number, place, weight=10.0) if number < 8 else add_request(con, number, place, weight=10.0)
    refresh(con, settings(), ALL)
    found = figure(con, "fallback_frequency")
    assert (found["numerator"], found["denominator"]) == (80, 400)
    assert found["effective_n"] == pytest.approx(40)
    assert (found["low"], found["high"]) == (
        pytest.approx(float(stats.wilson(8, 40).low)),
        pytest.approx(float(stats.wilson(8, 40).high)),
    )


def test_requests_of_one_hour_are_not_independent(con: store.Connection) -> None:
    for number in range(200):
        add_fallback(con, number, START) if number < 60 else add_request(con, number, START + timedelta(hours=number))
    refresh(con, settings(), ALL)
    found = figure(con, "fallback_frequency")
    naive = stats.wilson(60, 200)
    assert found["effective_n"] < 60
    assert found["high"] - found["low"] > 2 * float(naive.high - naive.low)


def test_holding_in_policy_is_continuity_and_an_unjudged_fallback_is_not(con: store.Connection) -> None:
    for number in range(7):
        add_request(con, number, START)
    add_fallback(con, 7, START, served_by="hold", served_model=None)
    add_fallback(con, 8, START, verdict="indeterminate")
    add_request(con, 9, START, served_by="nobody", served_model=None)
    refresh(con, settings(), ALL)
    found = figure(con, "continuity_rate")
    assert (found["numerator"], found["denominator"]) == (8, 10)
    judged = figure(con, "policy_conformance_rate")
    assert (judged["numerator"], judged["denominator"], judged["coverage"]) == (1, 1, 0.5)


def test_month_without_a_silent_downgrade_is_a_zero_with_its_exact_limit(con: store.Connection) -> None:
    add_request(con, 1, START)
    refresh(con, settings(), ALL)
    found = figure(con, "silent_downgrades", grain="month")
    assert (found["value"], found["low"], found["status"]) == (0, 0, "ok")
    assert found["high"] == pytest.approx(3.6889, abs=1e-4)


def test_unrecovered_episodes_are_censored_and_a_median_may_not_be_reached(con: store.Connection) -> None:
    for number in range(10):
        state = "recovered" if number < 4 else "open"
        add_episode(con, number, START + timedelta(days=number), 600.0 * (number + 1), state=state)
    refresh(con, settings(), ALL)
    found = figure(con, "recovery_time_median_s")
    assert (found["value"], found["status"], found["numerator"], found["denominator"]) == (None, "ok", 4, 10)
    # After the first of ten recoveries the log(-log) limit is 0.9 ** exp(1.96) = 0.47: already below one half.
    assert found["low"] == 600
    assert figure(con, "recovered_within_15m")["value"] == pytest.approx(0.1)
    curve = con.execute(
        "select sum(events), sum(censored), max(at_risk) from recovery_curves where member = '*'"
    ).fetchall()
    assert curve == [(4, 6, 10)]


def test_held_and_disabled_episodes_compete_with_recovery(con: store.Connection) -> None:
    """Two of ten are held early: taken for censored they would let the rest stand in for them."""
    for number in range(10):
        state = "held" if number == 0 else "disabled" if number == 1 else "recovered"
        add_episode(con, number, START + timedelta(days=number), 600.0 if number < 2 else 1200.0, state=state)
    refresh(con, settings(), ALL)
    assert figure(con, "recovered_within_240m")["value"] == pytest.approx(0.8)
    last = con.execute(
        "select recovered, held, disabled from recovery_curves where member = '*' order by time_s desc limit 1"
    ).fetchall()
    assert last == [(pytest.approx(0.8), pytest.approx(0.1), pytest.approx(0.1))]


def test_oldest_open_episode_and_the_biased_mean_stand_under_their_names(con: store.Connection) -> None:
    for number in range(9):
        state = "open" if number > 6 else "recovered"
        add_episode(con, number, START + timedelta(days=number), 600.0 * (number + 1), state=state)
    refresh(con, settings(), ALL)
    oldest, mean = figure(con, "oldest_open_episode_s"), figure(con, "mean_closed_minutes_biased")
    assert (oldest["value"], oldest["low"], oldest["status"]) == (5400, None, "ok")
    assert (mean["value"], mean["low"], mean["numerator"]) == (40, None, 7)


def test_no_open_episode_has_no_age(con: store.Connection) -> None:
    add_episode(con, 1, START, 600.0)
    refresh(con, settings(), ALL)
    found = figure(con, "oldest_open_episode_s")
    assert (found["value"], found["status"]) == (None, "no_data")


def test_seven_episodes_are_too_few(con: store.Connection) -> None:
    for number in range(7):
        add_episode(con, number, START + timedelta(days=number), 600.0)
    refresh(con, settings(), ALL)
    found = figure(con, "recovery_time_median_s")
    assert (found["status"], found["value"], found["denominator"]) == ("too_few", None, 7)


def test_degraded_minutes_are_cut_at_midnight_and_open_ones_run_to_the_watermark(con: store.Connection) -> None:
    add_request(con, 1, START)
    add_episode(con, 1, datetime(2026, 10, 1, 23, 30, tzinfo=UTC), 3600.0)
    add_episode(con, 2, AS_OF - timedelta(minutes=20), 1200.0, state="open")
    refresh(con, settings(), ALL)
    days = con.execute(
        """select period_start, value from metric_values
        where metric = 'degraded_minutes' and grain = 'day' and dimension = 'all' and value > 0 order by period_start"""
    ).fetchall()
    assert [(start.day, value) for start, value in days] == [(1, 30), (2, 30), (30, 20)]
    assert figure(con, "degraded_minutes")["value"] == 80
    assert figure(con, "open_episodes")["value"] == 1
    assert figure(con, "open_episodes", grain="day", period_start=datetime(2026, 10, 1, tzinfo=UTC))["value"] == 1
    assert figure(con, "open_episodes", grain="day", period_start=datetime(2026, 10, 2, tzinfo=UTC))["value"] == 0


def test_weeks_start_where_the_project_says_in_its_own_time_zone(con: store.Connection) -> None:
    """Sunday 4 October 23:30 UTC is Monday in Zurich."""
    add_request(con, 1, datetime(2026, 10, 4, 23, 30, tzinfo=UTC))
    add_request(con, 2, datetime(2026, 10, 4, 21, 30, tzinfo=UTC))
    sql = """select period_start, denominator from metric_values
        where metric = 'unattributed_share' and grain = 'week' and dimension = 'all' order by period_start"""
    zurich = {"name": "x", "timezone": "Europe/Zurich"}
    refresh(con, settings(project=zurich), ALL)
    told = [row for row in con.execute(sql).fetchall() if row[1]]
    assert told == [(datetime(2026, 9, 27, 22, tzinfo=UTC), 1), (datetime(2026, 10, 4, 22, tzinfo=UTC), 1)]
    refresh(con, settings(project=zurich | {"week_starts": "sunday"}), ALL)
    told = [row for row in con.execute(sql).fetchall() if row[1]]
    assert told == [(datetime(2026, 10, 3, 22, tzinfo=UTC), 2)]


def test_added_latency_is_within_one_percent_and_added_cost_tells_its_coverage(con: store.Connection) -> None:
    for number in range(100):
        cost = 0.25 if number < 80 else None
        add_fallback(con, number, START, added_latency_ms=10.0 * (number + 1), added_cost_usd=cost)
    refresh(con, settings(), ALL)
    assert figure(con, "added_latency_p95_ms")["value"] == pytest.approx(950, rel=0.01)
    added = figure(con, "added_cost_usd")
    assert (added["value"], added["coverage"]) == (pytest.approx(20.0), pytest.approx(0.8))
    counted = con.execute(
        "select measure, sum(requests)::bigint from latency_histograms group by 1 order by 1"
    ).fetchall()
    assert counted == [("added_latency_ms", 100), ("duration_ms", 100)]


def add_calls(con: store.Connection, answered: int, cut: int, cut_ms: float = 30_000.0) -> None:
    """Calls that took 1 to 2 seconds, and some that timed out."""
    for number in range(answered + cut):
        add_request(con, number, START)
        is_cut = number >= answered
        told = {"status": "error", "cause": "latency_breach", "duration_ms": cut_ms} if is_cut else {}
        add_attempt(con, number, START, **({"duration_ms": 1_000.0 + 10 * number} | told))


def test_a_quantile_among_calls_that_timed_out_says_what_it_exceeds(con: store.Connection) -> None:
    add_calls(con, answered=90, cut=10)
    refresh(con, settings(), ALL)
    found, half = figure(con, "answer_time_p95_ms"), figure(con, "answer_time_median_ms")
    assert (found["value"], found["at_least"], found["high"], found["status"]) == (None, 30_000.0, None, "ok")
    assert found["denominator"] == 100
    assert 1_000 <= found["low"] <= 1_900
    assert (half["value"], half["at_least"]) == (pytest.approx(1_490, rel=0.01), None)


def test_calls_that_timed_out_below_a_quantile_leave_it_as_it_is(con: store.Connection) -> None:
    add_calls(con, answered=97, cut=3)
    refresh(con, settings(), ALL)
    found = figure(con, "answer_time_p95_ms", dimension="model", member="m")
    assert (found["value"], found["at_least"]) == (pytest.approx(1_940, rel=0.01), None)


def test_latencies_by_hour_are_kept_of_the_last_fourteen_days(con: store.Connection) -> None:
    for number in range(20):
        add_request(con, number, AS_OF - timedelta(days=number, hours=1), duration_ms=1_000.0)
    refresh(con, settings(), ALL, as_of=AS_OF - timedelta(hours=1))
    assert con.execute("select count(*), sum(requests) from latency_histograms").fetchall() == [(20, 20)]
    assert con.execute("select count(*), min(period_start) from latency_hours").fetchall() == [
        (14, AS_OF - timedelta(days=13, hours=1))
    ]
    add_request(con, 99, AS_OF + timedelta(hours=1))
    refresh(con, settings(), (AS_OF, AS_OF + timedelta(days=1)), as_of=AS_OF + timedelta(hours=1))
    assert con.execute("select count(*) from latency_hours").fetchall() == [(14,)]


def test_calls_of_a_slow_day_come_together_and_widen_the_interval(con: store.Connection) -> None:
    """Every day is wholly slow or wholly fast: forty days are worth about forty calls, not eight hundred."""
    for number in range(800):
        at = START - timedelta(days=number % 40)
        add_request(con, number, at)
        add_attempt(con, number, at, duration_ms=1_000.0 if number % 40 < 24 else 4_000.0)
    refresh(con, settings(), ALL)
    found = figure(con, "answer_time_median_ms")
    assert found["denominator"] == 800
    assert 30 <= found["effective_n"] <= 60
    assert (found["low"], found["high"]) == (pytest.approx(1_000, rel=0.01), pytest.approx(4_000, rel=0.01))


def test_an_unanswered_fallback_waited_for_longer_than_any(con: store.Connection) -> None:
    for number in range(18):
        add_fallback(con, number, START, added_latency_ms=500.0)
    for number in (18, 19):
        add_fallback(
            con, number, START, served_by="nobody", served_model=None, duration_ms=9_000.0, added_latency_ms=1.0
        )
    refresh(con, settings(), ALL)
    found = figure(con, "added_latency_p95_ms")
    assert (found["value"], found["at_least"], found["denominator"]) == (None, 9_000.0, 20)


def test_error_costs_are_summed_over_mature_runs_and_unknown_ones_lower_coverage(con: store.Connection) -> None:
    long_ago = START - timedelta(days=20)
    for number in range(10):
        add_request(con, number, long_ago)
    given = {"severity": "high", "error_type": "refund"}
    add_outcome(con, 1, "downstream_error", START, run_id="r1", cost_amount=120.0, cost_currency="USD", **given)
    add_outcome(con, 2, "downstream_error", START, run_id="r2", cost_amount=30.5, cost_currency="USD", **given)
    add_outcome(con, 3, "downstream_error", START, run_id="r3", cost_amount=9.0, cost_currency="USD", **given)
    add_outcome(con, 4, "downstream_error", START, run_id="r4", **given)
    add_outcome(con, 5, "feedback", AS_OF)
    refresh(con, settings(), ALL)
    found = figure(con, "downstream_error_cost_usd")
    assert (found["value"], found["coverage"], found["status"]) == (pytest.approx(159.5), 0.75, "ok")
    assert figure(con, "downstream_error_rate")["numerator"] == 4
    assert figure(con, "downstream_error_cost_usd", lane="preferred")["value"] == pytest.approx(159.5)


def test_reviews_decided_over_those_released_or_held(con: store.Connection) -> None:
    for number in range(10):
        add_request(con, number, START)
    for number in range(4):
        decision = "rejected" if number == 0 else "approved"
        add_outcome(con, number, "review_decision", START + timedelta(hours=2), run_id=f"r{number}", decision=decision)
    add_outcome(con, 9, "feedback", AS_OF)
    refresh(con, settings(metrics={"minimum_n": 3}), ALL)
    covered = figure(con, "review_coverage")
    assert (covered["numerator"], covered["denominator"], covered["maturity"]) == (4, 10, 1)
    overridden = figure(con, "override_rate")
    assert (overridden["numerator"], overridden["denominator"]) == (1, 4)


def test_hostile_names_are_members_like_any_other(con: store.Connection) -> None:
    name = "x'); drop table metric_values; --\u202e<script>"
    for number in range(6):
        add_request(con, number, START, workflow=name)
    refresh(con, settings(), ALL)
    assert figure(con, "fallback_frequency", dimension="workflow", member=name)["denominator"] == 6
