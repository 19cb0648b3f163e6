"""Which message goes to which channel, and which is held back and why."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from unit.decisions.samples import AS_OF, alert, tables

from readback import store
from readback.contracts import Alert, Notification
from readback.contracts.vocabulary import AlertState, NotificationStage
from readback.decisions.lifecycle import Step
from readback.decisions.outbox import NOBODY, queue, read_notifications
from readback.decisions.silences import UnknownSilence, lift, read_silences, silence
from readback.settings import Settings

HOUR = timedelta(hours=1)
OPENED = NotificationStage.OPENED


@pytest.fixture
def con() -> Iterator[store.Connection]:
    con = tables()
    yield con
    con.close()


def channels(*told: dict[str, Any]) -> Settings:
    named = [{"name": f"c{number}", "url_env": "URL"} | each for number, each in enumerate(told)]
    return Settings.model_validate({"channels": named})


def queued(
    con: store.Connection, settings: Settings, *alerts: Alert, stage: NotificationStage | None = OPENED, hours: int = 0
) -> list[Notification]:
    return queue(con, [Step(each, stage) for each in alerts], settings, AS_OF + HOUR * hours)


def fate(rows: list[Notification]) -> list[tuple[str, str, str | None]]:
    return sorted((row.channel, row.state.value, row.reason) for row in rows)


@pytest.mark.parametrize(
    ("channel", "given", "is_told"),
    [
        ({}, {}, True),
        ({}, {"tier": "watch"}, False),
        ({"tiers": ["watch"]}, {"tier": "watch"}, True),
        ({"workflows": ["pay*"]}, {}, True),
        ({"workflows": ["claims-*"]}, {}, False),
        ({"workflows": ["claims-*"]}, {"workflow": None}, False),
        ({"workflows": ["*"]}, {"workflow": None}, True),
        ({"workflow_classes": ["pay"]}, {}, True),
        ({"workflow_classes": ["letter"]}, {}, False),
    ],
)
def test_a_channel_is_told_by_tier_workflow_and_class(
    con: store.Connection, channel: dict[str, Any], given: dict[str, Any], is_told: bool
) -> None:
    (row,) = queued(con, channels(channel), alert(**given))
    assert (row.channel, row.state.value) == (("c0", "pending") if is_told else (NOBODY, "held"))


def test_what_nobody_is_told_says_why(con: store.Connection) -> None:
    assert fate(queued(con, Settings(), alert())) == [(NOBODY, "held", "no channel is configured")]
    rows = queued(con, channels({}), alert(alert_id="a2", tier="watch"))
    assert fate(rows) == [(NOBODY, "held", "no channel takes watch alerts of payment")]


def test_queueing_again_adds_nothing(con: store.Connection) -> None:
    assert len(queued(con, channels({}, {}), alert())) == 2
    assert queued(con, channels({}, {}), alert()) == []
    assert len(read_notifications(con)) == 2


def test_each_stage_level_and_occurrence_is_a_message_of_its_own(con: store.Connection) -> None:
    turns: tuple[tuple[dict[str, Any], NotificationStage], ...] = (
        ({}, OPENED),
        ({"level": 1}, NotificationStage.ESCALATED),
        ({"level": 1, "state": "acknowledged"}, NotificationStage.ACKNOWLEDGED),
        ({"level": 1, "state": "resolved"}, NotificationStage.RESOLVED),
        ({"occurrence": 2}, OPENED),
    )
    for given, stage in turns:
        assert len(queued(con, channels({}), alert(**given), stage=stage)) == 1


def test_a_child_is_told_inside_its_parent_where_the_channel_gets_the_parent(con: store.Connection) -> None:
    parent = alert(alert_id="p", rule="shared_cause", workflow=None, workflow_class=None, title="3 workflows")
    children = [alert(alert_id=name, workflow=name, parent_id="p", tier="ticket") for name in ("a", "b", "c")]
    settings = channels({}, {"tiers": ["ticket"]}, {"workflows": ["a"]})
    told = {
        (row.channel, row.alert_id): row.reason or row.state.value for row in queued(con, settings, parent, *children)
    }
    assert told["c0", "p"] == told["c2", "p"] == "pending"
    assert told["c0", "a"] == told["c2", "a"] == "told by alert p"
    assert told["c1", "a"] == "pending", "the parent is a page, which this channel does not take"
    assert ("c1", "p") not in told


def test_a_silence_holds_back_until_it_ends_and_then_tells_what_still_holds(con: store.Connection) -> None:
    silence(con, "*", "pay*", "role:ops", "maintenance", AS_OF, AS_OF + 4 * HOUR)
    settings = channels({})
    held, free = queued(con, settings, alert(), alert(alert_id="a2", workflow="letters"))
    assert free.state.value == "pending"
    assert held.reason == "silenced by role:ops until 2026-10-31 16:00 UTC: maintenance"
    queued(con, settings, alert(), stage=None, hours=3)
    assert "held" in [row.state.value for row in read_notifications(con)]
    queued(con, settings, alert(), stage=None, hours=4)
    assert {row.state.value for row in read_notifications(con)} == {"pending"}


def test_what_ended_during_its_silence_stays_untold(con: store.Connection) -> None:
    silence(con, "*", "*", "role:ops", "maintenance", AS_OF, AS_OF + HOUR)
    queued(con, channels({}), alert())
    queued(con, channels({}), alert(state=AlertState.RESOLVED), stage=None, hours=2)
    assert [row.state.value for row in read_notifications(con)] == ["held"]


def test_a_silence_covers_a_rule_and_can_be_lifted(con: store.Connection) -> None:
    made = silence(con, "budget_*", "*", "role:ops", "noise", AS_OF, AS_OF + HOUR)
    lift(con, made.silence_id, AS_OF)
    assert read_silences(con)[0].expires_at == AS_OF
    (row,) = queued(con, channels({}), alert())
    assert row.state.value == "pending"
    with pytest.raises(UnknownSilence, match="no silence has the id 'nope'"):
        lift(con, "nope", AS_OF)


@pytest.mark.parametrize(
    ("owner", "reason", "hours", "sentence"),
    [
        (" ", "x", 1, "needs an owner"),
        ("x", "", 1, "needs an owner and a reason"),
        ("x", "x", 0, "must end after that"),
    ],
)
def test_a_silence_needs_owner_reason_and_end(
    con: store.Connection, owner: str, reason: str, hours: int, sentence: str
) -> None:
    with pytest.raises(UnknownSilence, match=sentence):
        silence(con, "*", "*", owner, reason, AS_OF, AS_OF + HOUR * hours)


def test_a_message_tells_what_since_when_on_which_data_and_where_to_read_on(con: store.Connection) -> None:
    settings = Settings.model_validate(
        {"channels": [{"name": "ops", "url_env": "URL"}], "alerts": {"dashboard_url": "http://host:8501/"}}
    )
    (row,) = queued(con, settings, alert())
    assert row.title == "[PAGE] payment burns"
    assert row.body.split("\n") == [
        "Much.",
        "Workflow payment (class pay). Since 2026-10-31 12:00 UTC. Data as of 2026-10-31 12:00 UTC.",
        "http://host:8501/alerts?workflow=payment",
        f"Alert a1. Reference {row.notification_id}: what comes twice with one reference is one message.",
    ]


@pytest.mark.parametrize(
    ("given", "stage", "title", "first"),
    [
        ({"level": 1}, "escalated", "[PAGE, worse] payment burns", "Much."),
        ({"acknowledged_by": "ops"}, "acknowledged", "[taken] payment burns", "Taken by ops."),
        ({"resolved_at": AS_OF + HOUR}, "resolved", "[resolved] payment burns", "It no longer holds, after 1.0 h."),
        (
            {"occurrence": 2, "held_count": 3},
            "opened",
            "[PAGE, again] payment burns",
            "Occurrence 2 of this alert, which held 3 more times in its quiet time.",
        ),
    ],
)
def test_each_turn_has_its_words(
    con: store.Connection, given: dict[str, Any], stage: str, title: str, first: str
) -> None:
    (row,) = queued(con, channels({}), alert(**given), stage=NotificationStage(stage))
    assert (row.title, row.body.split("\n")[0]) == (title, first)
