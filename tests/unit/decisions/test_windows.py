"""What a trigger over a window keeps off: a share of a cause, or a percentile, and what no log can say of it."""

from datetime import UTC, datetime, timedelta
from typing import Any

from readback.decisions.asked import Asked
from readback.decisions.window_rules import BudgetRule, LatencyRule, ShareRule, WindowRule, is_lenient
from readback.decisions.windows import kept_off
from readback.policy.fields import LatencyMetric

AT = datetime(2026, 5, 1, tzinfo=UTC)
SHARE = ShareRule("provider_throttled", 60.0, 4, 0.5)
SLOW = LatencyRule(LatencyMetric.TOTAL_P95, 60.0, 4, gt=10.0)


def call(second: float, cause: str | None = None, seconds: float | None = 2.0, **given: bool) -> Asked:
    is_cut = cause == "latency_breach"
    known = seconds if cause is None or is_cut else None
    return Asked(f"{second:g}", AT + timedelta(seconds=second), given.get("is_tried", True), cause, known, is_cut)


def off(calls: list[Asked], *rules: WindowRule) -> list[tuple[str, bool]]:
    return [(each.request_id, each.is_certain) for each in kept_off(calls, rules)]


def test_half_of_four_calls_throttled_keeps_off_the_fifth() -> None:
    throttled = [call(n, "provider_throttled" if n % 2 else None) for n in range(4)]
    assert off([*throttled, call(4)], SHARE) == [("4", True)]
    assert off([*throttled[:3], call(4)], SHARE) == []


def test_a_window_forgets_and_a_call_that_was_kept_off_is_not_counted() -> None:
    throttled = [call(n, "provider_throttled") for n in range(4)]
    assert off([*throttled, call(5), call(6), call(64)], SHARE) == [("5", True), ("6", True)]


def test_another_cause_does_not_fire_the_trigger() -> None:
    assert off([*(call(n, "provider_outage") for n in range(8)), call(9)], SHARE) == []


def test_slow_answers_fire_a_percentile_and_one_slow_call_does_not() -> None:
    assert off([*(call(n, seconds=12.0) for n in range(4)), call(5)], SLOW) == [("5", True)]
    many = SLOW._replace(least=30)
    assert off([*(call(n / 2, seconds=60.0 if n == 3 else 2.0) for n in range(40)), call(20)], many) == []


def test_calls_that_were_cut_below_the_threshold_leave_it_open() -> None:
    cut = [call(n, "latency_breach", seconds=8.0) for n in range(4)]
    assert off([*cut, call(5), call(6)], SLOW) == [("5", False), ("6", False)]
    assert off([*(call(n, "latency_breach", seconds=11.0) for n in range(4)), call(5)], SLOW) == [("5", True)]


def test_what_was_never_asked_shows_nothing() -> None:
    assert off([*(call(n, seconds=12.0, is_tried=False) for n in range(8)), call(9)], SLOW) == []


FIRST = LatencyRule(LatencyMetric.TTFT_P95, 60.0, 4, gt=3.0)
RATE = LatencyRule(LatencyMetric.STREAM_RATE, 60.0, 4, lt=10.0)


def streams(**told: Any) -> list[Asked]:
    """Four streamed answers of eight seconds and a fifth that begins after them."""
    return [call(n, seconds=8.0)._replace(**({"is_stream": True} | told)) for n in range(4)] + [call(5)]


def test_late_first_tokens_and_slow_streams_keep_off() -> None:
    assert off(streams(ttft_s=4.0), FIRST) == [("5", True)]
    assert off(streams(ttft_s=2.0), FIRST) == []
    assert off(streams(tokens_per_s=6.0), RATE) == [("5", True)]
    assert off(streams(tokens_per_s=60.0), RATE) == []


def test_one_stuck_stream_is_not_the_median() -> None:
    stuck = streams(tokens_per_s=60.0)
    assert off([stuck[0]._replace(tokens_per_s=0.1), *stuck[1:]], RATE) == []


def test_a_stream_that_does_not_tell_its_first_token_leaves_it_open_and_another_answer_shows_none() -> None:
    assert off(streams(), FIRST) == [("5", False)]
    assert off(streams(is_stream=None), RATE) == [("5", False)]
    assert off(streams(is_stream=False), FIRST) == off(streams(is_stream=False), RATE) == []


def test_the_first_token_came_before_the_answer_ended() -> None:
    assert off(streams(), FIRST._replace(gt=8.0)) == []
    assert off(streams(is_cut=True, cause="latency_breach"), FIRST._replace(gt=8.0)) == [("5", False)]


def test_a_share_of_doubtful_answers_keeps_off_and_one_that_is_not_told_leaves_it_open() -> None:
    rule = ShareRule("low_confidence", 60.0, 4, 0.5, below=0.6)
    assert off(streams(confidence=0.5), rule) == [("5", True)]
    assert off(streams(confidence=0.6), rule) == []
    assert off(streams(), rule) == [("5", False)]


def test_a_quota_is_used_up_and_begins_anew_with_its_period() -> None:
    calls = [call(n) for n in (0, 1, 2, 3, 61)]
    assert off(calls, BudgetRule("requests", 2, 60.0)) == [("2", True), ("3", True)]
    tokens = [each._replace(tokens=400) for each in calls]
    assert off(tokens, BudgetRule("tokens", 1000, 60.0)) == [("3", True)]


def test_tokens_and_currencies_that_no_log_tells_leave_a_budget_open() -> None:
    assert off([call(n) for n in range(3)], BudgetRule("tokens", 1000, 60.0)) == [("1", False), ("2", False)]
    assert off([call(n) for n in range(2)], BudgetRule("GBP", 250, 60.0)) == [("1", False)]
    failed = [call(n, "provider_outage") for n in range(3)]
    assert off(failed, BudgetRule("tokens", 1000, 60.0)) == []


def test_a_call_that_was_made_all_the_same_enters_the_window() -> None:
    throttled = [call(n, "provider_throttled") for n in range(4)]
    calls = [*throttled, call(5, "provider_throttled"), call(61), call(62)]
    kept = [each.request_id for each in kept_off(calls, [SHARE], holds=lambda _: False)]
    assert kept == ["5", "61", "62"]
    assert [request for request, _ in off(calls, SHARE)] == ["5"]


def test_a_farther_threshold_on_the_same_window_is_lenient() -> None:
    assert is_lenient(FIRST._replace(gt=4.0), FIRST)
    assert not is_lenient(FIRST._replace(gt=2.0), FIRST)
    assert is_lenient(RATE._replace(lt=5.0), RATE)
    assert not is_lenient(FIRST, RATE)
    assert not is_lenient(SHARE._replace(window_s=30.0), SHARE)
    assert not is_lenient(SHARE._replace(below=0.5), SHARE)
