"""A replay in sentences: what differs, what is open, and what was not replayed."""

from datetime import UTC, datetime

from readback.decisions.replay import ClassChange, Replay
from readback.decisions.untold import Untold
from readback.faces.replayed import lines

AT = datetime(2026, 5, 1, tzinfo=UTC)
SAME = Replay("p@2", "p@1", AT, AT, 100, 10, 0, 1)


def change(wait_low_s: float, wait_high_s: float) -> ClassChange:
    return ClassChange("letter", 5, -5, 0, 0, 0, 0, 0, wait_low_s, wait_high_s, 0, 0.0, 0)


def told(**given: object) -> str:
    return "\n".join(lines(Replay(**(vars(SAME) | given))))


def test_a_wait_of_less_than_a_second_is_not_rounded_away() -> None:
    assert "model between -0.3 and +0 s" in told(changes=(change(-0.3, 0.0),))
    assert "model between -1,234 and +0 s" in told(changes=(change(-1234.2, 0.0),))


def test_what_calls_do_not_tell_is_said_beside_the_bounds() -> None:
    sentence = "letter: 90 of 100 calls do not tell confidence; what hangs on it lies between none and all"
    assert sentence in told(changes=(change(0.0, 0.0),), untold=(Untold("letter", "confidence", 90, 100),))


def test_nothing_else_differs_where_something_is_not_replayed() -> None:
    assert "Nothing would have differed" in told()
    unread = told(unread=("workflow_classes[0].recovery.mode",))
    assert "Not replayed, for requests do not show it: workflow_classes[0].recovery.mode." in unread
    assert "Nothing else would have differed" in unread
