"""A candidate over the logged requests: the policy in force gives history, another one gives what it changes."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from planted_world import built

from readback import store
from readback.decisions.replay import ClassChange, Replay, differences, replay
from readback.errors import PolicyError
from readback.policy.loading import read_policies
from readback.policy.version import Policy
from readback.simulate.planted import SCENARIOS, START, Fleet, fleet

Replayable = tuple[store.Connection, Fleet]


@pytest.fixture(scope="module")
def logged() -> Iterator[Replayable]:
    planted = fleet(SCENARIOS["timeout_too_high"], 3, workflows=2, days=14)
    with built(planted, planted.as_of) as con:
        yield con, planted


def versions(text: str) -> tuple[Policy, ...]:
    return read_policies(text.encode(), Path("policy.yaml"))


def run(logged: Replayable, *edits: tuple[str, str]) -> Replay:
    """The replay of the policy with some of its text replaced."""
    con, planted = logged
    text = planted.policy
    for before, after in edits:
        assert before in text
        text = text.replace(before, after)
    return replay(con, versions(planted.policy), versions(text)[0], planted.as_of)


def changed(logged: Replayable, *edits: tuple[str, str]) -> dict[str, ClassChange]:
    return {change.workflow_class: change for change in run(logged, *edits).changes}


def count(logged: Replayable, condition: str) -> int:
    ((found,),) = logged[0].execute(f"select count(*) from requests where {condition}").fetchall()
    return int(found)


def test_the_policy_in_force_replays_to_history(logged: Replayable) -> None:
    told = run(logged)
    assert told.is_history
    assert told.request_count == count(logged, "true")
    assert told.fallback_count == count(logged, "is_fallback") > 0


def test_nothing_of_the_replay_stays_behind(logged: Replayable) -> None:
    before = logged[0].execute("select * from fallback_events order by all").fetchall()
    run(logged, ("gt: 60s", "gt: 5s"))
    assert logged[0].execute("select * from fallback_events order by all").fetchall() == before


def test_a_lower_limit_saves_what_was_waited_beyond_it(logged: Replayable) -> None:
    slow = "workflow_class = 'class-00' and served_by = 'preferred' and duration_ms > 6000"
    cut = "workflow_class = 'class-00' and first_cause = 'latency_breach'"
    change = changed(logged, ("gt: 60s", "gt: 6s"))["class-00"]
    assert (change.fallbacks_low, change.fallbacks_high) == (count(logged, slow), count(logged, slow))
    ((late,),) = (
        logged[0].execute(f"select sum(duration_ms) / 1000 - 6 * count(*) from requests where {slow}").fetchall()
    )
    assert change.wait_low_s == pytest.approx(-(54.0 * count(logged, cut) + (late or 0.0)), rel=1e-6)


def test_a_higher_limit_is_only_bounded(logged: Replayable) -> None:
    cut = count(logged, "workflow_class = 'class-00' and first_cause = 'latency_breach'")
    change = changed(logged, ("gt: 60s", "gt: 90s"))["class-00"]
    assert (change.fallbacks_low, change.fallbacks_high) == (-cut, 0)
    assert not change.is_exact


def test_without_substitutes_a_stopping_class_holds(logged: Replayable) -> None:
    """Holding is certain, so the replay is exact."""
    entry, closed = (f"large-%d, target_kind: model, activation: {word}" for word in ("automatic", "forbidden"))
    edits = [(entry % n, closed % n) for n in (2, 3)]
    change = changed(logged, *edits, ("boundary: degrade", "boundary: pause"))["class-01"]
    fell_back = count(logged, "workflow_class = 'class-01' and is_fallback")
    assert (change.holds_low, change.holds_high) == (fell_back, fell_back)
    assert change.is_exact


def test_a_trigger_taken_away_changes_verdicts(logged: Replayable) -> None:
    told = run(logged, ("      - {id: outage, type: provider_outage}\n", ""))
    moved = [v for v in told.verdicts if (v.verdict_before, v.verdict_after) == ("in_policy", "out_of_policy")]
    assert sum(v.request_count for v in moved) == count(logged, "first_cause = 'provider_outage'")


def test_every_difference_is_a_request_of_the_log(logged: Replayable) -> None:
    told = run(logged, ("gt: 60s", "gt: 6s"))
    rows = differences(logged[0])
    assert len(rows) == sum(change.requests for change in told.changes)
    assert all(row["fallbacks_low"] <= row["fallbacks_high"] for row in rows)


def test_a_policy_that_is_not_in_force_cannot_be_compared(logged: Replayable) -> None:
    con, planted = logged
    other = versions(planted.policy.replace("policy_id: planted", "policy_id: other"))[0]
    with pytest.raises(PolicyError, match="no version of 'other' is in force"):
        replay(con, versions(planted.policy), other, planted.as_of)


def test_a_version_without_a_whole_day_cannot_be_replayed(logged: Replayable) -> None:
    con, planted = logged
    later = planted.policy.replace(
        "effective_from: 2026-05-01T00:00:00Z", f"effective_from: {planted.as_of:%Y-%m-%d}T01:00:00Z"
    )
    moment = planted.as_of + timedelta(hours=2)
    assert moment > START
    with pytest.raises(PolicyError, match="one whole day"):
        replay(con, versions(later), versions(later)[0], moment)


def test_a_trigger_over_a_window_keeps_off_what_begins_after_it_fired(logged: Replayable) -> None:
    """One outage in a hundred calls of three days is enough to leave; the listed substitute is then asked."""
    plain = "{id: outage, type: provider_outage}"
    over = "{id: outage, type: provider_outage, when: {share_gte: 0.01, window: 3d, min_requests: 10}}"
    change = changed(logged, (plain, over))["class-00"]
    stayed = count(logged, "workflow_class = 'class-00' and served_by = 'preferred'")
    assert 0 < change.fallbacks_low == change.fallbacks_high <= stayed


def test_how_long_a_cut_call_would_have_taken_leaves_a_window_open(logged: Replayable) -> None:
    """Above the time after which calls were cut nobody knows the 95th percentile: between none and all who follow."""
    wide = ("window: 10m, min_requests: 20", "window: 1d, min_requests: 5")
    change = changed(logged, ("gt: 60s", "gt: 61s"), wide)["class-00"]
    assert change.fallbacks_low < change.fallbacks_high
    assert not change.is_exact


def test_a_window_that_the_gateway_did_not_keep_changes_nothing_by_itself(logged: Replayable) -> None:
    """In force it asks to leave where the log shows that the preferred model answered: the log stands."""
    con, planted = logged
    over = "{id: outage, type: provider_outage, when: {share_gte: 0.01, window: 3d, min_requests: 10}}"
    windowed = planted.policy.replace("{id: outage, type: provider_outage}", over)
    stricter = windowed.replace("boundary: degrade", "boundary: pause")
    told = replay(con, versions(windowed), versions(stricter)[0], planted.as_of)
    assert told.changes == ()
