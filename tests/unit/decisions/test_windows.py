"""What a trigger over a window keeps off: a share of a cause, or a percentile, and what no log can say of it."""

from datetime import UTC, datetime, timedelta

from readback.decisions.windows import Asked, WindowRule, kept_off

AT = datetime(2026, 5, 1, tzinfo=UTC)
SHARE = WindowRule("provider_throttled", 60.0, 4, share_gte=0.5)
SLOW = WindowRule("latency_breach", 60.0, 4, gt_s=10.0)


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
