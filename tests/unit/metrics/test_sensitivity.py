"""What recovery owes to the rule of episodes: each month under one other parameter at a time."""

import random
from datetime import timedelta
from typing import Any

from unit.metrics.facts import AS_OF, START, add_fallback, add_request, insert, refresh, request_row, settings

from readback import continuity, store
from readback.metrics.sensitivity import variants
from readback.settings import EpisodeRule

OCTOBER = (START, AS_OF + timedelta(days=1))


def add_outages(con: store.Connection, minutes_apart: int) -> None:
    """Ten outages on ten days: four fallbacks that far apart, then five good answers within two minutes."""
    for day in range(10):
        at = START + timedelta(days=day, hours=9)
        for step in range(4):
            add_fallback(con, 100 * day + step, at + timedelta(minutes=minutes_apart * step))
        back = at + timedelta(minutes=3 * minutes_apart + 4)
        for step in range(5):
            add_request(con, 100 * day + 50 + step, back + timedelta(seconds=30 * step))


def tried(con: store.Connection) -> dict[tuple[str, float | None], dict[str, Any]]:
    found = con.sql("select * from recovery_sensitivity where month(period_start) = 10")
    rows = [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]
    return {(row["parameter"], row["setting"]): row for row in rows}


def test_declared_rule_gives_the_published_headline(con: store.Connection) -> None:
    add_outages(con, 4)
    chosen = settings()
    continuity.declare_policies(con, [])
    continuity.renew_switches(con, [])
    continuity.build_episodes(con, chosen.episodes, [OCTOBER], AS_OF)
    refresh(con, chosen, OCTOBER)
    found = tried(con)["declared", None]
    ((value, low, high, episodes),) = con.execute(
        """select value, low, high, denominator from metric_values where metric = 'recovery_time_median_s'
        and grain = 'month' and dimension = 'all' and month(period_start) = 10"""
    ).fetchall()
    assert (found["median_s"], found["low"], found["high"], found["episodes"]) == (value, low, high, episodes)
    assert (value, found["median_ratio"], found["rule_version"]) == (960.0, 1.0, EpisodeRule().version)


def test_gap_shorter_than_the_rhythm_of_fallbacks_tears_an_outage_apart(con: store.Connection) -> None:
    add_outages(con, 6)
    continuity.declare_policies(con, [])
    refresh(con, settings(episodes={"open_within": "10m"}), OCTOBER)
    found = tried(con)
    assert (found["declared", None]["episodes"], found["declared", None]["blips"]) == (10, 0)
    assert (found["gap", 300.0]["episodes"], found["gap", 300.0]["blips"]) == (30, 10)
    assert found["gap", 300.0]["recoveries"] == 0


def test_what_is_kept_of_a_day_decides_as_all_its_requests_do(con: store.Connection) -> None:
    chance = random.Random(5)
    at = START + timedelta(hours=20)
    rows = []
    for number in range(1500):
        at += timedelta(seconds=chance.choice((5, 40, 200, 700)))
        workflow = chance.choice(("v", "w", None))
        is_bad = chance.random() < (0.6 if at.hour % 3 == 0 else 0.05)
        served = chance.choice(("substitute", "nobody")) if is_bad else "preferred"
        cause = chance.choice(("provider_outage", "cost_ceiling", None))
        rows.append(request_row(number, at, workflow=workflow, served_by=served, is_fallback=is_bad, first_cause=cause))
    insert(con, "requests", *rows)
    continuity.declare_policies(con, [])
    refresh(con, settings(), OCTOBER)
    con.execute(
        "create temp table restarts as select distinct workflow, preferred_model, $1 as restart_at from requests",
        [START],
    )
    store.temp_table(con, "episode_stream", "continuity/episode_stream")
    for variant in variants(EpisodeRule()):
        store.temp_table(con, "episode_spans", "continuity/episode_spans", variant.rule.parameters)
        ((episodes, recovered),) = con.execute("select count(*), count(recovered_at) from episode_spans").fetchall()
        found = tried(con)[variant.parameter, variant.setting]
        assert (found["episodes"], found["recoveries"]) == (episodes, recovered), variant


def test_month_that_nothing_new_reaches_into_is_not_tried_again(con: store.Connection) -> None:
    add_outages(con, 4)
    continuity.declare_policies(con, [])
    refresh(con, settings(), OCTOBER)
    con.execute("update recovery_sensitivity set episodes = 77 where month(period_start) = 10")
    late = AS_OF + timedelta(days=20)
    add_request(con, 9999, late)
    refresh(con, settings(), (AS_OF + timedelta(days=15), late), as_of=late)
    assert tried(con)["declared", None]["episodes"] == 10
    con.execute("update recovery_sensitivity set episodes = 77 where month(period_start) = 10")
    refresh(con, settings(), (late, late + timedelta(days=1)), as_of=late + timedelta(days=1))
    found = tried(con)["declared", None]
    assert (found["episodes"], found["as_of"]) == (77, late + timedelta(days=1))
