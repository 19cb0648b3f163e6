"""Which calls fall into a cooldown: failures in a row, within a window, or as a share of the calls of a window."""

from datetime import UTC, datetime, timedelta

from readback.decisions.cooling import Call, Rule, cooled

AT = datetime(2026, 5, 1, tzinfo=UTC)


def off(outcomes: str, rule: Rule, spacing_s: float = 10.0) -> list[str]:
    """Calls at a distance, `x` failed and `.` was answered; those that are kept off."""
    calls = [
        Call(str(n), AT + timedelta(seconds=spacing_s * n), True, "provider_outage" if outcome == "x" else None)
        for n, outcome in enumerate(outcomes)
    ]
    return [request for request, _ in cooled(calls, rule)]


def test_a_success_starts_the_count_anew() -> None:
    assert off("xx.xx.", Rule(15.0, 3)) == []
    assert off("xxx..", Rule(15.0, 3)) == ["3"]


def test_failures_too_far_apart_do_not_open_it() -> None:
    assert off("xxx.", Rule(15.0, 3, 20.0)) == ["3"]
    assert off("xxx.", Rule(15.0, 3, 19.0)) == []


def test_a_share_of_the_window_opens_it_though_some_were_answered() -> None:
    half = Rule(15.0, 2, 60.0, least=4, share_gte=0.5)
    assert off(".x.x.", half) == ["4"]
    assert off("..x.x.", half) == []
    assert off("x.x.", half) == []


def test_too_few_calls_do_not_open_it() -> None:
    assert off("xx.", Rule(15.0, least=3)) == []
    assert off("xxx.", Rule(15.0, least=3)) == ["3"]
