"""Periods follow the project's time zone."""

from datetime import UTC, datetime

import pytest

from readback.faces.period import Period


def test_month_starts_at_local_midnight_across_the_clock_change() -> None:
    october = Period.month("2026-10", "Europe/Zurich")
    assert october.start.astimezone(UTC) == datetime(2026, 9, 30, 22, tzinfo=UTC)
    assert october.end.astimezone(UTC) == datetime(2026, 10, 31, 23, tzinfo=UTC)


def test_month_before_january_is_december() -> None:
    before = Period.month("2026-01").previous
    assert before is not None
    assert before.label == "December 2025"


def test_week_is_named_by_its_first_day() -> None:
    week = Period.of("week", datetime(2026, 10, 26, tzinfo=UTC))
    assert week.label == "Week of 26 Oct 2026"
    assert week.end == datetime(2026, 11, 2, tzinfo=UTC)


def test_all_time_has_no_period_before() -> None:
    assert Period.of("all", datetime(2026, 5, 1, tzinfo=UTC)).previous is None


@pytest.mark.parametrize("name", ["2026", "2026-13", "October"])
def test_what_is_not_a_month_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="does not match|unconverted|must be"):
        Period.month(name)
