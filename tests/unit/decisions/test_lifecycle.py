"""What an alert may do next is one table, and every line of it is walked here."""

from datetime import timedelta
from itertools import product

import pytest
from unit.decisions.samples import AS_OF, alert

from readback.contracts import Alert
from readback.contracts.vocabulary import AlertState, AlertTier, NotificationStage
from readback.decisions.lifecycle import LIVE, TURNS, Look, Quiet, Sight, advance, ended

HOUR = timedelta(hours=1)
QUIET = timedelta(hours=6)
LATER = AS_OF + HOUR


def look(last_at_hours: float | None = 1, **given: object) -> Look:
    seen = alert(as_of=LATER, fired_at=LATER, **given)
    return Look(seen, None if last_at_hours is None else AS_OF + HOUR * last_at_hours, QUIET)


def known(state: AlertState, quiet: Quiet) -> Alert:
    """An alert in a state, in its quiet time or after it."""
    if state in LIVE:
        return alert(state=state)
    ends = LATER + HOUR if quiet is Quiet.LASTS else LATER
    return alert(state=state, resolved_at=AS_OF - HOUR, quiet_ends_at=ends)


@pytest.mark.parametrize(("state", "sight", "quiet"), TURNS)
def test_every_turn_of_the_table_is_taken(state: AlertState | None, sight: Sight, quiet: Quiet) -> None:
    before = None if state is None else known(state, quiet)
    step = advance(before, look() if sight is Sight.HOLDS else None, LATER, QUIET)
    turn = TURNS[state, sight, quiet]
    assert (step.alert.state, step.stage) == (turn.state, turn.stage)
    assert step.alert.held_count == int(turn.is_held)


def test_the_table_knows_every_state() -> None:
    quiet_states = (AlertState.RESOLVED, AlertState.COOLING)
    needed: set[tuple[AlertState | None, Sight, Quiet]] = {(None, Sight.HOLDS, Quiet.OVER)}
    needed |= {(state, sight, Quiet.OVER) for state, sight in product(AlertState, Sight)}
    needed |= {(state, sight, Quiet.LASTS) for state, sight in product(quiet_states, Sight)}
    assert set(TURNS) == needed


@pytest.mark.parametrize("state", [None, *AlertState])
@pytest.mark.parametrize("seen", [look(), None])
def test_a_second_look_at_one_watermark_changes_nothing(state: AlertState | None, seen: Look | None) -> None:
    before = None if state is None else known(state, Quiet.LASTS)
    if before is None and seen is None:
        return
    once = advance(before, seen, LATER, QUIET)
    assert advance(once.alert, seen, LATER, QUIET) == (once.alert, None)


def test_what_was_seen_later_is_left_alone() -> None:
    before = alert(as_of=LATER + HOUR)
    assert advance(before, None, LATER, QUIET) == (before, None)


def test_a_resolution_begins_the_quiet_time() -> None:
    step = advance(alert(held_count=3), None, LATER, QUIET)
    assert (step.alert.resolved_at, step.alert.quiet_ends_at, step.alert.held_count) == (LATER, LATER + QUIET, 0)


def test_matches_inside_the_quiet_time_are_counted_and_told_at_the_next_occurrence() -> None:
    before = known(AlertState.COOLING, Quiet.LASTS)
    held = advance(before, look(), LATER, QUIET).alert
    again = advance(held, look(), LATER + 2 * HOUR, QUIET)
    assert (held.held_count, again.alert.held_count, again.alert.occurrence) == (1, 1, 2)
    assert again.stage is NotificationStage.OPENED


@pytest.mark.parametrize(("level", "stage"), [(0, None), (1, None), (2, NotificationStage.ESCALATED)])
def test_only_a_higher_level_is_told_again(level: int, stage: NotificationStage | None) -> None:
    step = advance(alert(level=1, tier=AlertTier.PAGE), look(level=level, tier=AlertTier.TICKET), LATER, QUIET)
    assert (step.stage, step.alert.level) == (stage, max(level, 1))
    assert step.alert.tier is (AlertTier.TICKET if stage else AlertTier.PAGE)


def test_a_taken_alert_that_worsens_is_told_and_stays_taken() -> None:
    step = advance(alert(state=AlertState.ACKNOWLEDGED, acknowledged_by="ops"), look(level=1), LATER, QUIET)
    assert (step.stage, step.alert.acknowledged_by) == (NotificationStage.ESCALATED, "ops")


@pytest.mark.parametrize(
    ("last_at", "state"), [(0, AlertState.CLOSED), (None, AlertState.CLOSED), (1, AlertState.OPEN)]
)
def test_what_a_person_settled_needs_an_event_after_that(last_at: float | None, state: AlertState) -> None:
    settled = ended(alert(), AS_OF, timedelta(0), "ops")
    assert advance(settled, look(last_at), LATER, QUIET).alert.state is state


def test_an_alert_that_was_never_there_takes_no_turn() -> None:
    with pytest.raises(KeyError):
        advance(None, None, LATER, QUIET)
