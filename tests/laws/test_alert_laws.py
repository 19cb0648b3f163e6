"""What must hold for any history of alerts: a second look changes nothing, and a history played again is the same."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, NamedTuple

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from unit.decisions.samples import AS_OF, alert, put, put_policy, tables

from readback import store
from readback.contracts import Alert, Episode
from readback.contracts.vocabulary import AlertState, NotificationStage
from readback.decisions import acknowledge, refresh_alerts, resolve, silence
from readback.decisions.alerts import quiet_of, read_alerts, take_turns
from readback.decisions.lifecycle import LIVE, Look, Step
from readback.settings import Settings

HOUR = timedelta(hours=1)
WORKFLOWS = ("a", "b", "c", "d")
SETTINGS = Settings.model_validate({"channels": [{"name": "ops", "url_env": "URL"}]})

Sights = dict[str, int]
"""Workflow → level, of those whose condition holds."""

histories = st.lists(
    st.tuples(st.integers(1, 5), st.dictionaries(st.sampled_from(WORKFLOWS), st.integers(0, 2))), max_size=12
)


def looks(seen: Sights, hours: int) -> list[Look]:
    at = AS_OF + HOUR * hours
    told: list[Alert] = [
        alert(alert_id=name, workflow=name, level=level, as_of=at, fired_at=at) for name, level in seen.items()
    ]
    return [Look(each, at, quiet_of(each)) for each in told]


def walked(history: Sequence[tuple[int, Sights]]) -> list[list[Step]]:
    """The steps of every look, one after the other."""
    known: dict[str, Alert] = {}
    hours, found = 0, []
    for pause, seen in history:
        hours += pause
        steps = take_turns(known, looks(seen, hours), AS_OF + HOUR * hours)
        known = {step.alert.alert_id: step.alert for step in steps}
        found.append(steps)
    return found


@given(histories)
def test_a_second_look_at_the_same_watermark_changes_nothing(history: list[tuple[int, Sights]]) -> None:
    hours = 0
    for (pause, seen), steps in zip(history, walked(history), strict=True):
        hours += pause
        known = {step.alert.alert_id: step.alert for step in steps}
        again = take_turns(known, looks(seen, hours), AS_OF + HOUR * hours)
        assert {step.alert.alert_id: step.alert for step in again} == known
        assert [step.stage for step in again if step.stage] == []


@given(histories)
def test_every_occurrence_is_opened_once_and_resolved_at_most_once(history: list[tuple[int, Sights]]) -> None:
    told = [
        (step.alert.alert_id, step.alert.occurrence, step.stage)
        for steps in walked(history)
        for step in steps
        if step.stage in (NotificationStage.OPENED, NotificationStage.RESOLVED)
    ]
    assert len(set(told)) == len(told)


@given(histories)
def test_a_level_is_told_once_and_never_falls_within_an_occurrence(history: list[tuple[int, Sights]]) -> None:
    levels: dict[tuple[str, int], int] = {}
    for steps in walked(history):
        for step in steps:
            key = (step.alert.alert_id, step.alert.occurrence)
            if step.stage is NotificationStage.ESCALATED:
                assert step.alert.level > levels[key]
            assert step.alert.level >= levels.get(key, 0)
            levels[key] = step.alert.level


@given(histories)
def test_an_alert_lives_exactly_while_it_holds_outside_its_quiet_time(history: list[tuple[int, Sights]]) -> None:
    for (_, seen), steps in zip(history, walked(history), strict=True):
        for step in steps:
            if step.alert.rule == "budget_burn":
                is_cooling = step.alert.state is AlertState.COOLING
                assert (step.alert.state in LIVE) == (step.alert.alert_id in seen and not is_cooling)


class Turn(NamedTuple):
    """What happens before one look: episodes open or recover, and a person does something."""

    pause: int
    opened: frozenset[str]
    deed: str


turns = st.lists(
    st.builds(
        Turn,
        st.integers(1, 30),
        st.frozensets(st.sampled_from(WORKFLOWS)),
        st.sampled_from(["", "", "ack", "resolve", "silence"]),
    ),
    min_size=1,
    max_size=6,
)


def played(history: Sequence[Turn], looks_each: int) -> list[list[tuple[Any, ...]]]:
    """Everything that is stored after a history, each watermark looked at so many times."""
    con = tables()
    put_policy(con)
    at = AS_OF
    for turn in history:
        at += HOUR * turn.pause
        happen(con, turn, at)
        for _ in range(looks_each):
            refresh_alerts(con, at, SETTINGS)
        do(con, turn.deed, at)
    stored = [con.execute(f"select * from {table} order by all").fetchall() for table in ("alerts", "notifications")]
    con.close()
    return stored


def happen(con: store.Connection, turn: Turn, at: Any) -> None:
    con.execute("delete from episodes")
    for name in WORKFLOWS:
        state = "open" if name in turn.opened else "recovered"
        put(con, Episode, episode_id=name, workflow=name, state=state, last_seen_at=at)


def do(con: store.Connection, deed: str, at: Any) -> None:
    live = [each for each in read_alerts(con) if each.state in LIVE]
    if deed == "silence":
        silence(con, "*", "a", "ops", "noise", at, at + 5 * HOUR)
    elif deed == "ack" and live:
        acknowledge(con, live[0].alert_id, "ops", SETTINGS)
    elif deed == "resolve" and live:
        resolve(con, live[0].alert_id, at, "ops", SETTINGS)


@settings(max_examples=6, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(turns)
def test_a_history_that_is_played_again_gives_the_same_rows(history: list[Turn]) -> None:
    assert played(history, 1) == played(history, 1) == played(history, 2)
