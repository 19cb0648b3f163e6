"""Which answers a class sets aside for low confidence, and what no log can say of it."""

from datetime import UTC, datetime, timedelta

from readback.decisions.asked import Asked
from readback.decisions.doubts import DoubtRule, doubted, is_strict

AT = datetime(2026, 5, 1, tzinfo=UTC)
FAILED = "failed"


def made(rule: DoubtRule, *confidences: float | str | None) -> list[bool | None]:
    """What becomes of answers with these confidences; a word is the cause of a failure."""
    calls = [
        Asked(str(n), AT + timedelta(seconds=n), True, told if isinstance(told, str) else None,
              confidence=told if isinstance(told, float) else None)
        for n, told in enumerate(confidences)
    ]  # fmt: skip
    return [each.is_set_aside for each in doubted(calls, (rule,))]


def test_the_third_doubtful_answer_in_a_row_is_set_aside_and_so_is_the_fourth() -> None:
    assert made(DoubtRule(0.6, 3), 0.5, 0.5, 0.5, 0.5, 0.7, 0.5) == [False, False, True, True, False, False]


def test_the_threshold_itself_is_not_below_it() -> None:
    assert made(DoubtRule(0.6), 0.6, 0.59) == [False, True]


def test_a_confidence_that_is_not_told_leaves_it_open_until_one_is_high() -> None:
    assert made(DoubtRule(0.6, 2), 0.5, None, 0.5, 0.9, 0.5) == [False, None, None, False, False]


def test_a_failure_is_no_answer_and_does_not_end_a_row() -> None:
    assert made(DoubtRule(0.6, 2), 0.5, "provider_outage", 0.5) == [False, True]


def test_without_a_threshold_the_gateway_says_what_it_doubted() -> None:
    assert made(DoubtRule(), 0.1, "low_confidence") == [False, True]


def test_a_higher_threshold_or_a_shorter_row_is_stricter_and_no_rule_is_the_least() -> None:
    assert is_strict((DoubtRule(0.7, 2),), (DoubtRule(0.6, 3),))
    assert not is_strict((DoubtRule(0.7, 3),), (DoubtRule(0.8, 3),))
    assert is_strict((DoubtRule(0.7),), ())
    assert not is_strict((), (DoubtRule(0.1),))
    assert not is_strict((DoubtRule(0.7),), (DoubtRule(),))
