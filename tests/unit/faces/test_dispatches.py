"""What the terminal shows of what is watched."""

from datetime import UTC, datetime
from typing import Any

from rich.console import Console

from readback.contracts import Monitor
from readback.faces.dispatches import Standing, monitors, standing
from readback.settings import Channel, Settings

WEEK = datetime(2026, 10, 19, tzinfo=UTC)


def shown(**given: Any) -> str:
    plain: dict[str, Any] = {
        "workflow": "pay", "metric": "rework_rate", "status": "watching", "first_week_at": WEEK, "last_week_at": WEEK,
        "week_count": 20, "baseline_rate": 0.1, "weekly_n": 250.0, "design_effect": 1.5, "evidence_ratio": 1.0,
        "watch_from": 52.0, "alert_from": 1040.0, "detectable_change": 0.04, "as_of": WEEK,
    }  # fmt: skip
    console = Console(width=220, record=True, file=None)
    with console.capture() as captured:
        console.print(monitors([Monitor(**(plain | given))]))
    return captured.get()


def test_channels_that_nobody_ever_looked_for_are_told() -> None:
    console = Console(width=220)
    never = Standing({}, [], None)
    for settings, is_told in (
        (Settings(), False),
        (Settings(channels=(Channel(name="ops", url_env="OPS_URL"),)), True),
    ):
        with console.capture() as captured:
            console.print(standing(never, WEEK, settings))
        assert ("NO HEARTBEAT" in captured.get()) == is_told


def test_a_rate_on_the_list_of_the_month_says_so() -> None:
    assert "watching, rose in the last 4 weeks" in shown(is_listed=True)
    assert "rose" not in shown(is_listed=False)
    assert "rose" not in shown(is_listed=None)


def test_weeks_that_the_baseline_leaves_out_are_told() -> None:
    assert "baseline too short, 3 weeks with an episode or a holiday left out" in shown(
        status="short_baseline", left_out_count=3
    )
    assert "left out" not in shown(left_out_count=0)
