"""The life of an alert over several watermarks."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from unit.decisions.samples import AS_OF, DAY, put, put_policy, tables

from readback import store
from readback.contracts import Episode, FallbackEvent, MetricEffect
from readback.contracts.vocabulary import AlertState
from readback.decisions.alerts import UnknownAlert, acknowledge, read_alerts, refresh_alerts, resolve

LATER = AS_OF + timedelta(hours=1)


@pytest.fixture
def con() -> Iterator[store.Connection]:
    con = tables()
    put_policy(con)
    put(con, Episode)
    yield con
    con.close()


def recover(con: store.Connection) -> None:
    con.execute("update episodes set state = 'recovered'")


def test_an_alert_is_news_once(con: store.Connection) -> None:
    (fired,) = refresh_alerts(con, AS_OF)
    assert (fired.rule, fired.state, fired.fired_at) == ("recovery_objective", AlertState.OPEN, AS_OF)
    assert refresh_alerts(con, AS_OF) == []
    assert refresh_alerts(con, LATER) == []
    (kept,) = read_alerts(con)
    assert (kept.alert_id, kept.fired_at, kept.as_of) == (fired.alert_id, AS_OF, LATER)


def test_an_alert_resolves_when_its_rule_no_longer_holds(con: store.Connection) -> None:
    refresh_alerts(con, AS_OF)
    recover(con)
    assert refresh_alerts(con, LATER) == []
    (settled,) = read_alerts(con)
    assert (settled.state, settled.fired_at, settled.resolved_at) == (AlertState.RESOLVED, AS_OF, LATER)
    refresh_alerts(con, LATER + timedelta(hours=1))
    (over,) = read_alerts(con)
    assert (over.state, over.resolved_at) == (AlertState.CLOSED, LATER)
    refresh_alerts(con, LATER + timedelta(hours=2))
    assert read_alerts(con) == [over]


def test_an_alert_that_resolved_by_itself_fires_again(con: store.Connection) -> None:
    (first,) = refresh_alerts(con, AS_OF)
    recover(con)
    refresh_alerts(con, LATER)
    con.execute("update episodes set state = 'open'")
    (again,) = refresh_alerts(con, LATER + timedelta(hours=1))
    assert (again.alert_id, again.occurrence, again.resolved_at) == (first.alert_id, 2, None)
    assert again.fired_at == LATER + timedelta(hours=1)


def test_who_took_it_survives(con: store.Connection) -> None:
    (fired,) = refresh_alerts(con, AS_OF)
    acknowledge(con, fired.alert_id, "claims-oncall")
    assert refresh_alerts(con, LATER) == []
    (taken,) = read_alerts(con)
    assert (taken.state, taken.acknowledged_by, taken.as_of) == (AlertState.ACKNOWLEDGED, "claims-oncall", LATER)
    recover(con)
    refresh_alerts(con, LATER)
    (settled,) = read_alerts(con)
    assert (settled.state, settled.acknowledged_by) == (AlertState.RESOLVED, "claims-oncall")


def test_what_a_person_resolved_stays_so_until_something_new_happens(con: store.Connection) -> None:
    (fired,) = refresh_alerts(con, AS_OF)
    resolve(con, fired.alert_id, AS_OF)
    assert refresh_alerts(con, LATER) == []
    assert read_alerts(con)[0].state is AlertState.CLOSED
    con.execute("update episodes set last_seen_at = $at", {"at": LATER})
    (again,) = refresh_alerts(con, LATER)
    assert again.alert_id == fired.alert_id


def test_a_comparison_that_a_person_resolved_stays_resolved(con: store.Connection) -> None:
    recover(con)
    put(con, MetricEffect)
    (fired,) = refresh_alerts(con, AS_OF)
    resolve(con, fired.alert_id, AS_OF)
    assert refresh_alerts(con, LATER) == []


def test_an_older_watermark_leaves_newer_alerts_alone(con: store.Connection) -> None:
    refresh_alerts(con, LATER)
    before = read_alerts(con)
    recover(con)
    assert refresh_alerts(con, AS_OF) == []
    assert read_alerts(con) == before


def test_only_an_open_alert_can_be_taken(con: store.Connection) -> None:
    with pytest.raises(UnknownAlert, match="no alert has the id 'nope'"):
        acknowledge(con, "nope", "me")
    (fired,) = refresh_alerts(con, AS_OF)
    resolve(con, fired.alert_id, AS_OF)
    with pytest.raises(UnknownAlert, match="is resolved"):
        acknowledge(con, fired.alert_id, "me")


@pytest.mark.parametrize("state", ["recovered", "quiet", "disabled", "held"])
def test_only_open_episodes_breach_the_objective(con: store.Connection, state: str) -> None:
    con.execute("update episodes set state = $state", {"state": state})
    assert refresh_alerts(con, AS_OF) == []


def test_a_class_without_an_objective_cannot_breach_it(con: store.Connection) -> None:
    con.execute("update policy_classes set rto_s = null")
    assert refresh_alerts(con, AS_OF) == []


def silent(con: store.Connection, *hours: float) -> None:
    for number in hours:
        event = {"fallback_id": f"f{number}", "request_id": f"litellm:{number}"}
        put(con, FallbackEvent, occurred_at=DAY - timedelta(days=1) + timedelta(hours=number), **event)


def test_silent_downgrades_are_one_alert_per_workflow(con: store.Connection) -> None:
    recover(con)
    silent(con, 0, 5, 23, 24, -24 * 8)
    put(con, FallbackEvent, fallback_id="told", is_silent=False)
    put(con, FallbackEvent, fallback_id="other", workflow="refund")
    fired = refresh_alerts(con, AS_OF)
    assert [alert.title.split(" since ")[0] for alert in fired] == [
        "4 silent downgrades of payment",
        "1 silent downgrade of refund",
    ]
    assert "First: litellm:0. Latest: litellm:24." in fired[0].detail
    assert "An earlier streak: 1 from" in fired[0].detail


def test_more_silent_downgrades_update_the_alert_and_are_no_news(con: store.Connection) -> None:
    recover(con)
    silent(con, 0)
    (fired,) = refresh_alerts(con, AS_OF)
    acknowledge(con, fired.alert_id, "claims-oncall")
    silent(con, 25)
    assert refresh_alerts(con, LATER) == []
    (kept,) = read_alerts(con)
    assert (kept.alert_id, kept.fired_at, kept.acknowledged_by) == (fired.alert_id, AS_OF, "claims-oncall")
    assert kept.title.startswith("2 silent downgrades")
    assert "Latest: litellm:25." in kept.detail
    assert kept.evidence != fired.evidence


def test_silent_downgrades_beyond_the_window_are_past(con: store.Connection) -> None:
    recover(con)
    put(con, FallbackEvent, occurred_at=AS_OF - timedelta(days=40))
    assert refresh_alerts(con, AS_OF) == []


def test_nothing_at_all_fires_nothing() -> None:
    assert refresh_alerts(tables(), AS_OF) == []
